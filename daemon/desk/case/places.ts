/**
 * Where case folders stand. People rename and delete them, so each is known by a small hidden file in it;
 * what is decided here or there moves it between `requests/` and `done/`, by one rename.
 */
import { rename } from "node:fs/promises";
import { join } from "node:path";
import {
  diskRefusal,
  exists,
  makeSharedFolder,
  shownName,
  syncFolder,
  writeTidily,
} from "../../disk.ts";
import { allEnded } from "../../disk/many.ts";
import { isRefusal, PacketboatError, unlessRefused } from "../../errors.ts";
import { newLocalId, parseReference } from "../../ids.ts";
import {
  addCase,
  type CaseChanges,
  casesOf,
  changeCase,
  changeCases,
  findCase,
  hasFolder,
  isCase,
  knownFolders,
} from "../../ledger/cases.ts";
import type { Ledger } from "../../ledger/connect.ts";
import type { CasePlace, CaseRow } from "../../ledger/tables.ts";
import { transferNamed } from "../../ledger/transfers.ts";
import type { TransferState } from "../../transfer/effects.ts";
import { foldersThere, type There } from "./look.ts";
import { SHARED_FILE, startOf } from "../carry.ts";

export type Places = Readonly<Record<CasePlace, string>>;

/** The file by which a case folder is known; as `mounted.ts` marks the drop folder itself. */
export const MARK = ".packetboat";

export const markText = (caseId: string): string =>
  `packetboat knows this folder by this file. Please leave it here.\n${caseId}\n`;

/** Folders in which people may look for a case that is decided; homes of older releases have none. */
export async function makePlaces(places: Places): Promise<void> {
  if (!(await exists(places.done))) await makeSharedFolder(places.done);
}

/**
 * Find the folders that are new here or have another name, and give those of older homes what they lack.
 *
 * @returns what there is, and the folders in `requests` that belong to no request of this drop folder
 */
export async function findCases(
  ledger: Ledger,
  dropFolder: string,
  places: Places,
): Promise<{ readonly there: There; readonly strangers: readonly string[] }> {
  const there = await foldersThere(places);
  const known = await knownFolders(ledger, dropFolder);
  const strangers: string[] = [];
  const notes: Finding["notes"] = [];
  for (const place of ["requests", "done"] as const) {
    const fresh = [...there[place]].filter((name) => !known.has(`${place}/${name}`));
    for (const name of fresh.toSorted((one, other) => NAMES.compare(one, other))) {
      const isOurs = await foundIfSeen(ledger, { dropFolder, places, place, name, notes });
      if (!isOurs && place === "requests") strangers.push(join(places[place], name));
    }
  }
  await changeCases(ledger, notes);
  return { there, strangers };
}

/** `K7QM-3F2D-2` before `K7QM-3F2D-10`. */
const NAMES = new Intl.Collator("en", { numeric: true });

interface Finding {
  readonly dropFolder: string;
  readonly places: Places;
  readonly place: CasePlace;
  readonly name: string;
  /** Cases that were found, to be written down. */
  readonly notes: (CaseChanges & { readonly caseId: string })[];
}

/** Of a folder that nobody may look into nothing can be said, not even that it is a stranger's. */
async function foundIfSeen(ledger: Ledger, finding: Finding): Promise<boolean> {
  try {
    return await found(ledger, finding);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return true;
  }
}

async function found(ledger: Ledger, finding: Finding): Promise<boolean> {
  const { dropFolder, places, place, name, notes } = finding;
  const folder = join(places[place], name);
  const caseId = await markedAs(folder);
  const row = caseId === null ? undefined : (await findCase(ledger, caseId))?.row;
  if (row?.drop_folder !== dropFolder) {
    // A mark that no row knows was left by a crash, before the row was written.
    const isAnothers = caseId !== null && (await isCase(ledger, caseId));
    return !isAnothers && (await adopted(ledger, finding, folder));
  }
  // A copy: the folder that was known before is the one that counts.
  if (hasFolder(row) && (await exists(join(places[row.place], row.name)))) return false;
  notes.push({ caseId: row.case_id, place, name });
  return true;
}

/** A case folder that was made before there were forms in them, known by its name. */
async function adopted(
  ledger: Ledger,
  { dropFolder, place, name }: Finding,
  folder: string,
): Promise<boolean> {
  if (place !== "requests" || !(await exists(join(folder, "request.xml")))) return false;
  const stored = await storedNamed(ledger, name);
  if (!stored || stored.transfer.side !== "releaser") return false;
  const { transfer } = stored;
  const { requesterId, transferId } = transfer;
  const isKnown = (await casesOf(ledger, transfer)).some(
    (each) => each.drop_folder === dropFolder && each.name !== null,
  );
  if (isKnown || (stored.dropFolder ?? dropFolder) !== dropFolder) return false;
  const caseId = newLocalId();
  await writeTidily(join(folder, MARK), markText(caseId), { mode: SHARED_FILE });
  await addCase(ledger, { caseId, dropFolder, transfer: { requesterId, transferId } });
  await changeCase(ledger, caseId, { place, name });
  return true;
}

async function storedNamed(ledger: Ledger, name: string) {
  try {
    return await transferNamed(ledger, parseReference(name.slice(0, 9)));
  } catch (error) {
    if (isRefusal(error)) return null;
    throw error;
  }
}

async function markedAs(folder: string): Promise<string | null> {
  const text = (await startOf(join(folder, MARK), 1000)).toString("latin1");
  return /^([0-9a-f-]{36})\r?$/m.exec(text)?.[1] ?? null;
}

/**
 * Where the folder of a transfer belongs; `null` for where it is. A release that waits can still be
 * stopped where it was written, and whoever recalled something reads there whom to call.
 */
export function placeFor(state: TransferState): CasePlace | null {
  if (state === "RequestReceived" || state === "OnHold") return "requests";
  return state === "ReleasePending" || state === "Recalled" ? null : "done";
}

/** A case folder, and where it is to stand. */
export interface Move {
  readonly row: CaseRow & { readonly place: CasePlace; readonly name: string };
  readonly to: CasePlace;
}

/**
 * Move case folders, each by one rename, and sync where they stood and stand once for all of them; a crash
 * before the ledger knows of it is mended by `findCases`.
 *
 * @returns each row as it now is; or why its folder is where it was, DISK_…, FILE_NOT_FOUND
 */
export async function moveCases(
  ledger: Ledger,
  places: Places,
  moves: readonly Move[],
): Promise<(Move["row"] | PacketboatError)[]> {
  if (moves.length === 0) return [];
  const moved: (Move["row"] | PacketboatError)[] = [];
  for (const move of moves) moved.push(await unlessRefused(() => renamed(places, move)));
  const above = [places.requests, places.done];
  const failure = await unlessRefused(async () => {
    await allEnded(above.map(syncFolder));
    await changeCases(ledger, moved.flatMap(changesOf));
  });
  return moved.map((row) => (row instanceof Error ? row : (failure ?? row)));
}

const changesOf = (row: Move["row"] | PacketboatError) =>
  row instanceof Error ? [] : [{ caseId: row.case_id, place: row.place, name: row.name }];

async function renamed(places: Places, { row, to }: Move): Promise<Move["row"]> {
  let name = row.name;
  for (let number = 2; await exists(join(places[to], name)); number++) {
    name = `${row.name}-${number}`;
  }
  const from = join(places[row.place], row.name);
  const path = join(places[to], name);
  await rename(from, path).catch(async (error: unknown) => {
    if (await exists(from)) throw diskRefusal(error, path);
    const sentence = `${shownName(from)} is no longer there`;
    throw new PacketboatError("FILE_NOT_FOUND", sentence, { cause: error });
  });
  return { ...row, place: to, name };
}
