/**
 * Publish: move what was recalled out of people's reach, then show every folder that a transaction has
 * promised, each by one rename. From then on it belongs to people: it is never written again (PROTOCOL 9).
 */
import { dirname } from "node:path";
import { isRefusal, type PacketboatError } from "../errors.ts";
import { showFolder } from "../desk/cases.ts";
import { assertSameFolder } from "../desk/mounted.ts";
import { completeNotice } from "../desk/recall-notice.ts";
import { setAside, type SettingAside } from "../desk/recalled.ts";
import type { Ledger } from "../ledger/connect.ts";
import { markPublished, readyPublications, recalledPublications } from "../ledger/publications.ts";
import type { PublicationRow } from "../ledger/tables.ts";

/** What became of a folder: people can see it; or it was recalled, and lies in the quarantine if it was found. */
export interface Shown {
  readonly publicationId: string;
  readonly outcome: "shown" | "set aside" | "not found" | "left";
  /** Why it is done another time. */
  readonly failure: PacketboatError | null;
}

/** @returns each promised folder, as soon as it is known what became of it */
export async function* publish(publishing: SettingAside): AsyncGenerator<Shown, void> {
  const { ledger } = publishing;
  for (const row of await recalledPublications(ledger))
    yield tried(row, () => setAside(publishing, row));
  for (const row of await readyPublications(ledger)) yield tried(row, () => show(ledger, row));
}

async function tried(
  { publication_id: publicationId }: PublicationRow,
  work: () => Promise<Shown["outcome"]>,
): Promise<Shown> {
  try {
    return { publicationId, outcome: await work(), failure: null };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { publicationId, outcome: "left", failure: error };
  }
}

async function show(ledger: Ledger, row: PublicationRow): Promise<"shown"> {
  // A hidden folder that an unmounted share took along was not shown: it comes back with the share.
  await assertSameFolder(ledger, dirname(dirname(row.final_path)));
  if (row.what === "recall") await completeNotice(ledger, row);
  const path = await showFolder({ hiddenPath: row.hidden_path, finalPath: row.final_path });
  await markPublished(ledger, row.publication_id, path);
  return "shown";
}
