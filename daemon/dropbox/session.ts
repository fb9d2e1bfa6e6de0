/** One client's SFTP session with the embedded server: its requests, answered from the served tree. */
import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { posix } from "node:path";
import type { FileEntry, SFTPWrapper } from "ssh2";
import type { Attributes, Opening, Served } from "./served.ts";

/** draft-ietf-secsh-filexfer-02, 7 and 6.3 */
const STATUS = { ok: 0, endOfFile: 1, noSuchFile: 2, denied: 3, failure: 4 };
const FLAG = { read: 1, write: 2, append: 4, create: 8, truncate: 16, exclusive: 32 };
const MOST_READ_AT_ONCE = 64 * 1024;

/** One open handle: a file, or a folder that is being listed. */
type Held = OpenedFile | OpenedFolder;
interface OpenedFile {
  readonly file: FileHandle;
  readonly path: string;
  readonly append: boolean;
}
interface OpenedFolder {
  readonly batches: AsyncIterator<FileEntry[], void>;
}

/** Answer until the client hangs up. */
export function answerRequests(sftp: SFTPWrapper, files: Served): void {
  const handles = new Handles();
  const { ask, act, last } = inTurn(sftp);

  sftp.on("REALPATH", (id, path) => {
    const filename = posix.resolve("/", path);
    ask(id, async () => sftp.name(id, [{ filename, longname: filename, attrs: NOTHING_KNOWN }]));
  });
  sftp.on("LSTAT", (id, path) => ask(id, async () => sftp.attrs(id, await files.look(path))));
  sftp.on("STAT", (id, path) => ask(id, async () => sftp.attrs(id, await files.look(path))));
  sftp.on("OPENDIR", (id, path) => {
    ask(id, async () => {
      const batches = await begun(listing(files, path));
      sftp.handle(id, handles.hold({ batches }));
    });
  });
  sftp.on("READDIR", (id, handle) => {
    ask(id, async () => {
      const batch = await handles.folder(handle).batches.next();
      if (batch.done) sftp.status(id, STATUS.endOfFile);
      else sftp.name(id, batch.value);
    });
  });
  sftp.on("REMOVE", (id, path) => act(id, () => files.remove(path)));
  sftp.on("RENAME", (id, from, to) => act(id, () => files.rename(from, to)));
  sftp.on("MKDIR", (id, path) => act(id, () => files.makeFolder(path)));
  sftp.on("RMDIR", (id, path) => act(id, () => files.removeFolder(path)));
  sftp.on("SETSTAT", (id, path, wish) => act(id, () => files.change(path, wish)));
  sftp.on("CLOSE", (id, handle) => act(id, () => handles.release(handle)));
  answerAboutOpenFiles(sftp, files, handles, ask, act);

  sftp.on("error", () => undefined);
  sftp.on("close", () => last(() => handles.releaseAll()));
  // OpenSSH's client waits until we have closed the channel too.
  sftp.on("end", () => sftp.end());
}

function answerAboutOpenFiles(
  sftp: SFTPWrapper,
  files: Served,
  handles: Handles,
  ask: Turn,
  act: Turn,
): void {
  sftp.on("OPEN", (id, path, flags, { mode }) => {
    ask(id, async () => {
      const file = await files.open(path, openingOf(flags, mode));
      const append = (flags & FLAG.append) !== 0;
      sftp.handle(id, handles.hold({ file, path, append }));
    });
  });
  sftp.on("READ", (id, handle, offset, length) => {
    ask(id, async () => {
      const bytes = Buffer.alloc(Math.min(length, MOST_READ_AT_ONCE));
      const { bytesRead } = await handles.file(handle).file.read(bytes, 0, bytes.length, offset);
      if (bytesRead === 0) sftp.status(id, STATUS.endOfFile);
      else sftp.data(id, bytes.subarray(0, bytesRead));
    });
  });
  sftp.on("WRITE", (id, handle, offset, data) => {
    act(id, async () => {
      const { file, append } = handles.file(handle);
      await file.write(data, 0, data.length, append ? (await file.stat()).size : offset);
    });
  });
  sftp.on("FSTAT", (id, handle) => {
    ask(id, async () => {
      sftp.attrs(id, await files.lookAt(handles.file(handle).file));
    });
  });
  sftp.on("FSETSTAT", (id, handle, wish) => {
    act(id, () => files.change(handles.file(handle).path, wish));
  });
}

type Turn = (id: number, work: () => Promise<void>) => void;

/** Requests are answered one after the other, as OpenSSH's server does. `act` answers "done" by itself. */
function inTurn(sftp: SFTPWrapper): {
  ask: Turn;
  act: Turn;
  last: (work: () => Promise<void>) => void;
} {
  let turn = Promise.resolve();
  const ask: Turn = (id, work) => {
    turn = turn.then(work).catch((error: unknown) => sftp.status(id, statusOf(error)));
  };
  const act: Turn = (id, work) => {
    ask(id, async () => {
      await work();
      sftp.status(id, STATUS.ok);
    });
  };
  const last = (work: () => Promise<void>): void => {
    turn = turn.then(work).catch(() => undefined);
  };
  return { ask, act, last };
}

class Handles {
  readonly #held = new Map<number, Held>();
  #last = 0;

  hold(thing: Held): Buffer {
    this.#held.set(++this.#last, thing);
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(this.#last);
    return handle;
  }

  file(handle: Buffer): OpenedFile {
    const thing = this.#held.get(numberOf(handle));
    if (thing === undefined || !("file" in thing)) throw new Error("no such handle");
    return thing;
  }

  folder(handle: Buffer): OpenedFolder {
    const thing = this.#held.get(numberOf(handle));
    if (thing === undefined || !("batches" in thing)) throw new Error("no such handle");
    return thing;
  }

  async release(handle: Buffer): Promise<void> {
    const thing = this.#held.get(numberOf(handle));
    this.#held.delete(numberOf(handle));
    if (thing === undefined) throw new Error("no such handle");
    await ("file" in thing ? thing.file.close() : thing.batches.return?.());
  }

  async releaseAll(): Promise<void> {
    for (const thing of this.#held.values()) {
      await ("file" in thing ? thing.file.close() : thing.batches.return?.());
    }
    this.#held.clear();
  }
}

const numberOf = (handle: Buffer): number => (handle.length === 4 ? handle.readUInt32BE() : 0);

async function* listing(files: Served, path: string): AsyncGenerator<FileEntry[], void> {
  for await (const batch of files.list(path)) {
    yield batch.map(({ name, attributes }) => ({
      filename: name,
      longname: asListed(name, attributes),
      attrs: attributes,
    }));
  }
}

/** Whether a folder may be listed shows only when its first batch is read. */
async function begun<T>(batches: AsyncGenerator<T, void>): Promise<AsyncIterator<T, void>> {
  const first = await batches.next();
  return (async function* () {
    if (first.done) return;
    yield first.value;
    yield* batches;
  })();
}

/** A line of `ls -l`, which clients show, and from which they learn the number of links. */
function asListed(name: string, { mode, links, uid, gid, size, mtime }: Attributes): string {
  const type = TYPES.get(mode & constants.S_IFMT) ?? "?";
  const rights = [...(mode & 0o777).toString(2).padStart(9, "0")]
    .map((bit, place) => (bit === "1" ? "rwx".charAt(place % 3) : "-"))
    .join("");
  const at = new Date(mtime * 1000).toUTCString().slice(8, 22);
  return `${type}${rights} ${links} ${uid} ${gid} ${size} ${at} ${name}`;
}

const TYPES = new Map([
  [constants.S_IFREG, "-"],
  [constants.S_IFDIR, "d"],
  [constants.S_IFLNK, "l"],
  [constants.S_IFIFO, "p"],
]);

const openingOf = (flags: number, mode = 0o666): Opening => ({
  read: (flags & FLAG.read) !== 0,
  write: (flags & FLAG.write) !== 0,
  create: (flags & FLAG.create) !== 0,
  mustBeNew: (flags & FLAG.exclusive) !== 0,
  truncate: (flags & FLAG.truncate) !== 0,
  mode,
});

const STATUS_FOR: Readonly<Record<string, number>> = {
  ENOENT: STATUS.noSuchFile,
  ENOTDIR: STATUS.noSuchFile,
  ELOOP: STATUS.noSuchFile,
  EACCES: STATUS.denied,
  EPERM: STATUS.denied,
};

function statusOf(error: unknown): number {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  return STATUS_FOR[String(code)] ?? STATUS.failure;
}

const NOTHING_KNOWN = { mode: 0, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 };
