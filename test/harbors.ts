/** The boxes of a world as a local folder tree, which a test can make fail where it likes. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { homePaths } from "../daemon/config.ts";
import type { DropBox, Harbor } from "../daemon/dropbox/contract.ts";
import type { BoxFiles, Entry, OpenFile } from "../daemon/dropbox/files.ts";
import { localFiles, openFolders } from "../daemon/dropbox/folder.ts";
import { openSftp } from "../daemon/dropbox/sftp.ts";
import { PacketboatError, type ErrorCode } from "../daemon/errors.ts";
import { exchange, type Exchange, type ExchangeResult } from "../daemon/exchange.ts";
import type { Die } from "./dying.ts";
import { failing, type Fault } from "./dropbox/faults.ts";
import type { District, World } from "./homes.ts";
import { withParts } from "./scene.ts";

/** The files of the world's server, by the paths that its clients use. */
function filesOf({ folder }: Pick<World, "folder">): BoxFiles {
  const at = (path: string): string => join(folder, "server", path);
  return {
    origin: "file://",
    syncs: localFiles.syncs,
    entries: (path) => localFiles.entries(at(path)),
    look: (path) => localFiles.look(at(path)),
    create: (path) => localFiles.create(at(path)),
    open: (path) => localFiles.open(at(path)),
    rename: (from, to) => localFiles.rename(at(from), at(to)),
    remove: (path) => localFiles.remove(at(path)),
  };
}

/** A harbor without a network. */
export const localHarbor = (world: Pick<World, "folder">): Harbor => openFolders(filesOf(world));

/** The same with accounts, which this machine does not have. @param ownerOf whose the file or box of this name is */
export function harborWithAccounts(
  world: Pick<World, "folder">,
  ownerOf: (name: string) => number,
): Harbor {
  const files = filesOf(world);
  const owned = (entry: Entry): Entry => ({ ...entry, owner: ownerOf(entry.name) });
  return openFolders({
    ...files,
    async *entries(folder) {
      for await (const entries of files.entries(folder)) yield entries.map(owned);
    },
    look: async (path) => {
      const found = await files.look(path);
      // A box of TEST traffic is called by the folder that it stands in.
      return (
        found &&
        owned({
          ...found,
          name:
            path
              .replace(/\/test$/, "")
              .split("/")
              .at(-1) ?? "",
        })
      );
    },
  });
}

export const lineLost = new PacketboatError("BOX_UNREACHABLE", "the line is lost");

/**
 * A harbor that fails at one call of its server.
 *
 * @returns how many calls were made
 */
export function failingHarbor(
  world: Pick<World, "folder">,
  fault: Pick<Fault, "call" | "when"> & { readonly error?: Error },
): { harbor: Harbor; calls: { made: number } } {
  const files = failing(filesOf(world), { error: lineLost, forGood: true, ...fault });
  return { harbor: openFolders(files), calls: files.calls };
}

/** Its line is the first and the last: who calls again finds nobody. */
export function thenGone(harbor: Harbor): () => Promise<Harbor> {
  let lines = 0;
  return () => (lines++ === 0 ? Promise.resolve(harbor) : Promise.reject(lineLost));
}

/**
 * A harbor that is still there when the program is killed, at one call of its server: before it was
 * made, or after. Nothing comes back from it.
 *
 * @param die is asked then
 */
export function harborOfTheDying(
  world: Pick<World, "folder">,
  { call, when }: Pick<Fault, "call" | "when">,
  die: Die,
): Harbor {
  let made = 0;
  const around = async <T>(work: () => Promise<T>): Promise<T> => {
    const number = ++made;
    if (number > call || (number === call && when === "before")) return die();
    const result = await work();
    return number === call ? die() : result;
  };
  const opened = (file: OpenFile): OpenFile => ({
    isFar: file.isFar,
    read: (into, position) => around(() => file.read(into, position)),
    write: (bytes, position) => around(() => file.write(bytes, position)),
    sync: () => around(() => file.sync()),
    // The system closes what was open when a program is gone, asked or not.
    close: async () => {
      try {
        await around(() => Promise.resolve());
      } finally {
        await file.close();
      }
    },
  });
  const opening = async (work: () => Promise<OpenFile>): Promise<OpenFile> => {
    let file: OpenFile | undefined;
    try {
      return await around(async () => opened((file = await work())));
    } catch (error) {
      await file?.close();
      throw error;
    }
  };
  const files = filesOf(world);
  return openFolders({
    origin: files.origin,
    syncs: files.syncs,
    entries: (folder) => files.entries(folder),
    look: (path) => around(() => files.look(path)),
    create: (path) => opening(() => files.create(path)),
    open: (path) => opening(() => files.open(path)),
    rename: (from, to) => around(() => files.rename(from, to)),
    remove: (path) => around(() => files.remove(path)),
  });
}

/** Connects to the world's server as this home does, with less patience. */
export const hurriedTo =
  ({ server }: Pick<World, "server">, { id, folder }: District, idleMs = 300) =>
  async (): Promise<Harbor> =>
    openSftp(
      {
        kind: "sftp",
        user: `lea${id}`,
        host: server.host,
        port: server.port,
        folder: `/boxes/${id}`,
      },
      {
        privateKey: await readFile(homePaths({ home: folder }).sshKey),
        hostKeys: [server.hostKey],
        deadlines: { connectMs: 10_000, idleMs, totalMs: 20_000 },
      },
    );

/** One exchange of a home whose parts the test has changed. */
export const meetWith = (
  world: World,
  home: District,
  change: (parts: Exchange) => Partial<Exchange>,
): Promise<ExchangeResult> =>
  withParts(home, world, (parts) => exchange({ ...parts, ...change(parts) }));

/** The same box, into which nothing can be left. */
export const refusing = (box: DropBox, code: ErrorCode): DropBox => ({
  ...box,
  deliver: () => Promise.reject(new PacketboatError(code, `${box.place}: no`)),
});
