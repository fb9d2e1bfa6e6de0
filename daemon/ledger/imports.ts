/** `imported.txt` in record folders: what each said, and its answer, once (PROTOCOL 9). */
import type { Reference } from "../ids.ts";
import type { Ledger, Queries } from "./connect.ts";
import type { ImportRow } from "./tables.ts";

/** References of ours whose import nobody has to report any more. */
export async function referencesImported(db: Queries): Promise<Set<Reference>> {
  const rows = await db
    .selectFrom("transfers")
    .select("reference")
    .where("state", "=", "Imported")
    .where("side", "=", "requester")
    .execute();
  return new Set(rows.map(({ reference }) => reference));
}

/** What the file at this path was answered last. */
export const findImport = (db: Queries, path: string): Promise<ImportRow | undefined> =>
  db.selectFrom("imports").selectAll().where("path", "=", path).executeTakeFirst();

/** Answers that are still to be shown in a drop folder, oldest first. */
export const openImports = (db: Queries, dropFolder: string): Promise<ImportRow[]> =>
  db
    .selectFrom("imports")
    .selectAll()
    .where("state", "=", "DECIDED")
    .where("drop_folder", "=", dropFolder)
    .orderBy("decided_at")
    .execute();

/** What it said is decided, in the transaction of its effects if it has any. */
export async function keepImport(db: Queries, row: ImportRow): Promise<void> {
  await db
    .insertInto("imports")
    .values(row)
    .onConflict((conflict) => conflict.column("path").doUpdateSet(row))
    .execute();
}

/** Its answer lies beside it. */
export async function markImportAnswered(ledger: Ledger, path: string): Promise<void> {
  await ledger.updateTable("imports").set({ state: "ANSWERED" }).where("path", "=", path).execute();
}
