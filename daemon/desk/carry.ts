/**
 * Files of other people: opened without following a link or waiting for a pipe, and carried from folder
 * to folder, also where these lie on different file systems.
 */
import { createHash } from "node:crypto";
import { type BigIntStats, constants } from "node:fs";
import { cp, type FileHandle, lstat, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import {
  diskRefusal,
  errnoOf,
  exists,
  moveDurably,
  removeQuietly,
  shownName,
  syncFolder,
  syncTree,
} from "../disk.ts";
import { isRefusal, PacketboatError } from "../errors.ts";
import { type Sha256, sha256 } from "../ids.ts";

/** For files that people share with us (PROTOCOL 9). */
export const SHARED_FILE = 0o660;
const PRIVATE_FILE = 0o600;

/**
 * Open a file that somebody else could have exchanged for a link or a pipe since we looked. The caller
 * closes it.
 *
 * @throws PacketboatError FILE_UNREADABLE, FILE_NOT_FOUND or DISK_FAILED
 */
export const openRegular = async (path: string): Promise<FileHandle> => (await opened(path)).file;

interface Opened extends AsyncDisposable {
  readonly file: FileHandle;
  /** When it was opened. */
  readonly size: number;
  readonly found: BigIntStats;
}

async function opened(path: string): Promise<Opened> {
  const file = await open(
    path,
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  ).catch((error: unknown) => {
    throw openingRefusal(error, path);
  });
  const found = await file.stat({ bigint: true });
  const dispose = (): Promise<void> => file.close();
  const size = Number(found.size);
  if (found.isFile()) return { file, size, found, [Symbol.asyncDispose]: dispose };
  await file.close();
  throw unreadable("the file is not a plain file");
}

/**
 * The whole content of such a file, with its digest. It is read twice.
 *
 * @returns `null` if it changed meanwhile, or another took its place (TRUST F1)
 * @throws PacketboatError as `openRegular`, and DOCUMENT_INVALID if it is too big
 */
export async function readRegular(
  path: string,
  mostBytes: number,
): Promise<{ bytes: Buffer; digest: Sha256 } | null> {
  await using regular = await opened(path);
  const { file, size, found } = regular;
  if (size > mostBytes) {
    const sizes = `${size} bytes, more than ${mostBytes}`;
    throw new PacketboatError("DOCUMENT_INVALID", `the document has ${sizes}`);
  }
  try {
    const bytes = await readWhole(file, size);
    const again = await readWhole(file, size);
    if (bytes.length !== size || !bytes.equals(again)) return null;
    // Its number says nothing: some shares number their files anew at each look.
    const after = await lstat(path, { bigint: true }).catch(() => null);
    const isSame = after?.size === found.size && after.mtimeNs === found.mtimeNs;
    return isSame ? { bytes, digest: sha256(bytes) } : null;
  } catch (error) {
    throw diskRefusal(error, path);
  }
}

/** Longer or shorter than it was, if it is. */
async function readWhole(file: FileHandle, size: number): Promise<Buffer> {
  const memory = Buffer.allocUnsafe(size + 1);
  let filled = 0;
  for (;;) {
    const { bytesRead } = await file.read(memory, filled, memory.length - filled, filled);
    filled += bytesRead;
    if (bytesRead === 0 || filled >= size) return memory.subarray(0, filled);
  }
}

/** The digest of a file of any size. */
export async function hashOf(path: string): Promise<Sha256> {
  const hash = createHash("sha256");
  try {
    await using file = await openRegular(path);
    for await (const piece of piecesOf(file)) hash.update(piece);
  } catch (error) {
    throw diskRefusal(error, path);
  }
  return hash.digest("hex") as Sha256;
}

/**
 * Have two files the same content, whatever their size?
 *
 * @throws PacketboatError as `openRegular`
 */
export async function areSame(one: string, other: string): Promise<boolean> {
  try {
    await using first = await openRegular(one);
    await using second = await openRegular(other);
    if ((await first.stat()).size !== (await second.stat()).size) return false;
    const others = piecesOf(second);
    for await (const piece of piecesOf(first)) {
      const { value } = await others.next();
      if (!value || !piece.equals(value)) return false;
    }
    return (await others.next()).done === true;
  } catch (error) {
    throw diskRefusal(error, one);
  }
}

/** Most files are small, and each takes what memory it needs. */
const FIRST_PIECE_BYTES = 16 * 1024;
const PIECE_BYTES = 256 * 1024;

/** From the file's beginning, each full but the last. Whoever has one is done with it before asking for the next. */
async function* piecesOf(file: FileHandle): AsyncGenerator<Buffer, void> {
  let memory = Buffer.allocUnsafe(FIRST_PIECE_BYTES);
  let filled = 0;
  for (let position = 0; ;) {
    const { bytesRead } = await file.read(memory, filled, memory.length - filled, position);
    position += bytesRead;
    filled += bytesRead;
    if (bytesRead > 0 && filled < memory.length) continue;
    if (filled > 0) yield memory.subarray(0, filled);
    if (bytesRead === 0) return;
    if (memory.length < PIECE_BYTES) memory = Buffer.allocUnsafe(PIECE_BYTES);
    filled = 0;
  }
}

/** At most so many bytes from the file's beginning; none if it cannot be read. */
export async function startOf(path: string, bytes: number): Promise<Buffer> {
  try {
    await using regular = await opened(path);
    const { file, size } = regular;
    const most = Math.min(bytes, size);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(most), 0, most, 0);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    if (isRefusal(error)) return Buffer.alloc(0);
    throw error;
  }
}

/** Where a copy grows; always the same, so that what a crash left there is replaced or found. */
const growing = (to: string): string => join(dirname(to), `.${basename(to)}.tmp`);

/** Remove a copy, and what an interrupted attempt left of one. */
export async function removeCopy(to: string): Promise<void> {
  await removeQuietly(growing(to));
  await removeQuietly(to);
}

/**
 * Copy a file so that the copy survives a power cut; nobody sees a part of it under its name.
 *
 * @param to replaced if it is there
 * @param mostBytes it may have grown since somebody looked, and a file that was never written takes no room
 * @returns the digest of what was copied
 * @throws PacketboatError as `openRegular`, or DISK_FULL, FOLDER_MISSING; FILE_UNREADABLE if it is larger
 */
export async function copyDurably(
  from: string,
  to: string,
  { mode = PRIVATE_FILE, mostBytes = Infinity }: { mode?: number; mostBytes?: number } = {},
): Promise<Sha256> {
  const hidden = growing(to);
  await removeQuietly(hidden);
  try {
    const digest = await copyTo(hidden, from, { mode, mostBytes });
    await rename(hidden, to);
    await syncFolder(dirname(to));
    return digest;
  } catch (error) {
    await removeQuietly(hidden);
    throw diskRefusal(error, to);
  }
}

async function copyTo(
  to: string,
  from: string,
  { mode, mostBytes }: { mode: number; mostBytes: number },
): Promise<Sha256> {
  await using source = await openRegular(from);
  await using copy = await open(to, "wx", mode);
  await copy.chmod(mode);
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const piece of piecesOf(source)) {
    bytes += piece.length;
    if (bytes > mostBytes) throw unreadable("the file grew while it was copied");
    hash.update(piece);
    await copy.appendFile(piece);
  }
  await copy.sync();
  return hash.digest("hex") as Sha256;
}

/**
 * Move a file to a name that nobody has; to another file system by a copy that is removed here only
 * when it is safe there.
 *
 * @param mode of the copy
 * @throws PacketboatError FILE_EXISTS, FILE_NOT_FOUND, FILE_UNREADABLE, DISK_FULL …
 */
export async function carry(from: string, to: string, mode = PRIVATE_FILE): Promise<void> {
  try {
    await moveDurably(from, to);
  } catch (error) {
    if (!isElsewhere(error)) throw error;
    if (await exists(to)) throw new PacketboatError("FILE_EXISTS", `${shownName(to)} is there`);
    await copyDurably(from, to, { mode });
    await removeDurably(from);
  }
}

/**
 * Move a whole folder to a name that nobody has; to another file system by a copy that is removed here
 * only when it is safe there. Links and devices in it are left behind by a copy.
 *
 * After a crash it may lie in both places, whole; never in neither.
 *
 * @throws PacketboatError FILE_EXISTS, FILE_NOT_FOUND, DISK_FULL, DISK_FAILED
 */
export async function carryFolder(from: string, to: string): Promise<void> {
  try {
    await moveDurably(from, to);
  } catch (error) {
    if (!isElsewhere(error)) throw error;
    await copyFolder(from, to);
    await removeFolder(from);
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  const hidden = growing(to);
  await removeQuietly(hidden);
  try {
    await cp(from, hidden, { recursive: true, filter: isPlain });
    await syncTree(hidden);
  } catch (error) {
    await removeQuietly(hidden);
    throw diskRefusal(error, to);
  }
  await moveDurably(hidden, to);
}

async function isPlain(path: string): Promise<boolean> {
  const found = await lstat(path);
  return found.isFile() || found.isDirectory();
}

/** Remove a folder with all that is in it; gone already is as good. */
export async function removeFolder(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
    await syncFolder(dirname(path));
  } catch (error) {
    throw diskRefusal(error, path);
  }
}

/** A rename that the file system could not do, because the other name lies on another one. */
export const isElsewhere = (error: unknown): boolean =>
  isRefusal(error) && error.facts["errno"] === "EXDEV";

/** Remove a file; gone already is as good. */
export async function removeDurably(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
    await syncFolder(dirname(path));
  } catch (error) {
    throw diskRefusal(error, path);
  }
}

function openingRefusal(error: unknown, path: string): PacketboatError {
  const errno = errnoOf(error) ?? "";
  if (errno === "ENOENT") {
    return new PacketboatError("FILE_NOT_FOUND", "the file is no longer there", { cause: error });
  }
  if (["EACCES", "EPERM"].includes(errno)) {
    return unreadable("packetboat's user may not read the file", error);
  }
  if (["ELOOP", "ENXIO"].includes(errno)) return unreadable("the file is not a plain file", error);
  return diskRefusal(error, path);
}

const unreadable = (sentence: string, cause?: unknown): PacketboatError =>
  new PacketboatError("FILE_UNREADABLE", sentence, { cause });
