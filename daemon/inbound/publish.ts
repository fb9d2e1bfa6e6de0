/**
 * Publish: show every folder that a transaction has promised, each by one rename. From then on it
 * belongs to people: it is never written again (PROTOCOL 9).
 */
import { dirname } from "node:path";
import { isRefusal, type PacketboatError } from "../errors.ts";
import { showFolder } from "../desk/cases.ts";
import { assertSameFolder } from "../desk/mounted.ts";
import type { Ledger } from "../ledger/connect.ts";
import { markPublished, readyPublications } from "../ledger/publications.ts";

/**
 * @returns how many folders were shown; and why one could not be, which is shown next time
 */
export async function publish(
  ledger: Ledger,
): Promise<{ shown: number; failure: PacketboatError | null }> {
  let shown = 0;
  let failure: PacketboatError | null = null;
  for (const row of await readyPublications(ledger)) {
    try {
      // A hidden folder that an unmounted share took along was not shown: it comes back with the share.
      await assertSameFolder(ledger, dirname(dirname(row.final_path)));
      await showFolder({ hiddenPath: row.hidden_path, finalPath: row.final_path });
      await markPublished(ledger, row.publication_id);
      shown++;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      failure = error;
    }
  }
  return { shown, failure };
}
