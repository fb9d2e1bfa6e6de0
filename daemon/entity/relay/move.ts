/**
 * Move: one sealed file goes from the peer's box on our server into its recipient's on the peer's. Intent before
 * the act, result after it: whatever is cut off is done again, under the same name, and nothing is deleted before
 * it is known to lie there (TRUST, "Exactly-once effects").
 */
import { rm } from "node:fs/promises";
import type { DropBox } from "../../dropbox/contract.ts";
import { isRefusal, PacketboatError } from "../../errors.ts";
import type { Ledger } from "../../ledger/connect.ts";
import { updateRelay } from "../../ledger/relays.ts";
import type { RelayRow } from "../../ledger/tables.ts";
import { forgetOriginal, originalAt, stagedAt } from "./keep.ts";

export interface Moving {
  readonly ledger: Ledger;
  readonly here: DropBox;
  readonly staging: string;
  readonly quarantine: string;
  readonly now: () => Date;
}

/**
 * Bring a file into its recipient's box.
 *
 * @param there the recipient's box
 * @param maxBytes the most that is fetched
 * @throws PacketboatError RELAY_NAME_TAKEN; BOX_…, DISK_…: then it is where it was, and brought another time
 */
export async function bring(
  row: RelayRow,
  { there, maxBytes }: { readonly there: DropBox; readonly maxBytes: number },
  { ledger, here, staging, quarantine }: Moving,
): Promise<void> {
  const { file_name: name, size } = row;
  if (row.removed_from_box === 1) {
    await deliver(there, name, originalAt(quarantine, row));
  } else {
    const staged = stagedAt(staging, row);
    await rm(staged, { force: true });
    try {
      await here.fetch(name, staged, { size, maxBytes });
      await deliver(there, name, staged);
    } finally {
      await rm(staged, { force: true });
    }
  }
  await updateRelay(ledger, row.relay_id, { state: "DELIVERED", code: null, reason: null });
}

/**
 * It lies there: here it is deleted, last of all. Safe to repeat.
 *
 * @throws PacketboatError BOX_…; then it is deleted another time
 */
export async function finish(
  row: RelayRow,
  { ledger, here, quarantine, now }: Moving,
): Promise<void> {
  if (row.removed_from_box === 1) await forgetOriginal(quarantine, row);
  else await here.remove(row.file_name);
  await updateRelay(ledger, row.relay_id, { state: "MOVED", ended_at: now().toISOString() });
}

/** A name is never changed on the way: attachments are known by theirs. */
async function deliver(there: DropBox, name: string, path: string): Promise<void> {
  try {
    await there.deliver(name, path);
  } catch (error) {
    if (!isRefusal(error, "BOX_NAME_TAKEN")) throw error;
    throw new PacketboatError("RELAY_NAME_TAKEN", error.message, { cause: error });
  }
}
