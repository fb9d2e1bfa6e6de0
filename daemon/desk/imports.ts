/**
 * A registrar reports an import back by a file `imported.txt` in the folder of the records. What it may
 * say is one line, `Imported by: username`; without it, the file's owner says so. The answer is
 * `status.txt` beside it, written once for each saying.
 *
 * A record folder is looked into while its records are to be imported, and no longer: thousands lie there.
 */
import { lstat, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import pLimit from "p-limit";
import { diskRefusal, errnoOf, writeTidily } from "../disk.ts";
import { shareAt as shareOfSystem } from "../disk/share.ts";
import { isRefusal, type PacketboatError } from "../errors.ts";
import { parseReference, type Reference } from "../ids.ts";
import type { Ledger, LedgerTransaction } from "../ledger/connect.ts";
import { keepSightings } from "../ledger/documents.ts";
import {
  findImport,
  keepImport,
  markImportAnswered,
  openImports,
  referencesImported,
} from "../ledger/imports.ts";
import type { ImportRow } from "../ledger/tables.ts";
import { readRegular } from "./carry.ts";
import { SHARED_FILE } from "./cases.ts";
import type { Decide } from "./decision.ts";
import { importedBy, type ImportWords, refusedStatus, reportedStatus } from "./import-words.ts";
import { finishedFiles } from "./ready.ts";

export interface ImportLook {
  readonly ledger: Ledger;
  /** Of the drop folder. */
  readonly records: string;
  readonly unchangedForSeconds: number;
  readonly at: Date;
  /** On what kind of share a folder lies; the system is asked, unless given. */
  readonly shareAt?: (folder: string) => Promise<string | null>;
}

/** A finished `imported.txt` that has no answer yet. */
export interface ImportFile {
  readonly path: string;
  readonly reference: Reference;
  /** Another stamp is another saying. */
  readonly stamp: string;
  /** `null` if its owner proves nobody. */
  readonly ownerUid: number | null;
}

export interface ImportsFound {
  readonly ready: readonly ImportFile[];
  /** When one that may still be written can be finished; infinite if there is none. */
  readonly lookAgainAt: number;
}

/** As Windows makes it, too, when it hides the endings of names. */
export const IMPORTED = /^imported\.txt(?:\.txt)?$/i;
const STATUS = "status.txt";
/** `K7QM-3F2D`, `K7QM-3F2D-2`, and what people add behind it. */
const REFERENCE_FIRST = /^([0-9a-z]{4}-[0-9a-z]{4})(?![0-9a-z])/i;
const MOST_BYTES = 64 * 1024;
const AT_ONCE = 8;

/**
 * Look once into the record folders of a drop folder.
 *
 * @throws PacketboatError DISK_FAILED
 */
export async function importsIn(look: ImportLook): Promise<ImportsFound> {
  const limit = pLimit(AT_ONCE);
  const folders = await foldersToLookInto(look);
  const found = await Promise.all(
    folders.map(({ folder, reference }) => limit(() => importIfSeen(look, folder, reference))),
  );
  return {
    ready: found.flatMap(({ ready }) => ready),
    lookAgainAt: Math.min(Infinity, ...found.map(({ lookAgainAt }) => lookAgainAt)),
  };
}

async function foldersToLookInto({
  ledger,
  records,
}: ImportLook): Promise<{ folder: string; reference: Reference }[]> {
  const imported = await referencesImported(ledger);
  const entries = await readdir(records, { withFileTypes: true }).catch((error: unknown) => {
    const refused = diskRefusal(error, records);
    // Whatever is to be shown there tells of it.
    if (refused.code === "FOLDER_MISSING") return [];
    throw refused;
  });
  return entries.flatMap((entry) => {
    const reference = entry.isDirectory() ? referenceIn(entry.name) : null;
    if (reference === null || imported.has(reference)) return [];
    return { folder: join(records, entry.name), reference };
  });
}

function referenceIn(name: string): Reference | null {
  const [, written] = REFERENCE_FIRST.exec(name) ?? [];
  if (written === undefined) return null;
  try {
    return parseReference(written);
  } catch (error) {
    if (isRefusal(error)) return null;
    throw error;
  }
}

const NOTHING: ImportsFound = { ready: [], lookAgainAt: Infinity };

/** A folder that is gone, or that nobody may look into, does not hide the others. */
async function importIfSeen(
  look: ImportLook,
  folder: string,
  reference: Reference,
): Promise<ImportsFound> {
  try {
    return await importIn(look, folder, reference);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return NOTHING;
  }
}

async function importIn(
  { ledger, unchangedForSeconds, at, shareAt = shareOfSystem }: ImportLook,
  folder: string,
  reference: Reference,
): Promise<ImportsFound> {
  const names = await readdir(folder).catch(() => [] as string[]);
  if (!names.some((name) => IMPORTED.test(name))) return NOTHING;
  const only = (name: string): boolean => IMPORTED.test(name);
  const look = { ledger, folder, unchangedForSeconds, at, only, shareAt };
  const { ready, notYet } = await finishedFiles(look);
  const isOnShare = ready.length > 0 && (await shareAt(folder)) !== null;
  const files: ImportFile[] = [];
  for (const { path } of ready) {
    const file = await fileAt(path, reference, isOnShare);
    const before = await findImport(ledger, path);
    if (file && before?.stamp !== file.stamp) files.push(file);
  }
  const times = notYet.map(({ lookAgainAt }) => lookAgainAt.getTime());
  return { ready: files.slice(0, 1), lookAgainAt: Math.min(Infinity, ...times) };
}

/** Files of our own account are those of a share that knows no owners. */
async function fileAt(
  path: string,
  reference: Reference,
  isOnShare: boolean,
): Promise<ImportFile | null> {
  try {
    const { size, mtimeMs, ino, uid } = await lstat(path);
    const ownerUid = uid === process.getuid?.() ? null : uid;
    // As in `ready.ts`, the number of a file on a share tells nothing.
    const stamp = `${size} ${mtimeMs}${isOnShare ? "" : ` ${ino}`}`;
    return { path, reference, stamp, ownerUid };
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw diskRefusal(error, path);
  }
}

export interface Reporting {
  readonly ledger: Ledger;
  readonly dropFolder: string;
  readonly at: Date;
  /** The import carried out, as the command does it. */
  readonly decide: Decide;
  readonly wordsFor: (reference: Reference) => Promise<ImportWords>;
}

/** What became of one file; `delayed` is tried again at the next look, or its answer is. */
export interface ImportAnswer {
  readonly dropFolder: string;
  readonly outcome: "reported" | "refused" | "delayed";
  readonly error: PacketboatError | null;
}

/** Carry out what was found, each once, and answer it; first what was begun before. */
export async function* reportImports(
  reporting: Reporting,
  found: readonly ImportFile[],
): AsyncGenerator<ImportAnswer, void> {
  const { ledger, dropFolder } = reporting;
  for (const row of await openImports(ledger, dropFolder)) {
    yield* await withoutStopping(dropFolder, () => answer(reporting, row));
  }
  for (const file of found) {
    yield* await withoutStopping(dropFolder, () => report(reporting, file));
  }
}

/** One that fails never stops the others. */
async function withoutStopping(
  dropFolder: string,
  work: () => Promise<ImportAnswer[]>,
): Promise<ImportAnswer[]> {
  try {
    return await work();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return [{ dropFolder, outcome: "delayed", error }];
  }
}

async function report(reporting: Reporting, file: ImportFile): Promise<ImportAnswer[]> {
  const { dropFolder } = reporting;
  const decided = await decideOn(reporting, file);
  if (decided === null) return [];
  const { row, error } = decided;
  const outcome = error ? "refused" : "reported";
  const delayed = await withoutStopping(dropFolder, () => answer(reporting, row));
  return [{ dropFolder, outcome, error }, ...delayed];
}

/** @returns `null` if it is being written again, or is gone; then nothing has happened */
async function decideOn(
  { ledger, dropFolder, decide, wordsFor, at }: Reporting,
  { path, reference, stamp, ownerUid }: ImportFile,
): Promise<{ row: ImportRow; error: PacketboatError | null } | null> {
  const words = await wordsFor(reference);
  const rowOf = (status: string): ImportRow => ({
    path,
    drop_folder: dropFolder,
    stamp,
    state: "DECIDED",
    status,
    decided_at: at.toISOString(),
  });
  let named: string | null = null;
  try {
    const content = await readRegular(path, MOST_BYTES);
    if (content === null) return null;
    named = importedBy(content.bytes);
    const row = rowOf(reportedStatus(words, named));
    const decision = { kind: "imported", about: { reference } } as const;
    const within = (db: LedgerTransaction): Promise<void> => keepImport(db, row);
    const isHandwritten = true;
    await decide({ decision, decidedBy: named, ownerUid, dropFolder, isHandwritten, at, within });
    return { row, error: null };
  } catch (error) {
    if (!isRefusal(error) || error.disposition !== "refuse") throw error;
    if (error.code === "FILE_NOT_FOUND") return null;
    const row = rowOf(refusedStatus(error, { ...words, named }));
    await keepImport(ledger, row);
    return { row, error };
  }
}

/** Whoever took the folder meanwhile needs no answer in it. */
async function answer({ ledger }: Reporting, { path, status }: ImportRow): Promise<never[]> {
  try {
    await writeTidily(join(dirname(path), STATUS), status, SHARED_FILE);
  } catch (error) {
    if (!isRefusal(error, "FOLDER_MISSING")) throw error;
  }
  await markImportAnswered(ledger, path);
  await keepSightings(ledger, { seen: [], gone: [path] });
  return [];
}
