/**
 * A copy of all that a home must not lose: keys, config, card, the list of flagged students, the ledger,
 * and what is on its way. It holds students' data and secret keys, and belongs where only packetboat's
 * administrator can read.
 */
import { chmod, cp, opendir, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Config, handedInKeys, homePaths, parseConfig, privateFolders } from "../../config.ts";
import {
  diskRefusal,
  errnoOf,
  exists,
  makePrivateFolder,
  syncTree,
  writeDurably,
} from "../../disk.ts";
import { flagsFileOf } from "../../desk/flags.ts";
import { PacketboatError } from "../../errors.ts";
import { copyLedger, type Ledger, openLedger } from "../../ledger/connect.ts";
import { takeLock } from "../../ledger/locks.ts";
import { beginReconciling } from "../../ledger/settings.ts";
import { makeSharedAgain } from "./shared-again.ts";

const CONFIG = "packetboat.yaml";
/** The list of flagged students, wherever it lies in a home. */
const FLAGS = "flags.csv";

/** Folders that are copied file by file; the ledger is copied by itself, for it may be in use. */
const copied = (config: Pick<Config, "home">): [name: string, path: string][] => {
  const { keys, intake, staging, sealed, quarantine } = homePaths({ home: config.home });
  return Object.entries({ keys, intake, staging, sealed, quarantine });
};

/** Under the names that they have in a home's keys folder, and as private. */
async function copyHandedInKeys({ credentials }: Config, folder: string): Promise<void> {
  if (credentials === undefined) return;
  await makePrivateFolder(join(folder, "keys"));
  for (const [name, path] of await handedInKeys(credentials)) {
    const to = join(folder, "keys", name);
    await makePrivateFolder(dirname(to));
    await writeDurably(to, await readFile(path));
  }
}

/**
 * @param folder to be made; one that is there is refused
 * @throws PacketboatError FILE_EXISTS, HOME_BUSY while an exchange is under way, DISK_…
 */
export async function backUp(
  {
    config,
    configPath,
    ledger,
    at,
  }: { config: Config; configPath: string; ledger: Ledger; at: Date },
  folder: string,
): Promise<void> {
  await assertNew(folder);
  const giveBack = await takeLock(ledger, "home", at);
  try {
    await makePrivateFolder(folder);
    await copyLedger(ledger, join(folder, "ledger.sqlite"));
    for (const [name, path] of copied(config)) await copy(path, join(folder, name));
    await copyHandedInKeys(config, folder);
    await copy(configPath, join(folder, CONFIG));
    await copy(homePaths(config).card, join(folder, "enrolment.xml"));
    await copy(flagsFileOf(config).path, join(folder, FLAGS));
    await syncTree(folder);
  } finally {
    await giveBack();
  }
}

/**
 * Put a home back where its config says. What happened since the backup is not in it: packets are
 * numbered in a new stream, and nothing is exchanged until a person says so (PROTOCOL 7).
 *
 * @returns the restored home, its config, and which folders that people share had to be made again
 * @throws PacketboatError HOME_EXISTS if there is a home; CONFIG_NOT_FOUND if the folder is no backup;
 *   FILE_UNREADABLE
 */
export async function restore(
  folder: string,
  at: Date,
): Promise<{ home: string; config: string; madeAgain: string[] }> {
  // Its keys and folders are not there yet: only what it says is looked at.
  const config = parseConfig(await textOf(join(folder, CONFIG)), CONFIG);
  const paths = homePaths(config);
  for (const path of [paths.ledger, paths.openpgpKey]) {
    if (!(await exists(path))) continue;
    throw new PacketboatError("HOME_EXISTS", `there is a home in ${config.home} already`);
  }
  await makePrivateFolder(dirname(paths.ledger));
  for (const [name, path] of copied(config)) {
    await copy(join(folder, name), path);
    await makePrivate(path);
  }
  await copy(join(folder, "ledger.sqlite"), paths.ledger);
  if (await exists(paths.ledger)) await chmod(paths.ledger, 0o600);
  await copy(join(folder, CONFIG), join(config.home, CONFIG));
  await copy(join(folder, "enrolment.xml"), paths.card);
  // A list that lies elsewhere may be younger than the backup.
  const { path: flags } = flagsFileOf(config);
  if (!(await exists(flags))) await copy(join(folder, FLAGS), flags);
  for (const path of privateFolders(paths)) await makePrivateFolder(path);
  const ledger = await openLedger(paths.ledger);
  try {
    await beginReconciling(ledger, at);
  } finally {
    await ledger.destroy();
  }
  const madeAgain = await makeSharedAgain(config);
  return { home: config.home, config: join(config.home, CONFIG), madeAgain };
}

const textOf = (path: string): Promise<string> =>
  readFile(path, "utf8").catch((cause: unknown) => {
    const errno = errnoOf(cause);
    if (errno === "ENOENT") {
      throw new PacketboatError("CONFIG_NOT_FOUND", `there is no ${CONFIG} in the backup`, {
        cause,
      });
    }
    const sentence = `${CONFIG} in the backup cannot be read (${errno})`;
    throw new PacketboatError("FILE_UNREADABLE", sentence, { cause });
  });

async function assertNew(folder: string): Promise<void> {
  if (!(await exists(folder)) || (await readdir(folder)).length === 0) return;
  throw new PacketboatError("FILE_EXISTS", "the folder for the backup is not empty");
}

/** Of what was restored, whatever modes the place of the backup left it. */
async function makePrivate(folder: string): Promise<void> {
  if (!(await exists(folder))) return;
  try {
    await chmod(folder, 0o700);
    for await (const entry of await opendir(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await makePrivate(path);
      else if (entry.isFile()) await chmod(path, 0o600);
    }
  } catch (error) {
    throw diskRefusal(error, folder);
  }
}

/** Modes and times are kept: what is private stays so. */
async function copy(from: string, to: string): Promise<void> {
  if (!(await exists(from))) return;
  await cp(from, to, { recursive: true, preserveTimestamps: true, errorOnExist: false }).catch(
    (error: unknown) => {
      throw diskRefusal(error, to);
    },
  );
}
