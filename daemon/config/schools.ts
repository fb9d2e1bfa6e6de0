/**
 * Our own schools, as other districts write them. A request that names one of them goes to that school's
 * drop folder and registrars; one that names none we know, or none at all, goes to the office.
 */
import type { Config, School } from "./settled.ts";

/** A school as a request names it. */
export interface NamedSchool {
  /** NCES id, twelve digits. */
  readonly SchoolId?: string;
  readonly NameOfInstitution?: string;
}

/** Where a transfer belongs here. */
export interface Place {
  /** Our own name of the school, if it is one of ours; else as it was written; `null` if none was named. */
  readonly school: string | null;
  /** Name of the drop folder where people see the transfer. */
  readonly dropFolder: string;
  /** Is the school that was named one of those in the config, if any stand there? */
  readonly isKnown: boolean;
}

/** The drop folder that every home has. */
export const OFFICE = "office";

/** Names are compared by their letters and digits: `NORTH H.S.` and `North HS` are one. */
export const folded = (name: string): string =>
  name
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll("&", " and ")
    .replaceAll(/[^\p{L}\p{N}]/gu, "");

/** The school of ours that is meant: by its id, or else by its name or one of its other names. */
export function schoolMeant(
  { schools }: Pick<Config, "schools">,
  { SchoolId, NameOfInstitution }: NamedSchool,
): School | null {
  const byId = SchoolId === undefined ? undefined : schools.find(({ id }) => id === SchoolId);
  if (byId) return byId;
  if (NameOfInstitution === undefined) return null;
  const wanted = folded(NameOfInstitution);
  const isMeant = ({ name, alsoWritten }: School): boolean =>
    [name, ...alsoWritten].some((each) => folded(each) === wanted);
  return schools.find(isMeant) ?? null;
}

/** @param named the school that a request is about on our side, if it names one */
export function placeOf(config: Pick<Config, "schools">, named: NamedSchool | undefined): Place {
  const school = named ? schoolMeant(config, named) : null;
  return {
    school: school?.name ?? named?.NameOfInstitution ?? null,
    dropFolder: school?.dropFolder ?? OFFICE,
    isKnown: school !== null || config.schools.length === 0,
  };
}
