/**
 * Files of our own that a power cut must not take back: written under a temporary name, synced,
 * renamed, and the folder synced too, because a rename is only as durable as the folder that says so.
 *
 * Refusals name a file by its last part only: the rest of a path is nobody's business in a report. Where
 * people choose the names, after a student perhaps, they name the folder alone.
 */
import { randomUUID } from "node:crypto";
import type { BigIntStats } from "node:fs";
import * as fs from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { type ErrorCode, PacketboatError } from "./errors.ts";

const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;
/** Set-gid, so that everything below belongs to the group that shares it. */
export const SHARED_FOLDER = 0o2770;

/** Folders in which files and folders are called as people please. */
const NAMED_BY_PEOPLE = [
  "outbox",
  "sent",
  "refused",
  "requests",
  "records",
  "letters",
  "done",
  "quarantine",
];
/** Below these, even if they lie in a folder of such a name, everything is called by us. */
const NAMED_BY_US = ["state", "keys", "reports"];

/** What a report may say of a path. */
export function shownName(path: string): string {
  const parts = path.split(sep);
  const above = parts.slice(0, -1);
  const at = above.findLastIndex((part) => NAMED_BY_PEOPLE.includes(part));
  const isOurs = above.slice(at + 1).some((part) => NAMED_BY_US.includes(part));
  return at < 0 || isOurs ? basename(path) : `something in ${parts[at]}`;
}

const PIECE_CHARACTERS = 64 * 1024;
const ASK_EVERY_MS = 1000;

/**
 * See to it that no operation on a file waits for ever: the disk is asked something small every second,
 * until disposed of.
 *
 * Node has threads for that, which sleep while nobody asks. glibc before 2.41 may lose the signal that
 * wakes one (its bug 25847; seen once in some million operations, on 2.36): then what was asked lies in
 * the queue until somebody asks more, and who waits for it does not.
 */
export function keepDiskAwake(everyMs = ASK_EVERY_MS): Disposable {
  const asking = setInterval(() => void fs.stat("/").catch(() => undefined), everyMs).unref();
  return { [Symbol.dispose]: () => clearInterval(asking) };
}

const temporaryName = (): string => `.${randomUUID()}.tmp`;
const TEMPORARY = /^\.[0-9a-f-]{36}\.tmp$/;

/** Is it the name of a file that we were writing, or that a crash left? */
export const isTemporary = (name: string): boolean => TEMPORARY.test(name);

/** What is written: whole, or in pieces that are made as they are written. */
export type Content = Uint8Array | string | Iterable<string> | AsyncIterable<string>;

/**
 * Write a whole file, replacing what was there. Readers see the old bytes or the new ones, never
 * a part; when this returns, the new ones survive a power cut.
 *
 * @throws PacketboatError DISK_FULL, DISK_FAILED or FOLDER_MISSING; then the old file stands untouched.
 */
export async function writeDurably(
  path: string,
  content: Content,
  options: { mode?: number } = {},
): Promise<void> {
  await replaceOne(path, content, options);
  await syncFolder(dirname(path));
}

/**
 * The same for one of several files in a folder: a power cut may bring the old one back, until the caller
 * has synced the folder.
 *
 * @param look is told what the system says of the new file, before anybody can change it
 * @throws as `writeDurably`
 */
export async function replaceOne(
  path: string,
  content: Content,
  { mode = PRIVATE_FILE, look }: { mode?: number; look?: (written: BigIntStats) => void } = {},
): Promise<void> {
  const temporary = join(dirname(path), temporaryName());
  try {
    await writeSynced(temporary, content, { mode, known: path });
    look?.(await fs.lstat(temporary, { bigint: true }));
    await fs.rename(temporary, path);
  } catch (error) {
    await removeQuietly(temporary);
    throw diskRefusal(error, path);
  }
}

/**
 * Write durably in a folder in which nobody else does: what a crash left of an earlier attempt is removed
 * first.
 *
 * @throws as `writeDurably`
 */
export async function writeTidily(
  path: string,
  content: Content,
  options: { mode?: number } = {},
): Promise<void> {
  await tidyUp(path);
  await writeDurably(path, content, options);
}

/** Remove what a crash left where we write this file, and no other process does. */
export async function tidyUp(path: string): Promise<void> {
  const folder = dirname(path);
  const names = await fs.readdir(folder).catch((error: unknown) => {
    throw diskRefusal(error, path);
  });
  for (const name of names.filter(isTemporary)) await removeQuietly(join(folder, name));
}

/**
 * Write a file that must not be there yet.
 *
 * @throws PacketboatError FILE_EXISTS, DISK_FULL, DISK_FAILED or FOLDER_MISSING.
 */
export async function writeNew(
  path: string,
  bytes: Uint8Array | string,
  { mode = PRIVATE_FILE }: { mode?: number } = {},
): Promise<void> {
  try {
    await writeSynced(path, bytes, { mode, known: path });
    await syncFolder(dirname(path));
  } catch (error) {
    const refused = diskRefusal(error, path);
    if (refused.code !== "FILE_EXISTS") await removeQuietly(path);
    throw refused;
  }
}

/** By folder: the sync that is under way, and the one that begins after it. */
const syncing = new Map<string, Promise<void>>();
const nextSync = new Map<string, Promise<void>>();

/**
 * Make the names in a folder durable: what was created, renamed or removed there. Whoever asks while one sync is
 * under way shares the next with all others who do.
 */
export function syncFolder(folder: string): Promise<void> {
  const shared = nextSync.get(folder);
  if (shared) return shared;
  const sync = async (): Promise<void> => {
    await syncing.get(folder)?.catch(() => undefined);
    nextSync.delete(folder);
    syncing.set(folder, mine);
    try {
      await synced(folder, () => fs.open(folder, "r"));
    } finally {
      if (syncing.get(folder) === mine) syncing.delete(folder);
    }
  };
  const mine = sync();
  if (syncing.get(folder) !== mine) nextSync.set(folder, mine);
  return mine;
}

/** Make a folder and everything below it durable, files first. Links and devices are passed over. */
export async function syncTree(folder: string): Promise<void> {
  try {
    for await (const entry of await fs.opendir(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await syncTree(path);
      else if (entry.isFile()) await synced(path, () => fs.open(path, "r"));
    }
  } catch (error) {
    throw diskRefusal(error, folder);
  }
  await syncFolder(folder);
}

/**
 * Make a folder for packetboat's user alone (0700), and the missing ones above it.
 *
 * @throws PacketboatError CONFIG_UNSAFE if it was there already and is open to others.
 */
export async function makePrivateFolder(folder: string): Promise<void> {
  if (await makeFolder(folder, PRIVATE_FOLDER)) return;
  await assertPrivate(folder);
}

/**
 * Make a folder that people share (2770, set-gid; PROTOCOL 9). One that is there already keeps the
 * mode its owner gave it.
 *
 * @param gid the numeric id of the group that shares it; our own group without it
 */
export async function makeSharedFolder(folder: string, gid?: number): Promise<void> {
  if (!(await makeFolder(folder, SHARED_FOLDER)) || gid === undefined) return;
  try {
    await fs.chown(folder, -1, gid);
    // A change of group may clear set-gid.
    await fs.chmod(folder, SHARED_FOLDER);
  } catch (error) {
    throw diskRefusal(error, folder);
  }
}

/**
 * Refuse a file or folder that anybody but packetboat's user could read or change (PROTOCOL 9).
 *
 * @throws PacketboatError CONFIG_UNSAFE, FILE_NOT_FOUND
 */
export async function assertPrivate(path: string): Promise<void> {
  await assertGuarded(path, { owners: [process.getuid?.()], forbidden: 0o077 });
}

/**
 * The same for what the service manager hands in: its copies belong to root or to our user, and the
 * access list that lets our user read root's shows as a right of the group (systemd.exec(5)).
 *
 * @throws PacketboatError CONFIG_UNSAFE, FILE_NOT_FOUND
 */
export async function assertHandedIn(path: string): Promise<void> {
  await assertGuarded(path, { owners: [process.getuid?.(), 0], forbidden: 0o027 });
}

async function assertGuarded(
  path: string,
  { owners, forbidden }: { owners: readonly (number | undefined)[]; forbidden: number },
): Promise<void> {
  const found = await fs.lstat(path).catch((error: unknown) => {
    throw errnoOf(error) === "ENOENT"
      ? new PacketboatError("FILE_NOT_FOUND", `${shownName(path)} is not there`)
      : diskRefusal(error, path);
  });
  const mode = found.mode & 0o777;
  const [user] = owners;
  const fault = found.isSymbolicLink()
    ? "is a link, not the thing itself"
    : user !== undefined && !owners.includes(found.uid)
      ? `belongs to user ${found.uid}, not to ${user}`
      : (mode & forbidden) !== 0
        ? `has mode ${mode.toString(8).padStart(4, "0")}: others may use it`
        : null;
  if (fault !== null) throw new PacketboatError("CONFIG_UNSAFE", `${shownName(path)} ${fault}`);
}

/**
 * Rename a file or folder, on one file system, onto a name nobody has. A rename and not a link with
 * an unlink: between those two a crash would leave one file under both names, to be taken twice.
 *
 * @throws PacketboatError FILE_NOT_FOUND if `from` is gone, FILE_EXISTS if `to` is there, DISK_FAILED.
 */
export async function moveDurably(from: string, to: string): Promise<void> {
  if (await exists(to)) throw taken(to);
  try {
    await fs.rename(from, to);
  } catch (error) {
    if (!(await exists(from))) {
      throw new PacketboatError("FILE_NOT_FOUND", `${shownName(from)} is no longer there`, {
        cause: error,
      });
    }
    throw diskRefusal(error, to);
  }
  await syncFolder(dirname(to));
  if (dirname(from) !== dirname(to)) await syncFolder(dirname(from));
}

/** Is there anything of this name, be it a link to nowhere? */
export async function exists(path: string): Promise<boolean> {
  try {
    await fs.lstat(path);
    return true;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "")) return false;
    throw diskRefusal(error, path);
  }
}

/** Remove a file or a whole folder. For tidying after a failure: it never fails itself. */
export async function removeQuietly(path: string): Promise<void> {
  await fs.rm(path, { recursive: true, force: true }).catch(() => undefined);
}

/**
 * What a failed call of the file system means. Anything without an errno is a bug and passes on.
 *
 * @param path only its last part is shown, and not that where people chose it
 */
export function diskRefusal(error: unknown, path: string): PacketboatError {
  if (error instanceof PacketboatError) return error;
  const errno = errnoOf(error);
  if (errno === null) throw error;
  const [code, what] =
    MEANINGS[errno] ?? (["DISK_FAILED", "could not be written or read"] as const);
  return new PacketboatError(code, `${shownName(path)} ${what} (${errno})`, {
    facts: { errno },
    cause: error,
  });
}

const MEANINGS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOSPC: ["DISK_FULL", "does not fit on the disk"],
  EDQUOT: ["DISK_FULL", "is more than the quota allows"],
  EEXIST: ["FILE_EXISTS", "is there already"],
  ENOTEMPTY: ["FILE_EXISTS", "is there already"],
  ENOENT: ["FOLDER_MISSING", "has no folder to be in"],
  ENOTDIR: ["FOLDER_MISSING", "has no folder to be in"],
  EACCES: ["DISK_FAILED", "may not be written or read by this user"],
  EPERM: ["DISK_FAILED", "may not be written or read by this user"],
  EROFS: ["DISK_FAILED", "lies on a disk that may only be read"],
  EXDEV: ["DISK_FAILED", "lies on another file system, where nothing can be renamed to"],
};

/** The name of the failure that the system reported, `ENOENT` for example; null if it was none. */
export function errnoOf(error: unknown): string | null {
  if (!(error instanceof Error) || !("errno" in error) || !("code" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}

const taken = (path: string): PacketboatError =>
  new PacketboatError("FILE_EXISTS", `${shownName(path)} is there already`);

/** @returns whether it had to be made. */
async function makeFolder(folder: string, mode: number): Promise<boolean> {
  try {
    const made = await fs.mkdir(folder, { recursive: true, mode });
    if (made === undefined) return false;
    // The umask took bits away, and set-gid is not given by mkdir.
    await fs.chmod(folder, mode);
    for (let path = folder; path !== dirname(made); path = dirname(path)) {
      await syncFolder(dirname(path));
    }
    return true;
  } catch (error) {
    throw diskRefusal(error, folder);
  }
}

/**
 * Write a file that must not be there yet, and leave its name to a `syncFolder`.
 *
 * @param known the name by which a refusal speaks of it
 * @throws PacketboatError FILE_EXISTS, DISK_FULL, DISK_FAILED or FOLDER_MISSING; then it may stand there in part
 */
export async function writeSynced(
  path: string,
  content: Content,
  { mode, known }: { readonly mode: number; readonly known: string },
): Promise<void> {
  await synced(known, async () => {
    const file = await fs.open(path, "wx", mode);
    try {
      await file.chmod(mode);
      for await (const piece of piecesOf(content)) await file.appendFile(piece);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  });
}

/** Pieces of which each is worth a call. */
async function* piecesOf(content: Content): AsyncGenerator<Uint8Array | string> {
  if (typeof content === "string" || content instanceof Uint8Array) {
    yield content;
    return;
  }
  let text = "";
  for await (const piece of content) {
    text += piece;
    if (text.length < PIECE_CHARACTERS) continue;
    yield text;
    text = "";
  }
  yield text;
}

/** Open something, and have what was written to it on the disk before it is closed. */
export async function synced(path: string, opening: () => Promise<fs.FileHandle>): Promise<void> {
  try {
    await using file = await opening();
    await file.sync();
  } catch (error) {
    throw diskRefusal(error, path);
  }
}
