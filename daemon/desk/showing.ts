/** Folders that a transaction has promised, shown: in an exchange, and letters at once by whoever asked. */
import { dirname } from "node:path";
import { syncFolder } from "../disk.ts";
import { type PacketboatError, unlessRefused } from "../errors.ts";
import type { Ledger } from "../ledger/connect.ts";
import { markPublished, publicationsOf } from "../ledger/publications.ts";
import type { PublicationRow } from "../ledger/tables.ts";
import type { TransferKey } from "../ledger/transfers.ts";
import { showFolder } from "./cases.ts";
import { assertSameFolder } from "./mounted.ts";
import { completeNotice } from "./recall-notice.ts";

/** A promised folder that was shown; or why it is still promised, FOLDER_MISSING, FOLDER_REPLACED or DISK_…. */
export interface Showing {
  readonly row: PublicationRow;
  readonly failure: PacketboatError | null;
}

/**
 * Show folders that stand finished and hidden, each by one rename; safe to repeat. The folders above are
 * synced once for all that they show, before the ledger is told of any.
 *
 * @returns each of them, in their order
 */
export async function showPromised(
  ledger: Ledger,
  rows: readonly PublicationRow[],
): Promise<Showing[]> {
  const showing: Showing[] = [];
  for (const group of groupsOf(rows)) showing.push(...(await showGroup(ledger, group)));
  return showing;
}

/** A recall's notice tells what became of the folders before it: they are shown, and marked, first. */
function* groupsOf(rows: readonly PublicationRow[]): Generator<readonly PublicationRow[], void> {
  let group: PublicationRow[] = [];
  for (const row of rows) {
    if (row.what === "recall" && group.length > 0) {
      yield group;
      group = [];
    }
    group.push(row);
  }
  if (group.length > 0) yield group;
}

async function showGroup(ledger: Ledger, rows: readonly PublicationRow[]): Promise<Showing[]> {
  // A hidden folder that an unmounted share took along was not shown: it comes back with the share.
  const isThere = once((dropFolder) => assertSameFolder(ledger, dropFolder));
  const renamed: { row: PublicationRow; path: string | PacketboatError }[] = [];
  for (const row of rows) {
    const path = await unlessRefused(async () => {
      await isThere(dirname(dirname(row.final_path)));
      if (row.what === "recall") await completeNotice(ledger, row);
      return showFolder({ hiddenPath: row.hidden_path, finalPath: row.final_path });
    });
    renamed.push({ row, path });
  }
  const isSynced = once(syncFolder);
  const showing: Showing[] = [];
  const shown: { publicationId: string; path: string }[] = [];
  for (const { row, path } of renamed) {
    const synced =
      path instanceof Error ? path : await unlessRefused(() => isSynced(dirname(path)));
    const failure = synced instanceof Error ? synced : null;
    showing.push({ row, failure });
    if (failure === null && typeof path === "string") {
      shown.push({ publicationId: row.publication_id, path });
    }
  }
  await markPublished(ledger, shown);
  return showing;
}

/** For each folder once; whoever asks again hears the same. */
function once(work: (folder: string) => Promise<void>): (folder: string) => Promise<void> {
  const done = new Map<string, Promise<void>>();
  return (folder) => {
    const known = done.get(folder) ?? work(folder);
    done.set(folder, known);
    return known;
  };
}

/** Show the letters of a transfer. What cannot be shown now is shown by the next exchange. */
export async function showLetters(ledger: Ledger, key: TransferKey): Promise<void> {
  const rows = await publicationsOf(ledger, key);
  await showPromised(
    ledger,
    rows.filter(({ what, state }) => what === "letter" && state === "READY"),
  );
}
