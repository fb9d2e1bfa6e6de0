/** Folders that a transaction has promised, shown: in an exchange, and letters at once by whoever asked. */
import { dirname } from "node:path";
import { isRefusal } from "../errors.ts";
import type { Ledger } from "../ledger/connect.ts";
import { markPublished, publicationsOf } from "../ledger/publications.ts";
import type { PublicationRow } from "../ledger/tables.ts";
import type { TransferKey } from "../ledger/transfers.ts";
import { showFolder } from "./cases.ts";
import { assertSameFolder } from "./mounted.ts";
import { completeNotice } from "./recall-notice.ts";

/**
 * Show a folder that stands finished and hidden, by one rename; safe to repeat.
 *
 * @throws PacketboatError FOLDER_MISSING, FOLDER_REPLACED, DISK_…; then it is still promised
 */
export async function showPromised(ledger: Ledger, row: PublicationRow): Promise<void> {
  // A hidden folder that an unmounted share took along was not shown: it comes back with the share.
  await assertSameFolder(ledger, dirname(dirname(row.final_path)));
  if (row.what === "recall") await completeNotice(ledger, row);
  const path = await showFolder({ hiddenPath: row.hidden_path, finalPath: row.final_path });
  await markPublished(ledger, row.publication_id, path);
}

/** Show the letters of a transfer. What cannot be shown now is shown by the next exchange. */
export async function showLetters(ledger: Ledger, key: TransferKey): Promise<void> {
  for (const row of await publicationsOf(ledger, key)) {
    if (row.what !== "letter" || row.state !== "READY") continue;
    try {
      await showPromised(ledger, row);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }
}
