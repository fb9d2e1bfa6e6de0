/**
 * A drop folder may lie on a share. When the share is not mounted, an empty folder lies in its place, and
 * "nothing to do" would be a mistake; so would be records that are shown where nobody sees them
 * (TRUST F18). So a drop folder is known by what does not change: by its place on the disk, or else by a
 * file that we left in it.
 */
import { lstat, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { dropFolderPaths } from "../config.ts";
import { diskRefusal, errnoOf, exists, writeNew } from "../disk.ts";
import { isRefusal, PacketboatError } from "../errors.ts";
import type { Ledger, Queries } from "../ledger/connect.ts";
import { readSetting, writeSetting } from "../ledger/settings.ts";

/** By this file a folder is known again. Whoever moves a drop folder takes it along, or makes it anew. */
const MARK = ".packetboat";

const MARK_TEXT = `packetboat knows this folder by this file. Please leave it here.
`;

/** What is remembered of a drop folder. */
interface Place {
  readonly device: string;
  readonly inode: string;
  /** Folders in it on which something else is mounted. */
  readonly apart: readonly string[];
}

/**
 * Is this drop folder the one it was? The first time it is taken as it is.
 *
 * @throws PacketboatError FOLDER_MISSING if it is not there; FOLDER_REPLACED if another folder is, or if
 *   something was mounted in it, or is no longer
 */
export async function assertSameFolder(ledger: Ledger, folder: string): Promise<void> {
  const { known, now, isMarked } = await compared(ledger, folder);
  if (!isMarked) await markFolder(folder);
  const place = JSON.stringify(now);
  if (place !== known) await writeSetting(ledger, settingOf(folder), place);
}

/**
 * The same question, by whom only looks: nothing is remembered, and no mark is made.
 *
 * @throws PacketboatError FOLDER_MISSING, FOLDER_REPLACED
 */
export async function lookForSameFolder(db: Queries, folder: string): Promise<void> {
  await compared(db, folder);
}

const settingOf = (folder: string): string => `folder ${folder}`;

async function compared(
  db: Queries,
  folder: string,
): Promise<{ known: string | null; now: Place; isMarked: boolean }> {
  const known = await readSetting(db, settingOf(folder));
  const before = known === null ? null : (JSON.parse(known) as Place);
  const now = await placeOf(folder);
  const isSamePlace = before?.device === now.device && before.inode === now.inode;
  const isMarked = await exists(join(folder, MARK));
  if (before && !isSamePlace && !isMarked) {
    throw replaced(`${basename(folder)} is another folder than before`);
  }
  // Also of a folder that is known by its mark: another start of the machine may number its disk anew.
  if (before) {
    const moved = [...now.apart, ...before.apart].find(
      (each) => now.apart.includes(each) !== before.apart.includes(each),
    );
    const isMeant = moved !== undefined && (await exists(join(folder, moved, MARK)));
    if (moved !== undefined && !isMeant) throw replaced(mounting(folder, moved, now));
  }
  return { known, now, isMarked };
}

async function placeOf(folder: string): Promise<Place> {
  const { dev, ino } = await numbersOf(folder);
  const below = Object.entries(dropFolderPaths({ path: folder }));
  const inside = await Promise.all(below.map(([, path]) => stat(path).catch(() => null)));
  const isApart = (index: number): boolean => (inside[index]?.dev ?? dev) !== dev;
  const apart = below.flatMap(([name], index) => (isApart(index) ? [name] : []));
  return { device: String(dev), inode: String(ino), apart };
}

async function numbersOf(folder: string): Promise<{ dev: number; ino: number }> {
  try {
    const found = await lstat(folder);
    return found.isSymbolicLink() ? await stat(folder) : found;
  } catch (error) {
    if (!["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "")) throw diskRefusal(error, folder);
    throw new PacketboatError("FOLDER_MISSING", `${basename(folder)} is not there`, {
      cause: error,
    });
  }
}

/**
 * Leave the file by which a folder is known: whatever was in its place before, it is the one that is meant.
 * Another process may have left it meanwhile; a folder that cannot be written is told of by its use.
 *
 * @throws PacketboatError DISK_…
 */
export async function markFolder(folder: string): Promise<void> {
  try {
    await writeNew(join(folder, MARK), MARK_TEXT, { mode: 0o660 });
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}

const mounting = (folder: string, name: string, { apart }: Place): string =>
  apart.includes(name)
    ? `something was mounted over ${basename(folder)}/${name}`
    : `what was mounted on ${basename(folder)}/${name} is mounted no more`;

const replaced = (sentence: string): PacketboatError =>
  new PacketboatError("FOLDER_REPLACED", sentence);
