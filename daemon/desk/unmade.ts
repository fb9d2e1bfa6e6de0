/**
 * Folders and files that packetboat made or took, removed again. Only what it knows by name or content
 * goes: no link is followed, and a folder in which people have put something of their own stays whole.
 */
import type { Dirent } from "node:fs";
import { lstat, readdir, rmdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { diskRefusal, errnoOf, isTemporary } from "../disk.ts";
import { isRefusal } from "../errors.ts";
import type { Sha256 } from "../ids.ts";
import { hashOf, startOf } from "./carry.ts";
import { IMPORTED } from "./imports.ts";

/** `foreign`: something lies there that is not ours to delete, so all of it was left. */
export type Unmade = "removed" | "absent" | "foreign";

/** What stands in the folders of cases, records and letters, beside the documents of a record. */
const OURS = new Set([
  ".packetboat",
  "request.html",
  "request.xml",
  "decision.txt",
  "status.txt",
  "record.html",
  "record.xml",
  "recall.txt",
  "recalled.txt",
  "letter.html",
  "faults.txt",
]);
const DECIDED = /^decision-[0-9]+\.txt$/;
/** It names the documents that came with it. */
const RECORD = "record.xml";
/** More than a packet has. */
const MOST_RECORD_BYTES = 20_000_000;
const NUMBERED = /^[0-9]{2,}-(.+)$/;
/** People put here what is to be sent; it was taken from here. */
const DOCUMENTS = "documents";
/** What desktops leave in any folder that is looked at. */
const LITTER = /^(?:Thumbs\.db|desktop\.ini|\.DS_Store|~\$.*|\._.*)$/i;

/**
 * Remove the folder of a case or a record.
 *
 * @param isDry only say what would become of it
 * @throws PacketboatError DISK_FAILED …; then the rest of it is removed the next time
 */
export async function unmakeFolder(folder: string, isDry: boolean): Promise<Unmade> {
  const found = await lstat(folder).catch(unlessAbsent(folder));
  if (!found) return "absent";
  if (!found.isDirectory()) return "foreign";
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const below = entries.some(isDocuments) ? await documentsIn(folder) : [];
    const came = entries.some(isNumbered) ? await documentsNamed(folder) : NOTHING;
    const isKnown = (entry: Dirent): boolean => isOurs(entry, came);
    if (!entries.every(isKnown) || !below.every(isFileOrFolder)) return "foreign";
    if (isDry) return "removed";
    for (const each of below.filter((entry) => entry.isFile())) await unlink(pathOf(each));
    // Those inside others first.
    const folders = below.filter((entry) => entry.isDirectory()).map(pathOf);
    for (const path of folders.toSorted().toReversed()) await rmdir(path);
    if (entries.some(isDocuments)) await rmdir(join(folder, DOCUMENTS));
    const files = entries.filter((entry) => !isDocuments(entry)).map(({ name }) => name);
    // As long as any of its documents is there.
    const inTurn = [...files.filter((name) => name !== RECORD), ...files.filter(isRecord)];
    for (const name of inTurn) await unlink(join(folder, name));
    await rmdir(folder);
    return "removed";
  } catch (error) {
    // Put there meanwhile.
    if (errnoOf(error) === "ENOTEMPTY") return "foreign";
    throw diskRefusal(error, folder);
  }
}

const documentsIn = (folder: string): Promise<Dirent[]> =>
  readdir(join(folder, DOCUMENTS), { withFileTypes: true, recursive: true });

const pathOf = ({ parentPath, name }: Dirent): string => join(parentPath, name);

/** A folder in it may have the name of a section. */
const isFileOrFolder = (entry: Dirent): boolean => entry.isFile() || entry.isDirectory();

const isDocuments = (entry: Dirent): boolean => entry.name === DOCUMENTS && entry.isDirectory();

const isRecord = (name: string): boolean => name === RECORD;
const isNumbered = ({ name }: Dirent): boolean => NUMBERED.test(name);
const NOTHING: ReadonlySet<string> = new Set();

/**
 * People number their own files, too: only those that the record names are ours to delete. Where somebody has put a
 * link or a pipe in its place, or something larger than any record, it names none.
 */
async function documentsNamed(folder: string): Promise<ReadonlySet<string>> {
  const text = (await startOf(join(folder, RECORD), MOST_RECORD_BYTES)).toString("utf8");
  const named = text.matchAll(/<FileName>([^<]+)<\/FileName>/g);
  return new Set([...named].map(([, name = ""]) => name));
}

const isOurs = (entry: Dirent, came: ReadonlySet<string>): boolean =>
  isDocuments(entry) ||
  (entry.isFile() &&
    (OURS.has(entry.name) ||
      isTemporary(entry.name) ||
      IMPORTED.test(entry.name) ||
      DECIDED.test(entry.name) ||
      came.has(NUMBERED.exec(entry.name)?.[1] ?? "") ||
      LITTER.test(entry.name)));

/**
 * Remove a file that is still as we left it.
 *
 * @param digest of its content
 */
export async function unmakeFile(path: string, digest: Sha256, isDry: boolean): Promise<Unmade> {
  const found = await lstat(path).catch(unlessAbsent(path));
  if (!found) return "absent";
  if (!found.isFile() || (await digestOf(path)) !== digest) return "foreign";
  if (!isDry) await removeFile(path);
  return "removed";
}

/** Somebody may exchange it for a link or take it away while we look. */
const digestOf = async (path: string): Promise<Sha256 | null> => {
  try {
    return await hashOf(path);
  } catch (error) {
    if (isRefusal(error, "FILE_UNREADABLE") || isRefusal(error, "FILE_NOT_FOUND")) return null;
    throw error;
  }
};

/** Remove a file that nobody but us gives this name. */
export async function unmakeNamed(path: string, isDry: boolean): Promise<Unmade> {
  const found = await lstat(path).catch(unlessAbsent(path));
  if (!found) return "absent";
  if (!found.isFile()) return "foreign";
  if (!isDry) await removeFile(path);
  return "removed";
}

async function removeFile(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (errnoOf(error) !== "ENOENT") throw diskRefusal(error, path);
  });
}

const unlessAbsent =
  (path: string) =>
  (error: unknown): null => {
    if (["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "")) return null;
    throw diskRefusal(error, path);
  };
