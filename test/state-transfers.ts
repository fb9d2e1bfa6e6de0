/** State transfers in a test: a registry, a request that names no district, and the rounds of the post. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { APPROVER } from "../daemon/commands/demo/world.ts";
import { showReference } from "../daemon/ids.ts";
import { deskOf } from "./commands/desk.ts";
import { type District, drop, fixture, meet, withLedger } from "./homes.ts";
import { newState, type State } from "./states.ts";

/** The header of a registry's file. */
export const COLUMNS =
  "StateStudentId,LastOrSurname,FirstName,MiddleName,Birthdate,Sex,AgencyId,SchoolId,SchoolName,SchoolYear,EntryGradeLevel,EnrollmentEntryDate,EnrollmentExitDate";

export interface Enrolled {
  readonly id?: string;
  readonly name?: string;
  readonly at: Pick<District, "id">;
  readonly from?: string;
  readonly until?: string;
}

/** One line of the registry: the fixture's student, unless another is named. */
const lineOf = ({
  id = "9000001",
  name = "Abrams",
  at,
  from = "2021-08-30",
  until = "",
}: Enrolled) =>
  `${id},${name},Jenna,Marie,2009-02-12,Female,${at.id},${at.id}00017,Example Prairie High School,2023-2024,09,${from},${until}`;

/** The registry lists these enrollments, and no others. */
export async function register(state: State, enrolled: readonly Enrolled[]): Promise<void> {
  const file = join(state.folder, "registry.csv");
  await writeFile(file, `${[COLUMNS, ...enrolled.map(lineOf)].join("\n")}\n`);
  const desk = deskOf(state, state.entity, APPROVER);
  await desk.result("registry", "import", file, "--snapshot", "--proceed");
}

/** A state whose entity has published its directory: by that the districts know each other. */
export async function newNeighbours(): Promise<State> {
  const state = await newState();
  await round(state, state.entity);
  return state;
}

/** What a student information system drops: no district is named. */
export const dropStateRequest = async ({ valley }: State, more = ""): Promise<void> =>
  drop(
    valley,
    "request.xml",
    (await fixture("abrams-jenna.xml")).replace("<Request>", `<Request>${more}`),
  );

/** Every home exchanges, in this order. */
export async function round(state: State, ...homes: readonly District[]): Promise<void> {
  for (const home of homes) {
    const { failure } = await meet(state, home);
    if (failure) throw failure;
    state.clock.pass({ minutes: 10 });
  }
}

/** The state of the only transfer at each of these homes. */
export const standing = (...homes: readonly District[]): Promise<string[]> =>
  Promise.all(
    homes.map((home) =>
      withLedger(home, async (ledger) => {
        const rows = await ledger.selectFrom("transfers").select("state").execute();
        return rows.map(({ state }) => state).join(" ");
      }),
    ),
  );

/** Of the only transfer. */
export const referenceAt = (home: District): Promise<string> =>
  withLedger(home, async (ledger) => {
    const row = await ledger.selectFrom("transfers").select("reference").executeTakeFirstOrThrow();
    return showReference(row.reference);
  });
