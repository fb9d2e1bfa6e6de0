/**
 * Is the student in a record the one who was asked for? Names are written in many ways, so nothing is
 * concluded from one difference; but where nothing agrees, it is somebody else's record.
 */
import type { Student } from "../packet/model.gen.ts";

/** `same`; `differs` in last name or birthdate; `other`: no name, birthdate or identifier agrees. */
export type Likeness = "same" | "differs" | "other";

export function likenessOf(asked: Student, found: Student): Likeness {
  const sharesLastName = overlap(lastNames(asked), lastNames(found));
  const sharesBirthdate = asked.Birthdate === found.Birthdate;
  if (sharesLastName && sharesBirthdate) return "same";
  const sharesSomething =
    sharesLastName ||
    sharesBirthdate ||
    plain(asked.FirstName) === plain(found.FirstName) ||
    overlap(identifiers(asked), identifiers(found));
  return sharesSomething ? "differs" : "other";
}

/** Other names count: a student may have been adopted, or a parent married. */
const lastNames = (student: Student): string[] =>
  [student.LastOrSurname, ...(student.OtherName ?? [])].map(plain).filter((name) => name !== "");

const identifiers = (student: Student): string[] =>
  (student.StudentIdentification ?? [])
    .filter(({ StudentIdentificationSystem: system }) => system === "State" || system === "Federal")
    .map((id) => `${id.StudentIdentificationSystem} ${id.StudentIdentifier}`);

const overlap = (some: readonly string[], others: readonly string[]): boolean =>
  some.some((each) => others.includes(each));

/** Letters and digits only, without accents and case: `O’Brien-Muñoz` is `obrienmunoz`. */
export const plain = (name: string): string =>
  name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^\p{Letter}\p{Number}]/gu, "");
