/** Drop boxes in a local folder tree, or on a mounted share: `file:///…`. */
import type { Dirent } from "node:fs";
import { constants } from "node:fs";
import * as fs from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errnoOf } from "../disk.ts";
import { PacketboatError } from "../errors.ts";
import { boxOn } from "./box.ts";
import type { Harbor } from "./contract.ts";
import { onDisk } from "./copy.ts";
import { type BoxFiles, type Doing, type Entry, type Failure, boxRefusal } from "./files.ts";

const ENTRIES_AT_ONCE = 100;
/** The box's owner reads it through the group, which the set-gid box hands down (PROTOCOL 5). */
const BOX_FILE_MODE = 0o640;

/** A local disk needs no connection: operations are neither counted nor hurried. */
export function openFolders(files: BoxFiles = localFiles): Harbor {
  let open = true;
  const guard = async <T>(operation: () => Promise<T>): Promise<T> => {
    if (!open) throw new PacketboatError("BOX_UNREACHABLE", "the drop boxes were closed");
    return await operation();
  };
  const close = async (): Promise<void> => void (open = false);
  return {
    place: files.origin,
    hostKey: null,
    box: (folder) => boxOn(files, folder, guard),
    close,
    [Symbol.asyncDispose]: close,
  };
}

export const localFiles: BoxFiles = {
  origin: "file://",
  syncs: true,
  entries,
  async look(path) {
    try {
      return asEntry(path, await fs.lstat(path));
    } catch (error) {
      if (failureOf(error) === "absent") return null;
      throw refusal("look at", path, error);
    }
  },
  create: (path) =>
    tried("add", path, async () => {
      const file = await fs.open(path, "wx", BOX_FILE_MODE);
      // The umask of a service is often 0077, and would lock the box's owner out.
      await file.chmod(BOX_FILE_MODE);
      return served(file, path);
    }),
  open: (path) =>
    tried("open", path, async () => {
      const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
      return served(await fs.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK), path);
    }),
  rename: (from, to) =>
    tried("rename", from, async () => {
      await renameOntoNothing(from, to);
      await syncName(to);
    }),
  remove: (path) => tried("remove", path, () => fs.unlink(path)),
};

async function* entries(folder: string): AsyncGenerator<readonly Entry[]> {
  const names = await tried("list", folder, () => fs.opendir(folder));
  let batch: Dirent[] = [];
  for await (const name of names) {
    batch.push(name);
    if (batch.length < ENTRIES_AT_ONCE) continue;
    yield await lookAtAll(folder, batch);
    batch = [];
  }
  if (batch.length > 0) yield await lookAtAll(folder, batch);
}

/** What vanished since the folder was read is left out. */
async function lookAtAll(folder: string, batch: readonly Dirent[]): Promise<Entry[]> {
  const found = await Promise.all(batch.map(({ name }) => localFiles.look(join(folder, name))));
  return found.filter((entry) => entry !== null);
}

function asEntry(path: string, stats: Awaited<ReturnType<typeof fs.lstat>>): Entry {
  return {
    name: basename(path),
    kind: stats.isFile() ? "file" : stats.isDirectory() ? "folder" : "other",
    size: Number(stats.size),
    modifiedAt: stats.mtime,
    owner: Number(stats.uid),
    mode: Number(stats.mode) & 0o7777,
    links: Number(stats.nlink),
  };
}

/** link and unlink, as OpenSSH does it: rename alone would overwrite. Shares without links must do with a look. */
async function renameOntoNothing(from: string, to: string): Promise<void> {
  try {
    await fs.link(from, to);
  } catch (error) {
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(errnoOf(error) ?? "")) throw error;
    if ((await localFiles.look(to)) !== null) throw error;
    return await fs.rename(from, to);
  }
  await fs.unlink(from);
}

/** Whoever may add to a folder and not list it cannot open it; the file's own sync makes its name last as well. */
async function syncName(path: string): Promise<void> {
  const folder = await fs.open(dirname(path), "r").catch((error: unknown) => {
    if (errnoOf(error) === "EACCES") return null;
    throw error;
  });
  await using opened = folder ?? (await fs.open(path, constants.O_RDONLY | constants.O_NOFOLLOW));
  await opened.sync();
}

/** Reading and writing, with the box's refusals instead of our own disk's. */
function served(file: fs.FileHandle, path: string): ReturnType<typeof onDisk> {
  return onDisk(file, (doing, error) => refusal(doing, path, error));
}

async function tried<T>(doing: Doing, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw refusal(doing, path, error);
  }
}

function refusal(doing: Doing, path: string, error: unknown): Error {
  if (error instanceof PacketboatError) return error;
  const errno = errnoOf(error);
  if (errno === null) throw error;
  return boxRefusal(doing, failureOf(error), localFiles.origin + path, errno, error);
}

const FAILURES: Readonly<Record<string, Failure>> = {
  ENOENT: "absent",
  ENOTDIR: "absent",
  ELOOP: "absent",
  EACCES: "denied",
  EPERM: "denied",
  EROFS: "denied",
  ENOSPC: "full",
  EDQUOT: "full",
};

const failureOf = (error: unknown): Failure => FAILURES[errnoOf(error) ?? ""] ?? "failed";
