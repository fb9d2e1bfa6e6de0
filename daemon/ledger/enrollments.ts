/**
 * The enrollments of the entity's registry. A generation is a whole registry; others than the current one
 * are made and deleted slice by slice, so that nobody waits for either.
 */
import { sql } from "kysely";
import type { Ledger, LedgerTransaction, Queries } from "./connect.ts";
import type { EnrollmentRow } from "./tables.ts";

/** Some students of a generation, by their State ids in order. */
export interface Slice {
  readonly generation: number;
  /** Only behind this one; `null` from the first. */
  readonly after: string | null;
  /** With this one; `null` to the last. */
  readonly upTo: string | null;
}

const KEY = ["generation", "state_student_id", "agency_id", "school_id", "entry_date"] as const;

/** What an enrollment says, beside which it is. */
const SAID = [
  "exit_date",
  "last_key",
  "first_key",
  "birthdate",
  "sex",
  "school_name",
  "school_year",
  "grade_level",
  "said_by",
] as const;

/** One statement has so many rows at most. */
const PER_STATEMENT = 100;

/** Rows of a file, no two of one enrollment. What came before in the same generation is replaced. */
export async function keepEnrollments(
  ledger: Ledger,
  rows: readonly EnrollmentRow[],
): Promise<void> {
  await ledger.transaction().execute(async (db) => {
    for (let at = 0; at < rows.length; at += PER_STATEMENT) {
      await db
        .insertInto("enrollments")
        .values(rows.slice(at, at + PER_STATEMENT))
        .onConflict((conflict) => conflict.columns(KEY).doUpdateSet(saidAnew))
        .execute();
    }
  });
}

/** Everything that an enrollment says, as the row has it that came last. */
const saidAnew = Object.fromEntries(
  SAID.map((name) => [name, sql.ref(`excluded.${name}`)]),
) as Partial<EnrollmentRow>;

/** The last student of the next slice of about so many rows; `null` if all the others fit. */
export async function endOfSlice(
  db: Queries,
  { generation, after }: Omit<Slice, "upTo">,
  rows: number,
): Promise<string | null> {
  let query = db
    .selectFrom("enrollments")
    .select("state_student_id")
    .where("generation", "=", generation);
  if (after !== null) query = query.where("state_student_id", ">", after);
  const row = await query
    .orderBy("state_student_id")
    .limit(1)
    .offset(rows - 1)
    .executeTakeFirst();
  return row?.state_student_id ?? null;
}

/** Of the old generation: which of its enrollments the new one does not have. */
const unlisted = (db: Queries, { generation, after, upTo }: Slice, to: number) =>
  db
    .selectFrom("enrollments as old")
    .where("old.generation", "=", generation)
    .$if(after !== null, (query) => query.where("old.state_student_id", ">", after ?? ""))
    .$if(upTo !== null, (query) => query.where("old.state_student_id", "<=", upTo ?? ""))
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("enrollments as listed")
            .select("listed.generation")
            .where("listed.generation", "=", to)
            .whereRef("listed.state_student_id", "=", "old.state_student_id")
            .whereRef("listed.agency_id", "=", "old.agency_id")
            .whereRef("listed.school_id", "=", "old.school_id")
            .whereRef("listed.entry_date", "=", "old.entry_date"),
        ),
      ),
    );

/**
 * Carry over what a newer generation does not list.
 *
 * @param closeOn `YYYY-MM-DD`: open ones end on that day, and those that were to begin later are left out;
 *   `null` carries them over as they are
 * @returns how many of them were open
 */
export async function carryOver(
  ledger: Ledger,
  slice: Slice,
  { to, closeOn }: { readonly to: number; readonly closeOn: string | null },
): Promise<number> {
  return ledger.transaction().execute(async (db) => {
    const { open } = await unlisted(db, slice, to)
      .select((eb) => eb.fn.countAll<number>().as("open"))
      .where("old.exit_date", "is", null)
      .executeTakeFirstOrThrow();
    const { exit_date, ...same } = Object.fromEntries(
      SAID.map((name) => [name, sql.ref(`old.${name}`)]),
    );
    const exit = closeOn === null ? exit_date : sql`coalesce(old.exit_date, ${closeOn})`;
    const values = { exit_date: exit, ...same };
    await db
      .insertInto("enrollments")
      .columns([...KEY, "exit_date", ...SAID.filter((name) => name !== "exit_date")])
      .expression(
        unlisted(db, slice, to)
          .$if(closeOn !== null, (query) =>
            query.where((eb) =>
              eb.or([
                eb("old.exit_date", "is not", null),
                eb("old.entry_date", "<=", closeOn ?? ""),
              ]),
            ),
          )
          .select([
            sql<number>`${to}`.as("generation"),
            "old.state_student_id",
            "old.agency_id",
            "old.school_id",
            "old.entry_date",
            ...Object.entries(values).map(([name, value]) => sql`${value}`.as(name)),
          ]),
      )
      .execute();
    return open;
  });
}

/** Rows of a generation as they are to stand in another. */
const copied = (db: Queries, from: number, to: number) =>
  db
    .selectFrom("enrollments")
    .select([
      sql<number>`${to}`.as("generation"),
      ...KEY.filter((name) => name !== "generation"),
      ...SAID,
    ])
    .where("generation", "=", from);

/** Take students over into a newer generation as they are; what that lists of them stays as listed. */
export async function takeOver(
  ledger: Ledger,
  students: readonly string[],
  { from, to }: { readonly from: number; readonly to: number },
): Promise<void> {
  await ledger.transaction().execute(async (db) => {
    for (let at = 0; at < students.length; at += PER_STATEMENT) {
      await db
        .insertInto("enrollments")
        .columns([...KEY, ...SAID])
        .expression(
          copied(db, from, to).where(
            "state_student_id",
            "in",
            students.slice(at, at + PER_STATEMENT),
          ),
        )
        .onConflict((conflict) => conflict.columns(KEY).doNothing())
        .execute();
    }
  });
}

/** Put the rows of a small generation into another, over what that says; the small one is gone then. */
export async function mergeInto(db: LedgerTransaction, from: number, to: number): Promise<void> {
  await db
    .insertInto("enrollments")
    .columns([...KEY, ...SAID])
    .expression(copied(db, from, to))
    .onConflict((conflict) => conflict.columns(KEY).doUpdateSet(saidAnew))
    .execute();
  await db.deleteFrom("enrollments").where("generation", "=", from).execute();
}

/** Delete a slice of a generation that nobody needs. */
export async function forgetSlice(
  ledger: Ledger,
  { generation, after, upTo }: Slice,
): Promise<void> {
  await ledger
    .deleteFrom("enrollments")
    .where("generation", "=", generation)
    .$if(after !== null, (query) => query.where("state_student_id", ">", after ?? ""))
    .$if(upTo !== null, (query) => query.where("state_student_id", "<=", upTo ?? ""))
    .execute();
}

/** How many there are. */
export async function countSlice(
  db: Queries,
  { generation, after, upTo }: Slice,
): Promise<{ students: number; enrollments: number; open: number }> {
  const found = await db
    .selectFrom("enrollments")
    .select((eb) => [
      eb.fn.count("state_student_id").distinct().as("students"),
      eb.fn.countAll().as("enrollments"),
      eb.fn.countAll().filterWhere("exit_date", "is", null).as("open"),
    ])
    .where("generation", "=", generation)
    .$if(after !== null, (query) => query.where("state_student_id", ">", after ?? ""))
    .$if(upTo !== null, (query) => query.where("state_student_id", "<=", upTo ?? ""))
    .executeTakeFirstOrThrow();
  const { students, enrollments, open } = found;
  return { students: Number(students), enrollments: Number(enrollments), open: Number(open) };
}

/** Every enrollment of everybody who was born on this day, and of those with these State ids. */
export const candidatesQuery = (
  db: Queries,
  about: { generation: number; birthdate: string; stateIds: readonly string[] },
) =>
  db
    .selectFrom("enrollments")
    .selectAll()
    .where("generation", "=", about.generation)
    .where("state_student_id", "in", (eb) =>
      eb
        .selectFrom("enrollments as born")
        .select("born.state_student_id")
        .where("born.generation", "=", about.generation)
        .where("born.birthdate", "=", about.birthdate)
        .union(
          eb
            .selectFrom("enrollments as named")
            .select("named.state_student_id")
            .where("named.generation", "=", about.generation)
            .where("named.state_student_id", "in", [...about.stateIds, ""]),
        ),
    );
