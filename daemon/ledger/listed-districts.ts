/** The districts that public lists have (`directory import`), whether or not they take part. */
import { sql } from "kysely";
import { type AgencyId, parseAgencyId } from "../ids.ts";
import type { LedgerTransaction, Queries } from "./connect.ts";
import type { ListedDistrictRow } from "./tables.ts";

/** One statement has so many rows, or ids, at most. */
const PER_STATEMENT = 500;

/** Those of one state, in no order: whoever searches sorts them. @param state two capital letters */
export const listedIn = (db: Queries, state: string): Promise<ListedDistrictRow[]> =>
  db.selectFrom("listed_districts").selectAll().where("state", "=", state).execute();

/** Those whose ids begin with the digits of an entity's state, by id. */
export const listedWith = (db: Queries, entityId: AgencyId): Promise<ListedDistrictRow[]> =>
  db
    .selectFrom("listed_districts")
    .selectAll()
    .where("agency_id", ">=", parseAgencyId(`${entityId.slice(0, 2)}00000`))
    .where("agency_id", "<=", parseAgencyId(`${entityId.slice(0, 2)}99999`))
    .orderBy("agency_id")
    .execute();

/** Was a list ever taken? */
export async function isAnyListed(db: Queries): Promise<boolean> {
  const row = await db.selectFrom("listed_districts").select("agency_id").executeTakeFirst();
  return row !== undefined;
}

/** Those of the list that have one of these ids. */
export async function listedOf(
  db: Queries,
  ids: readonly AgencyId[],
): Promise<ListedDistrictRow[]> {
  const found: ListedDistrictRow[] = [];
  for (const some of slicesOf(ids)) {
    const query = db.selectFrom("listed_districts").selectAll().where("agency_id", "in", some);
    found.push(...(await query.execute()));
  }
  return found;
}

/** Put districts into the list, or in the place of what it says of them. */
export async function saveListed(
  db: LedgerTransaction,
  rows: readonly ListedDistrictRow[],
): Promise<void> {
  for (const some of slicesOf(rows)) {
    await db
      .insertInto("listed_districts")
      .values(some)
      .onConflict((conflict) => conflict.column("agency_id").doUpdateSet(listedAnew))
      .execute();
  }
}

function* slicesOf<Item>(items: readonly Item[]): Generator<Item[]> {
  for (let at = 0; at < items.length; at += PER_STATEMENT) {
    yield items.slice(at, at + PER_STATEMENT);
  }
}

/** Everything that the list says of a district, as the row has it that came last. */
const listedAnew = Object.fromEntries(
  [
    "state_number",
    "name",
    "state",
    "street",
    "city",
    "cities",
    "zip",
    "phone",
    "status",
    "successor_id",
    "listed_at",
  ].map((name) => [name, sql.ref(`excluded.${name}`)]),
) as Partial<ListedDistrictRow>;

/** How many districts the list has, and of how many states. */
export async function listedCounts(
  db: Queries,
): Promise<{ readonly districts: number; readonly states: number }> {
  const { districts, states } = await db
    .selectFrom("listed_districts")
    .select(({ fn }) => [fn.countAll().as("districts"), fn.count("state").distinct().as("states")])
    .executeTakeFirstOrThrow();
  return { districts: Number(districts), states: Number(states) };
}
