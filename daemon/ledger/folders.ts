/** Which folders were shown to people for one transfer. */
import type { Queries } from "./connect.ts";
import type { TransferKey } from "./transfers.ts";

/** Paths in the order in which they were shown; people may have taken them since. */
export async function foldersShown(db: Queries, key: TransferKey): Promise<string[]> {
  const rows = await db
    .selectFrom("publications")
    .select("final_path")
    .where("requester_id", "=", key.requesterId)
    .where("transfer_id", "=", key.transferId)
    .where("state", "=", "PUBLISHED")
    .orderBy("publication_id")
    .execute();
  return rows.map((row) => row.final_path);
}
