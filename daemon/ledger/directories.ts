/** The last good directory of each entity: at a district as it was read, at the entity as it publishes it. */
import type { AgencyId } from "../ids.ts";
import type { Queries } from "./connect.ts";
import type { DirectoryRow } from "./tables.ts";

export async function lastDirectory(db: Queries, entityId: AgencyId): Promise<DirectoryRow | null> {
  const row = await db
    .selectFrom("directories")
    .selectAll()
    .where("entity_id", "=", entityId)
    .executeTakeFirst();
  return row ?? null;
}
