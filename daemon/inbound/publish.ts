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
import type { PublicationRow } from "../ledger/tables.ts";

/** A folder that people can see now, or why it is shown another time. */
export interface Shown {
  readonly publicationId: string;
  readonly failure: PacketboatError | null;
}

/** @returns each promised folder, as soon as it is known what became of it */
export async function* publish(ledger: Ledger): AsyncGenerator<Shown, void> {
  for (const row of await readyPublications(ledger)) {
    yield { publicationId: row.publication_id, failure: await show(ledger, row) };
  }
}

async function show(ledger: Ledger, row: PublicationRow): Promise<PacketboatError | null> {
  try {
    // A hidden folder that an unmounted share took along was not shown: it comes back with the share.
    await assertSameFolder(ledger, dirname(dirname(row.final_path)));
    await showFolder({ hiddenPath: row.hidden_path, finalPath: row.final_path });
    await markPublished(ledger, row.publication_id);
    return null;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return error;
  }
}
