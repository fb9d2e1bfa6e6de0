/**
 * Publish: move what was recalled out of people's reach, then show the folders that a transaction has
 * promised, each by one rename. From then on it belongs to people: it is never written again (PROTOCOL 9).
 */
import { isRefusal, type PacketboatError } from "../errors.ts";
import { setAside, type SettingAside } from "../desk/recalled.ts";
import { showPromised } from "../desk/showing.ts";
import { readyPublications, recalledPublications } from "../ledger/publications.ts";
import type { PublicationRow } from "../ledger/tables.ts";

/** What became of a folder: people can see it; or it was recalled, and lies in the quarantine if it was found. */
export interface Shown {
  readonly publicationId: string;
  readonly outcome: "shown" | "set aside" | "not found" | "left";
  /** Why it is done another time. */
  readonly failure: PacketboatError | null;
}

/** @returns each promised folder, when it is known what became of it */
export async function* publish(publishing: SettingAside): AsyncGenerator<Shown, void> {
  const { ledger } = publishing;
  for (const row of await recalledPublications(ledger)) yield taken(publishing, row);
  for (const { row, failure } of await showPromised(ledger, await readyPublications(ledger))) {
    const outcome = failure === null ? "shown" : "left";
    yield { publicationId: row.publication_id, outcome, failure };
  }
}

async function taken(publishing: SettingAside, row: PublicationRow): Promise<Shown> {
  const { publication_id: publicationId } = row;
  try {
    return { publicationId, outcome: await setAside(publishing, row), failure: null };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { publicationId, outcome: "left", failure: error };
  }
}
