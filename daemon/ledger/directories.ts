/** The last good directory of each entity: at a district as it was read, at the entity as it publishes it. */
import type { AgencyId } from "../ids.ts";
import { saveKey } from "./agency-keys.ts";
import type { LedgerTransaction, Queries } from "./connect.ts";
import type { AgencyKeyRow, AgencyRow, DirectoryRow } from "./tables.ts";

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

/** Of a directory that is to be read once more, though it is the same: something of what it said was undone. */
export const UNREAD = "";

/** @param entityId whose directory is nobody's any more */
export async function forgetDirectory(db: Queries, entityId: AgencyId): Promise<void> {
  await db.deleteFrom("directories").where("entity_id", "=", entityId).execute();
}

/** Have every directory read once more. */
export async function readAgain(db: Queries): Promise<void> {
  await db.updateTable("directories").set({ mark: UNREAD }).execute();
}

/** Write what a directory has changed, in the transaction that keeps the directory itself. */
export async function writeChanges(
  db: LedgerTransaction,
  changes: {
    readonly agencies: readonly AgencyRow[];
    readonly keys: readonly AgencyKeyRow[];
    readonly forgotten: readonly AgencyKeyRow[];
  },
): Promise<void> {
  for (const { agency_id, fingerprint } of changes.forgotten) {
    await db
      .deleteFrom("agency_keys")
      .where("agency_id", "=", agency_id)
      .where("fingerprint", "=", fingerprint)
      .execute();
  }
  for (const key of changes.keys) await saveKey(db, key);
  for (const agency of changes.agencies) await saveAgency(db, agency);
}

async function saveAgency(db: LedgerTransaction, agency: AgencyRow): Promise<void> {
  const { agency_id: _, ...rest } = agency;
  await db
    .insertInto("agencies")
    .values(agency)
    .onConflict((conflict) => conflict.column("agency_id").doUpdateSet(rest))
    .execute();
}
