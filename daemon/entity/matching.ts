/**
 * Which student of the registry is meant, and where that student was before. Pure: candidates in, one
 * answer out. One student or none; never a guess, and two students are never merged.
 *
 * - A State id counts if the student who has it bears the last name and the birthdate (config
 *   `matching.stateIdNeeds` of the design). Such a student, of another first name, beside somebody who
 *   matches by every name is a contradiction, like a twin's id: then nobody is named.
 * - Without one: last name, first name, birthdate and sex. `Not Selected` is no sex: it equals nothing,
 *   itself neither, so that such a student is found by the State id alone; but it rules nobody out, and
 *   whoever matches but for it is a rival of who matches.
 */
import type { AgencyId } from "../ids.ts";
import type { MatchedBy, Sex, Student } from "../packet/model.gen.ts";
import type { PlainDate } from "../transfer/dates.ts";
import type { Finding } from "./finding.ts";
import { previousOf, type RegisteredEnrollment } from "./registry/previous.ts";
import { foldName, isSameName } from "./registry/names.ts";

/** What the registry says of who a student is; names folded. */
export interface Identity {
  readonly lastName: string;
  readonly firstName: string;
  readonly birthdate: PlainDate;
  readonly sex: Sex;
}

/** One student of the registry. */
export interface RegisteredStudent {
  readonly stateStudentId: string;
  /** As the newest file that lists the student has it; more than one if that contradicts itself. */
  readonly identities: readonly Identity[];
  readonly enrollments: readonly RegisteredEnrollment[];
}

/** Whom a request describes, ready to be compared. */
interface Wanted {
  readonly stateIds: ReadonlySet<string>;
  readonly lastNames: readonly string[];
  readonly firstNames: readonly string[];
  readonly birthdate: PlainDate;
  readonly sex: Sex;
}

/** The State ids of a request, as the registry keeps them. */
export const stateIdsOf = ({ StudentIdentification: ids = [] }: Student): string[] =>
  ids
    .filter(({ StudentIdentificationSystem: system }) => system === "State")
    .map(({ StudentIdentifier: id }) => foldStateId(id));

/** Capitals and spaces around it tell nobody apart; leading zeros do. */
export const foldStateId = (id: string): string => id.trim().toUpperCase();

/**
 * @param candidates everybody with the birthdate or a State id of the request; others do no harm
 * @param about who asks, and the day
 */
export function findStudent(
  student: Student,
  candidates: readonly RegisteredStudent[],
  about: { readonly requesterId: AgencyId; readonly today: PlainDate },
): Finding {
  const wanted = wantedOf(student);
  const met = meet(wanted, candidates);
  if (met === "many" || met === "none") return { kind: met };
  const { found, matchedBy } = met;
  // An id that the registry gives to two people stands for neither.
  if (new Set(found.identities.map(({ birthdate }) => birthdate)).size > 1) return { kind: "many" };
  const previous = previousOf(found.enrollments, about);
  if (typeof previous === "string") return { kind: previous };
  return { kind: "one", stateStudentId: found.stateStudentId, matchedBy, previous };
}

type Met = { readonly found: RegisteredStudent; readonly matchedBy: MatchedBy } | "none" | "many";

function meet(wanted: Wanted, candidates: readonly RegisteredStudent[]): Met {
  const byNames = candidates.map((each) => ({ each, likeness: likenessOf(wanted, each) }));
  const like = byNames.filter(({ likeness }) => likeness !== "other").map(({ each }) => each);
  const confirmed = candidates.filter((each) => isConfirmed(wanted, each));
  const [found, ...others] = confirmed;
  if (found) {
    const isContradicted = !like.includes(found) && like.length > 0;
    if (others.length > 0 || isContradicted) return "many";
    return { found, matchedBy: "StateStudentId" };
  }
  const certain = byNames.filter(({ likeness }) => likeness === "same").map(({ each }) => each);
  const [only] = certain;
  if (!only) return "none";
  return like.length > 1 ? "many" : { found: only, matchedBy: "NameBirthdateSex" };
}

const isConfirmed = (wanted: Wanted, { stateStudentId, identities }: RegisteredStudent): boolean =>
  wanted.stateIds.has(stateStudentId) &&
  identities.some(
    (identity) =>
      identity.birthdate === wanted.birthdate && isOneOf(wanted.lastNames, identity.lastName),
  );

/** `possible`: all but the sex, which one of them does not know. */
type Likeness = "same" | "possible" | "other";

function likenessOf(wanted: Wanted, { identities }: RegisteredStudent): Likeness {
  const named = identities.filter(
    ({ birthdate, lastName, firstName }) =>
      birthdate === wanted.birthdate &&
      isOneOf(wanted.lastNames, lastName) &&
      isOneOf(wanted.firstNames, firstName),
  );
  const sexes = new Set(named.map(({ sex }) => sex));
  if (sexes.size === 0) return "other";
  if (wanted.sex === "Not Selected" || sexes.has("Not Selected")) return "possible";
  if (!sexes.has(wanted.sex)) return "other";
  return sexes.size === 1 ? "same" : "possible";
}

const isOneOf = (names: readonly string[], name: string): boolean =>
  names.some((each) => isSameName(each, name));

/** A former or other name may be a last name, a first name, or both. */
function wantedOf(student: Student): Wanted {
  const others = (student.OtherName ?? []).map(foldName);
  return {
    stateIds: new Set(stateIdsOf(student)),
    lastNames: [foldName(student.LastOrSurname), ...others],
    firstNames: [foldName(student.FirstName), ...others],
    birthdate: student.Birthdate,
    sex: student.Sex,
  };
}
