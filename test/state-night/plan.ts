/** Who asks whom for which student in a simulated night; the same from the same seed. */
import { type AgencyId, parseAgencyId } from "../../daemon/ids.ts";
import { randomFrom } from "../random.ts";

/** One student who has moved from one district of the state to another. */
export interface Move {
  readonly stateStudentId: string;
  readonly lastName: string;
  /** Where the student goes: who asks. */
  readonly to: AgencyId;
  /** Where the student comes from: who is asked. */
  readonly from: AgencyId;
}

/** The districts of the state, by their ids. */
export const districtsOf = (count: number): AgencyId[] =>
  Array.from({ length: count }, (_, index) =>
    parseAgencyId(`27${String(100 + index).padStart(5, "0")}`),
  );

/**
 * As many moves: every district asks as often as the others, and it falls to chance whom.
 *
 * @param districts at least two
 */
export function movesAmong(districts: readonly AgencyId[], count: number, seed: number): Move[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, (_, number) => {
    const asking = number % districts.length;
    const further = 1 + Math.floor(random() * (districts.length - 1));
    return {
      stateStudentId: String(9_000_000 + number),
      lastName: nameOf(number),
      to: districts[asking] as AgencyId,
      from: districts[(asking + further) % districts.length] as AgencyId,
    };
  });
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz";

/** Another name for each number: `Xaaaab`. */
function nameOf(number: number): string {
  let name = "";
  for (let rest = number, place = 0; place < 5; place++, rest = Math.floor(rest / 26)) {
    name = `${LETTERS[rest % 26]}${name}`;
  }
  return `X${name}`;
}

const COLUMNS =
  "StateStudentId,LastOrSurname,FirstName,MiddleName,Birthdate,Sex,AgencyId,SchoolId,SchoolName,SchoolYear,EntryGradeLevel,EnrollmentEntryDate,EnrollmentExitDate";

/** The state's list: everybody who moves, and so many others who stay. */
export function* registryLines(
  moves: readonly Move[],
  districts: readonly AgencyId[],
  others: number,
): Generator<string, void> {
  yield COLUMNS;
  for (const { stateStudentId, lastName, from } of moves) {
    yield `${stateStudentId},${lastName},Jenna,Marie,2009-02-12,Female,${enrolled(from)},2021-08-30,2024-06-07`;
  }
  for (let number = 0; number < others; number++) {
    const id = districts[number % districts.length] ?? "";
    const birthdate = `20${String(7 + (number % 12)).padStart(2, "0")}-03-${String(1 + (number % 28)).padStart(2, "0")}`;
    const name = nameOf(1_000_000 + number);
    yield `${5_000_000 + number},${name},Noor,,${birthdate},Female,${enrolled(id)},2021-08-30,`;
  }
}

const enrolled = (id: string): string => `${id},${id}00017,Example High School,2023-2024,09`;
