/**
 * Many new things in one folder: each is synced by itself, and their names together, by one `syncFolder`
 * after the last of them. Until then a power cut may take any of them.
 */
import { chmod, copyFile, mkdir, open } from "node:fs/promises";
import { diskRefusal, SHARED_FOLDER, synced, writeSynced } from "../disk.ts";

/**
 * Write one file.
 *
 * @throws PacketboatError FILE_EXISTS, DISK_FULL, DISK_FAILED or FOLDER_MISSING; then it may stand there in part
 */
export const writeOne = (path: string, bytes: Uint8Array | string, mode: number): Promise<void> =>
  writeSynced(path, bytes, { mode, known: path });

/**
 * Copy one file of our own.
 *
 * @throws as `writeOne`
 */
export async function copyOne(from: string, to: string, mode: number): Promise<void> {
  await synced(to, async () => {
    await copyFile(from, to);
    await chmod(to, mode);
    return open(to, "r");
  });
}

/**
 * Make one folder that people share (2770, set-gid; PROTOCOL 9), in one that is there.
 *
 * @throws PacketboatError FOLDER_MISSING, FILE_EXISTS, DISK_…
 */
export async function makeOne(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: SHARED_FOLDER });
    // The umask takes bits away, and set-gid is not given by mkdir.
    await chmod(folder, SHARED_FOLDER);
  } catch (error) {
    throw diskRefusal(error, folder);
  }
}

/**
 * Several pieces of work on a disk that are under way together.
 *
 * @throws the first failure, but not before all have ended: then nobody writes there any more
 */
export async function allEnded(works: readonly Promise<unknown>[]): Promise<void> {
  const ended = await Promise.allSettled(works);
  for (const each of ended) if (each.status === "rejected") throw each.reason;
}
