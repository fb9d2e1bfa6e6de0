/** Bytes from one open file to another, several chunks at once: one at a time, a far server is slow. */
import * as fs from "node:fs/promises";
import { dirname } from "node:path";
import { diskRefusal, removeQuietly, syncFolder } from "../disk.ts";
import type { OpenFile } from "./files.ts";

/** Below the 31,952 bytes that ssh2 puts into one SFTP packet for servers that state no limit. */
const CHUNK_BYTES = 31 * 1024;
const CHUNKS_AHEAD = 8;
/** A disk of our own is asked for less often: each time, a thread has to wake. */
const STRETCH_BYTES = CHUNKS_AHEAD * CHUNK_BYTES;
/** One is read while another is written. */
const STRETCHES_AHEAD = 2;

/**
 * Copy `size` bytes, and ask for one more, to notice a file that is longer than it said.
 *
 * @returns how many bytes came; more or fewer than `size` if the file is not what it was said to be
 */
export async function copy(
  from: Pick<OpenFile, "read" | "isFar">,
  to: Pick<OpenFile, "write" | "isFar">,
  size: number,
): Promise<number> {
  let copied = 0;
  const memory: Buffer[] = [];
  await inPieces(size + 1, STRETCH_BYTES, STRETCHES_AHEAD, async (position, length, worker) => {
    memory[worker] ??= Buffer.allocUnsafe(length);
    const stretch = memory[worker].subarray(0, length);
    const got = await read(from, stretch, position);
    copied += got;
    await write(to, stretch.subarray(0, Math.min(got, size - position)), position);
  });
  return copied;
}

/** After a failure no piece is begun, and none is still under way when this throws: handles may be closed. */
async function inPieces(
  size: number,
  pieceBytes: number,
  atOnce: number,
  work: (position: number, length: number, worker: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const working = async (_: unknown, worker: number): Promise<void> => {
    while (next < size) {
      const position = next;
      next += pieceBytes;
      try {
        await work(position, Math.min(pieceBytes, size - position), worker);
      } catch (error) {
        next = size;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, working));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

/** @returns how many bytes came before the first that is missing */
async function read(
  from: Pick<OpenFile, "read" | "isFar">,
  into: Buffer,
  position: number,
): Promise<number> {
  if (!from.isFar) return await readFully(from, into, position);
  let end = into.length;
  await inPieces(into.length, CHUNK_BYTES, CHUNKS_AHEAD, async (at, length) => {
    const got = await readFully(from, into.subarray(at, at + length), position + at);
    if (got < length) end = Math.min(end, at + got);
  });
  return end;
}

/** A server may give less than it was asked for; only nothing means the end. */
async function readFully(
  from: Pick<OpenFile, "read">,
  into: Buffer,
  position: number,
): Promise<number> {
  let filled = 0;
  while (filled < into.length) {
    const got = await from.read(into.subarray(filled), position + filled);
    if (got === 0) break;
    filled += got;
  }
  return filled;
}

async function write(
  to: Pick<OpenFile, "write" | "isFar">,
  bytes: Buffer,
  position: number,
): Promise<void> {
  if (!to.isFar) return await to.write(bytes, position);
  await inPieces(bytes.length, CHUNK_BYTES, CHUNKS_AHEAD, (at, length) =>
    to.write(bytes.subarray(at, at + length), position + at),
  );
}

/** Bytes that lie in memory, as an open file. */
export const inMemory = (bytes: Buffer): OpenFile => ({
  isFar: false,
  read: async (into, position) => bytes.copy(into, 0, position),
  write: async (chunk, position) => void chunk.copy(bytes, position),
  sync: async () => undefined,
  close: async () => undefined,
});

/** A local file, as an open file; `refuse` says what a failure means. */
export const onDisk = (
  file: fs.FileHandle,
  refuse: (doing: "read" | "write", error: unknown) => Error,
): OpenFile => {
  const told = <T>(doing: "read" | "write", call: Promise<T>): Promise<T> =>
    call.catch((error: unknown) => {
      throw refuse(doing, error);
    });
  return {
    isFar: false,
    read: async (into, position) =>
      (await told("read", file.read(into, 0, into.length, position))).bytesRead,
    write: async (bytes, position) => {
      let done = 0;
      while (done < bytes.length) {
        const rest = bytes.length - done;
        const { bytesWritten } = await told(
          "write",
          file.write(bytes, done, rest, position + done),
        );
        done += bytesWritten;
      }
    },
    sync: () => told("write", file.sync()),
    close: () => told("write", file.close()),
  };
};

const onOurDisk = (file: fs.FileHandle, path: string): OpenFile =>
  onDisk(file, (_doing, error) => diskRefusal(error, path));

/** Bytes of what is to be sent; none of a file that is not there, which is told of when it is opened. */
export async function sizeOf(source: string | Uint8Array): Promise<number> {
  if (typeof source !== "string") return source.length;
  return (await fs.stat(source).catch(() => null))?.size ?? 0;
}

/** What is to be sent: a local file, or bytes. Closes itself with `await using`. */
export async function localSource(
  source: string | Uint8Array,
): Promise<OpenFile & AsyncDisposable & { size: number }> {
  if (typeof source !== "string") {
    const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
    return disposable(inMemory(bytes), bytes.length);
  }
  const handle = await fs.open(source, "r").catch((error: unknown) => {
    throw diskRefusal(error, source);
  });
  return disposable(onOurDisk(handle, source), (await handle.stat()).size);
}

const disposable = (
  file: OpenFile,
  size: number,
): OpenFile & AsyncDisposable & { size: number } => ({
  ...file,
  size,
  [Symbol.asyncDispose]: () => file.close(),
});

/**
 * A new local file (0600) that stays only if `fill` succeeds; then it survives a power cut.
 *
 * @throws PacketboatError FILE_EXISTS, DISK_FULL, DISK_FAILED, FOLDER_MISSING, or the failure of `fill`
 */
export async function fillNewFile(
  path: string,
  fill: (file: OpenFile) => Promise<void>,
): Promise<void> {
  const handle = await fs.open(path, "wx", 0o600).catch((error: unknown) => {
    throw diskRefusal(error, path);
  });
  const file = onOurDisk(handle, path);
  try {
    await fill(file);
    await file.sync();
  } catch (error) {
    await file.close().catch(() => undefined);
    await removeQuietly(path);
    throw error;
  }
  await file.close();
  await syncFolder(dirname(path));
}
