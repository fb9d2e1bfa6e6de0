/** Folders that are finished but hidden, until one rename shows them (PROTOCOL 9). */
import type { Ledger, LedgerTransaction, Queries } from "./connect.ts";
import type { TransferKey } from "./transfers.ts";
import type { PublicationRow } from "./tables.ts";

/** A folder that stands finished beside the place where people will see it. */
export interface Publication {
  readonly publicationId: string;
  readonly transfer: TransferKey;
  readonly hiddenPath: string;
  readonly finalPath: string;
}

/** Write down that the folder is to be shown, in the transaction of what it shows. */
export async function addPublication(
  db: LedgerTransaction,
  { publicationId, transfer, hiddenPath, finalPath }: Publication,
  at: Date,
): Promise<void> {
  await db
    .insertInto("publications")
    .values({
      publication_id: publicationId,
      requester_id: transfer.requesterId,
      transfer_id: transfer.transferId,
      hidden_path: hiddenPath,
      final_path: finalPath,
      state: "READY",
      created_at: at.toISOString(),
    })
    .execute();
}

/** What is to be shown, oldest first. */
export const readyPublications = (db: Queries): Promise<PublicationRow[]> =>
  db
    .selectFrom("publications")
    .selectAll()
    .where("state", "=", "READY")
    .orderBy("publication_id")
    .execute();

/** Where folders wait that are still to be shown. */
export const hiddenPromised = async (db: Queries): Promise<Set<string>> =>
  new Set((await readyPublications(db)).map(({ hidden_path }) => hidden_path));

/** It is there for people to see; from now on it is theirs. */
export async function markPublished(ledger: Ledger, publicationId: string): Promise<void> {
  await ledger
    .updateTable("publications")
    .set({ state: "PUBLISHED" })
    .where("publication_id", "=", publicationId)
    .execute();
}
