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

/** What is known of each directory, without its text. */
export const directoryTimes = (
  db: Queries,
): Promise<Pick<DirectoryRow, "entity_id" | "version" | "issued_at" | "expires_at" | "mark">[]> =>
  db
    .selectFrom("directories")
    .select(["entity_id", "version", "issued_at", "expires_at", "mark"])
    .execute();

/** Keep a directory in the place of the one before. */
export async function saveDirectory(db: Queries, directory: DirectoryRow): Promise<void> {
  const { entity_id: _, ...rest } = directory;
  await db
    .insertInto("directories")
    .values(directory)
    .onConflict((conflict) => conflict.column("entity_id").doUpdateSet(rest))
    .execute();
}

/** The same bytes under another time: they need not be read again. */
export async function markDirectory(db: Queries, entityId: AgencyId, mark: string): Promise<void> {
  await db.updateTable("directories").set({ mark }).where("entity_id", "=", entityId).execute();
}
