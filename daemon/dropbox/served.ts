/**
 * The tree that the embedded server shows, and what an account may do in it. The rules are those that
 * owners, groups and mode 3733 make on a real server (PROTOCOL 5): everybody may add to a box and look
 * at a name he knows; only its agency may list it; a file belongs to the account that made it.
 */
import { type Stats, constants } from "node:fs";
import * as fs from "node:fs/promises";
import { join, posix } from "node:path";

export interface Account {
  readonly name: string;
  /** whose box `/boxes/<agencyId>` is its own */
  readonly agencyId: string;
  /** Of another state's entity: what lies in the box of its id is for it, and read by the server's own. */
  readonly isPeer?: boolean;
}

export interface Attributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** seconds since 1970 */
  readonly atime: number;
  readonly mtime: number;
  readonly links: number;
}

/** What a client wishes of a file it opens. */
export interface Opening {
  readonly read: boolean;
  readonly write: boolean;
  readonly create: boolean;
  readonly mustBeNew: boolean;
  readonly truncate: boolean;
  readonly mode: number;
}

/** What a client wishes to change. */
export interface Wish {
  readonly mode?: number;
  readonly size?: number;
  readonly atime?: number;
  readonly mtime?: number;
}

/** What a client's requests are answered from. */
export type Served = Pick<ServedFiles, keyof ServedFiles>;

type Zone = "own box" | "other box" | "all boxes" | "public";

const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_TRUNC, O_NOFOLLOW } = constants;
const UMASK = 0o027;
const MAY_GROUP_READ = 0o040;
/** The first account's number; others follow. */
const FIRST_UID = 20_000;
const NAMES_AT_ONCE = 100;

/** Failures carry the errno a real file system would give. */
const failure = (code: "EACCES" | "EINVAL"): Error => Object.assign(new Error(code), { code });

/** Where a path asked for lies on our disk: always inside the root, however many `..` it has. */
export function inside(root: string, asked: string): string {
  if (asked.includes("\0")) throw failure("EINVAL");
  return join(root, posix.resolve("/", asked));
}

/** A file, whatever its names. Its number alone is given to another when it is gone, here or behind our back. */
const identityOf = ({ dev, ino, birthtimeMs }: Stats): string => `${dev}:${ino}:${birthtimeMs}`;

/** Who made which file. Kept by inode, as on a real disk: a second name for a file has the same owner. */
class Owners {
  readonly #makers = new Map<string, string>();
  readonly #accounts: string[] = [];

  makerOf(file: Stats): string | undefined {
    return this.#makers.get(identityOf(file));
  }

  /** The account's own number, or the real owner's for a file that no account made. */
  uidOf(file: Stats): number {
    const maker = this.makerOf(file);
    if (maker === undefined) return file.uid;
    if (!this.#accounts.includes(maker)) this.#accounts.push(maker);
    return FIRST_UID + this.#accounts.indexOf(maker);
  }

  made(file: Stats, account: Account): void {
    this.#makers.set(identityOf(file), account.name);
  }

  /** Its last name is gone. */
  removed(file: Stats): void {
    if (file.nlink === 1) this.#makers.delete(identityOf(file));
  }
}

export class ServedTree {
  readonly #root: string;
  readonly #owners = new Owners();

  constructor(root: string) {
    this.#root = root;
  }

  /** The tree as one account sees it. */
  seenBy(account: Account): ServedFiles {
    return new ServedFiles(this.#root, account, this.#owners);
  }
}

export class ServedFiles {
  readonly #root: string;
  readonly #account: Account;
  readonly #owners: Owners;

  constructor(root: string, account: Account, owners: Owners) {
    this.#root = root;
    this.#account = account;
    this.#owners = owners;
  }

  /** Links are shown as links and never followed. */
  async look(asked: string): Promise<Attributes> {
    return this.#attributes(await fs.lstat(inside(this.#root, asked)));
  }

  async lookAt(file: fs.FileHandle): Promise<Attributes> {
    return this.#attributes(await file.stat());
  }

  /** Batches of names with their attributes. */
  async *list(asked: string): AsyncGenerator<{ name: string; attributes: Attributes }[]> {
    const zone = this.#zone(asked);
    demand(zone === "own box" || zone === "public");
    let batch = [];
    for await (const { name } of await fs.opendir(inside(this.#root, asked))) {
      const attributes = await this.look(posix.join(asked, name)).catch(() => null);
      if (attributes !== null) batch.push({ name, attributes });
      if (batch.length < NAMES_AT_ONCE) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }

  async open(asked: string, how: Opening): Promise<fs.FileHandle> {
    const path = inside(this.#root, asked);
    const access = how.write ? (how.read ? O_RDWR : O_WRONLY) : O_RDONLY;
    if (how.create && (how.mustBeNew || (await isAbsent(path)))) {
      demand(this.#mayAdd(asked));
      const mode = how.mode & ~UMASK;
      const file = await fs.open(path, access | O_CREAT | O_EXCL, mode);
      // The umask is the server's, and not that of whoever started it: it could lock the owner out.
      await file.chmod(mode);
      this.#owners.made(await file.stat(), this.#account);
      return file;
    }
    const found = await fs.lstat(path);
    // Opening a FIFO would never end.
    demand(found.isFile());
    demand(!how.write || this.#isMine(asked, found));
    demand(!how.read || this.#mayRead(asked, found));
    return await fs.open(path, access | O_NOFOLLOW | (how.truncate ? O_TRUNC : 0));
  }

  /** As OpenSSH does it: link, then unlink; so nothing is overwritten, and both names exist in between. */
  async rename(askedFrom: string, askedTo: string): Promise<void> {
    const from = inside(this.#root, askedFrom);
    demand(this.#mayRemove(askedFrom, await fs.lstat(from)) && this.#mayAdd(askedTo));
    await fs.link(from, inside(this.#root, askedTo));
    await fs.unlink(from);
  }

  async remove(asked: string): Promise<void> {
    const path = inside(this.#root, asked);
    const found = await fs.lstat(path);
    demand(this.#mayRemove(asked, found));
    await fs.unlink(path);
    this.#owners.removed(found);
  }

  async makeFolder(asked: string): Promise<void> {
    demand(this.#zone(asked) === "own box");
    const path = inside(this.#root, asked);
    await fs.mkdir(path);
    await fs.chmod(path, 0o777 & ~UMASK);
  }

  async removeFolder(asked: string): Promise<void> {
    demand(this.#zone(asked) === "own box");
    await fs.rmdir(inside(this.#root, asked));
  }

  /** Mode, times and size, of one's own files; owners are not for a client to choose. */
  async change(asked: string, wish: Wish): Promise<void> {
    const path = inside(this.#root, asked);
    const found = await fs.lstat(path);
    demand(found.isFile() && this.#isMine(asked, found));
    if (wish.size !== undefined) await fs.truncate(path, wish.size);
    if (wish.mode !== undefined) await fs.chmod(path, wish.mode & 0o777);
    if (wish.atime !== undefined && wish.mtime !== undefined) {
      await fs.utimes(path, wish.atime, wish.mtime);
    }
  }

  #zone(asked: string): Zone {
    const [top, box] = posix.resolve("/", asked).split("/").slice(1);
    if (top !== "boxes") return "public";
    if (box === undefined) return "all boxes";
    const { agencyId, isPeer = false } = this.#account;
    return box === agencyId && !isPeer ? "own box" : "other box";
  }

  #mayAdd(asked: string): boolean {
    const zone = this.#zone(asked);
    return zone === "own box" || zone === "other box";
  }

  #mayRemove(asked: string, found: Stats): boolean {
    return this.#zone(asked) === "own box" || this.#isMine(asked, found);
  }

  #mayRead(asked: string, found: Stats): boolean {
    if (this.#zone(asked) === "public" || this.#isMine(asked, found)) return true;
    return this.#zone(asked) === "own box" && (found.mode & MAY_GROUP_READ) !== 0;
  }

  /** What lies in our box and no account put there counts as ours. */
  #isMine(asked: string, found: Stats): boolean {
    const maker = this.#owners.makerOf(found);
    return maker === undefined ? this.#zone(asked) === "own box" : maker === this.#account.name;
  }

  #attributes(found: Stats): Attributes {
    return {
      mode: found.mode,
      uid: this.#owners.uidOf(found),
      gid: found.gid,
      size: found.size,
      atime: Math.floor(found.atimeMs / 1000),
      mtime: Math.floor(found.mtimeMs / 1000),
      links: found.nlink,
    };
  }
}

function demand(allowed: boolean): void {
  if (!allowed) throw failure("EACCES");
}

const isAbsent = (path: string): Promise<boolean> =>
  fs.lstat(path).then(
    () => false,
    () => true,
  );
