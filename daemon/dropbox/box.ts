/** A drop box, made of the few things its server can do. The promises are those of `contract.ts`. */
import { posix } from "node:path";
import { type ErrorCode, type Facts, PacketboatError, isRefusal } from "../errors.ts";
import type { Delivery, DropBox, Listing, StrangerFile, WaitingFile } from "./contract.ts";
import { MOST_LISTED, nameOfPartial, partialNameFor } from "./contract.ts";
import { copy, fillNewFile, inMemory, localSource, sizeOf } from "./copy.ts";
import type { BoxFiles, Entry, OpenFile } from "./files.ts";
import { probe } from "./probe.ts";

/** Runs one operation: in its turn, and not for ever. @param bytes that it carries, if any */
export type Guard = <T>(operation: () => Promise<T>, bytes?: number) => Promise<T>;

export function boxOn(files: BoxFiles, folder: string, guard: Guard): DropBox {
  const at = (name: string): string => posix.join(folder, whole(name));
  const partialAt = (name: string): string => posix.join(folder, partialNameFor(whole(name)));
  return {
    place: files.origin + folder,
    list: (belongs) => list(files, folder, belongs),
    fetch: (name, localPath, { size, maxBytes }) =>
      guard(async () => {
        const found = await waiting(files, at(name), maxBytes);
        if (found.size !== size) {
          throw changed(files, at(name), `has ${found.size} bytes, not ${size}`);
        }
        await fillNewFile(localPath, (file) => copyOut(files, at(name), found, file));
      }, size),
    look: (name) =>
      guard(async () => {
        const found = await files.look(at(name));
        return found?.kind === "file" ? asWaitingFile(found) : null;
      }),
    read: async (name, { maxBytes }) => {
      const found = await guard(async () => waiting(files, at(name), maxBytes));
      return await guard(async () => {
        const bytes = Buffer.alloc(found.size);
        await copyOut(files, at(name), found, inMemory(bytes));
        return bytes;
      }, found.size);
    },
    deliver: async (name, source) => {
      const final = at(name);
      const bytes = await sizeOf(source);
      return await guard(() => deliver(files, final, partialAt(name), source), bytes);
    },
    owner: () => guard(() => ownerOf(files, folder)),
    remove: (name) => guard(() => removeIfThere(files, at(name))),
    removeLeftover: (name) => guard(() => removeIfThere(files, partialAt(name))),
    probe: (name, now) => guard(() => probe(files, folder, whole(name), now)),
  };
}

async function* list(
  files: BoxFiles,
  folder: string,
  belongs: (name: string) => boolean,
): AsyncGenerator<Listing> {
  let listed = 0;
  for await (const entries of files.entries(folder)) {
    // A batch of nothing is no end either.
    listed += Math.max(1, entries.length);
    const isCut = listed >= MOST_LISTED;
    const seen = entries.filter(({ name, kind }) => !name.startsWith(".") && kind !== "folder");
    const isOurs = ({ name, kind }: Entry): boolean => kind === "file" && belongs(name);
    const ours = seen.filter(isOurs);
    const isDone = ({ links }: Entry): boolean => links === undefined || links === 1;
    const partials = entries.flatMap((entry) => {
      const name = nameOfPartial(entry.name);
      return name === null ? [] : [{ ...entry, name }];
    });
    yield {
      files: ours.filter(isDone).map(asWaitingFile),
      unfinished: ours.filter((entry) => !isDone(entry)).map(asWaitingFile),
      uploads: partials.filter(isOurs).map(asWaitingFile),
      strangers: seen.filter((entry) => !isOurs(entry)).map(asStranger),
      ...(isCut ? { isCut } : {}),
    };
    if (isCut) return;
  }
}

const asWaitingFile = ({ name, size, modifiedAt, owner }: Entry): WaitingFile => ({
  name,
  size,
  modifiedAt,
  ...(owner === undefined ? {} : { owner }),
});

const asStranger = ({ size, owner }: Entry): StrangerFile => ({
  size,
  ...(owner === undefined ? {} : { owner }),
});

async function ownerOf(files: BoxFiles, folder: string): Promise<number | null> {
  try {
    const found = await files.look(folder);
    return found?.kind === "folder" ? (found.owner ?? null) : null;
  } catch (error) {
    if (isRefusal(error, "BOX_DENIED")) return null;
    throw error;
  }
}

/** The file of this name as it is now, if it may be fetched. Looked at before it is opened: opening a FIFO never ends. */
async function waiting(files: BoxFiles, path: string, maxBytes: number): Promise<Entry> {
  const found = await files.look(path);
  if (found === null) throw refusal("BOX_FILE_GONE", files, path, "is no longer there");
  if (found.kind !== "file") throw changed(files, path, "is not a regular file");
  if (found.links !== undefined && found.links > 1) {
    throw changed(files, path, "has two names: its rename is under way");
  }
  if (found.size > maxBytes) {
    throw refusal("BOX_FILE_TOO_BIG", files, path, `is larger than ${maxBytes} bytes`, {
      size: found.size,
      maxBytes,
    });
  }
  return found;
}

async function copyOut(
  files: BoxFiles,
  path: string,
  found: Entry,
  target: Pick<OpenFile, "write" | "isFar">,
): Promise<void> {
  const copied = await whileOpen(await files.open(path), (file) => copy(file, target, found.size));
  if (copied !== found.size) throw changed(files, path, `gave ${copied} bytes, not ${found.size}`);
  const after = await files.look(path);
  if (after?.size !== found.size || after.modifiedAt.getTime() !== found.modifiedAt.getTime()) {
    throw changed(files, path, "changed while it was read");
  }
}

async function deliver(
  files: BoxFiles,
  final: string,
  partial: string,
  source: string | Uint8Array,
): Promise<Delivery> {
  await using bytes = await localSource(source);
  // Far away, to be told that the name is free and to begin takes no longer than one of the two.
  const [looked, begun] = await Promise.allSettled([files.look(final), files.create(partial)]);
  if (looked.status === "fulfilled" && looked.value === null) {
    try {
      const file = begun.status === "fulfilled" ? begun.value : await createAnew(files, partial);
      await upload(files, partial, file, bytes);
      await files.rename(partial, final);
    } catch (failure) {
      await settle(files, final, partial, bytes.size, failure);
    }
    return "delivered";
  }
  if (begun.status === "fulfilled") await undo(files, partial, begun.value);
  if (looked.status === "rejected") throw looked.reason;
  // Once more: where a server creates what is there, what has just been begun may have emptied the file.
  for (const there of [looked.value, await files.look(final)]) {
    if (there !== null && !isOurs(there, bytes.size)) throw taken(files, final, there, bytes.size);
  }
  if (begun.status === "rejected") await removeOtherName(files, partial, bytes.size);
  return "already there";
}

/** A rename that was cut leaves both names on one file, and its owner waits until there is one. */
async function removeOtherName(files: BoxFiles, partial: string, size: number): Promise<void> {
  try {
    await removeIfThere(files, partial);
  } catch (error) {
    const left = await files.look(partial);
    if (left !== null && isOurs(left, size)) throw error;
  }
}

/** What was begun for nothing. Where it cannot be removed it stays: it is in nobody's way. */
async function undo(files: BoxFiles, partial: string, file: OpenFile): Promise<void> {
  await file.close().catch(() => undefined);
  await removeIfThere(files, partial).catch(() => undefined);
}

/**
 * An upload failed, or the answer to its rename was lost: look at both names, then decide.
 *
 * @throws the failure, unless the file turns out to have arrived
 */
async function settle(
  files: BoxFiles,
  final: string,
  partial: string,
  size: number,
  failure: unknown,
): Promise<void> {
  const there = await files.look(final).catch(() => {
    throw failure;
  });
  if (there !== null && isOurs(there, size)) return await removeIfThere(files, partial);
  await removeIfThere(files, partial).catch(() => undefined);
  throw there === null ? failure : taken(files, final, there, size);
}

const isOurs = (found: Entry, size: number): boolean =>
  found.kind === "file" && found.size === size;

const taken = (files: BoxFiles, path: string, found: Entry, size: number): PacketboatError =>
  refusal("BOX_NAME_TAKEN", files, path, `is there with ${found.size} bytes, not ${size}`);

async function upload(
  files: BoxFiles,
  partial: string,
  file: OpenFile,
  source: OpenFile & { size: number },
): Promise<void> {
  try {
    const copied = await copy(source, file, source.size);
    if (copied !== source.size) {
      throw refusal("BOX_FAILED", files, partial, "the local file changed while it was sent");
    }
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
  // What is asked of one file is done in the order in which it is asked, without waiting for the answers
  // (draft-ietf-secsh-filexfer-02, 6).
  const [synced, closed, looked] = await Promise.allSettled([
    file.sync(),
    file.close(),
    files.look(partial),
  ]);
  for (const asked of [synced, closed]) if (asked.status === "rejected") throw asked.reason;
  let arrived = looked.status === "fulfilled" ? looked.value : null;
  // A server that keeps no order has not closed it when it looks.
  if (arrived?.size !== source.size) arrived = await files.look(partial);
  if (arrived?.size !== source.size) {
    const size = arrived?.size ?? 0;
    throw refusal("BOX_FAILED", files, partial, `${size} of ${source.size} bytes arrived`, {
      size,
    });
  }
}

/** A taken partial name is our own earlier upload, broken off: nobody else knows the name. */
async function createAnew(files: BoxFiles, partial: string): Promise<OpenFile> {
  try {
    return await files.create(partial);
  } catch (error) {
    if ((await files.look(partial)) === null) throw error;
    await files.remove(partial);
    return await files.create(partial);
  }
}

async function removeIfThere(files: BoxFiles, path: string): Promise<void> {
  try {
    await files.remove(path);
  } catch (error) {
    if (isRefusal(error, "BOX_FILE_GONE")) return;
    // Refused, or done with the answer lost?
    const left = await files.look(path).catch(() => "unknown");
    if (left !== null) throw error;
  }
}

/** The file is closed whatever happens; the first failure is the one that is told. */
async function whileOpen<T>(file: OpenFile, work: (file: OpenFile) => Promise<T>): Promise<T> {
  let result: T;
  try {
    result = await work(file);
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
  await file.close();
  return result;
}

/** A name and nothing but a name: no separators, no `..`, nothing that a terminal would obey. */
function whole(name: string): string {
  if (/^[0-9A-Za-z][0-9A-Za-z._-]{0,199}$/.test(name)) return name;
  const shown = JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
  throw new PacketboatError("BOX_NAME_INVALID", `${shown} is not a name for a file in a drop box`);
}

const changed = (files: BoxFiles, path: string, how: string): PacketboatError =>
  refusal("BOX_FILE_CHANGED", files, path, how);

const refusal = (
  code: ErrorCode,
  files: BoxFiles,
  path: string,
  how: string,
  facts: Facts = {},
): PacketboatError => new PacketboatError(code, `${files.origin}${path}: ${how}`, { facts });
