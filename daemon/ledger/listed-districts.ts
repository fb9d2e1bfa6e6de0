/** The districts that public lists have (`directory import`), whether or not they take part. */
import type { Queries } from "./connect.ts";
import type { ListedDistrictRow } from "./tables.ts";

/** Those of one state, by name. @param state two capital letters */
export const listedIn = (db: Queries, state: string): Promise<ListedDistrictRow[]> =>
  db
    .selectFrom("listed_districts")
    .selectAll()
    .where("state", "=", state)
    .orderBy("name")
    .orderBy("agency_id")
    .execute();

/** Was a list ever taken? */
export async function isAnyListed(db: Queries): Promise<boolean> {
  const row = await db.selectFrom("listed_districts").select("agency_id").executeTakeFirst();
  return row !== undefined;
}
