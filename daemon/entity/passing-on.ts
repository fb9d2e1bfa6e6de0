/**
 * A peer's directory, laid out for our districts as the peer has published it: the files of its keys first, then the
 * directory, unchanged (PROTOCOL 8). Ours is neither its word nor its number.
 */
import { chmod, lstat, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import pLimit from "p-limit";
import type { EntityConfig } from "../config.ts";
import { type Directory, DIRECTORY_FILE } from "../directory/directory.ts";
import { allPeersFolder, peersFolder } from "../directory/folders.ts";
import { keyFileIn, keyFileName, type NamedKey } from "../directory/key-files.ts";
import { diskRefusal, errnoOf, exists, removeQuietly, writeDurably } from "../disk.ts";
import { type DropBox, OPERATIONS_IN_FLIGHT } from "../dropbox/contract.ts";
import { isRefusal, PacketboatError } from "../errors.ts";
import type { AgencyId, Fingerprint, Sha256 } from "../ids.ts";
import type { DirectoryRow } from "../ledger/tables.ts";
import { PUBLISHED_MODE, publishedIn, showDirectory } from "./publish.ts";

/** A state has 1,200 districts; more new keys than this wait for the next exchange, and the directory with them. */
const MOST_KEY_FILES = 2_500;
/** Of one directory: some keys for each of its districts, of the size that OpenPGP keys have. */
const MOST_KEYS = 10_000;
const MOST_BYTES = 100 * 1024 * 1024;
const READABLE = 0o755;

/** What came of the files that a directory names. */
export interface KeyFiles {
  /** That were not here before. */
  readonly fetched: number;
  /** That the peer has not laid out as it names them: its directory is passed on all the same. */
  readonly absent: number;
  /** For the next exchange. */
  readonly left: number;
}

/**
 * Fetch the key files that a directory names and that are not here yet. What neither it nor the one that is shown now
 * names is taken away before: a peer that issues a new one each hour fills nobody's disk.
 *
 * @param box the folder of the directory on the peer's server
 * @param shown the directory that lies there now, if one does
 * @throws PacketboatError DIRECTORY_INVALID if its keys are too many or too much; BOX_… if the line fails; DISK_…
 */
export async function fetchKeyFiles(
  config: EntityConfig,
  {
    peer,
    directory,
    shown,
    box,
  }: { peer: AgencyId; directory: Directory; shown: Directory | null; box: DropBox },
): Promise<KeyFiles> {
  const folder = await readableFolder(config, peer);
  const named = new Map(keysIn(directory).map((key) => [keyFileName(key), key]));
  if (named.size > MOST_KEYS) throw tooMuch(`names ${named.size} keys, more than ${MOST_KEYS}`);
  await sweepKeyFiles(config, peer, shown ? [directory, shown] : [directory]);
  const here = new Set(await namesIn(folder));
  const wanted = [...named].filter(([name]) => !here.has(name)).map(([, key]) => key);
  const due = wanted.slice(0, MOST_KEY_FILES);
  let bytes = await bytesOf(
    folder,
    [...here].filter((name) => named.has(name)),
  );
  const turn = pLimit(OPERATIONS_IN_FLIGHT);
  const fetchOne = async (key: NamedKey): Promise<boolean> => {
    if (bytes > MOST_BYTES) throw tooMuch(`has keys of more than ${MOST_BYTES} bytes`);
    const size = await fetchKeyFile(folder, key, box);
    bytes += size ?? 0;
    return size !== null;
  };
  const isHad = await settled(due.map((key) => turn(() => fetchOne(key))));
  const fetched = isHad.filter(Boolean).length;
  return { fetched, absent: due.length - fetched, left: wanted.length - due.length };
}

function keysIn({ Key: own, Agency: agencies = [] }: Directory): NamedKey[] {
  const keys = [own, ...agencies.map(({ Key = [] }) => Key)].flat();
  return keys.map(({ Fingerprint, KeySha256 }) => ({
    fingerprint: Fingerprint as Fingerprint,
    sha256: KeySha256 as Sha256,
  }));
}

const tooMuch = (how: string): PacketboatError =>
  new PacketboatError("DIRECTORY_INVALID", `the directory ${how}`);

/** All of them, when none is under way any more. @throws the first failure */
async function settled<T>(works: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(works);
  return await Promise.all(works);
}

/** Of files that lie in a folder, in bytes. */
async function bytesOf(folder: string, names: readonly string[]): Promise<number> {
  const sizes = names.map(async (name) => {
    const found = await lstat(join(folder, name)).catch(() => null);
    return found?.size ?? 0;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** @returns its bytes; `null` if it was not there as it was named */
async function fetchKeyFile(folder: string, key: NamedKey, box: DropBox): Promise<number | null> {
  try {
    const bytes = await keyFileIn(box, key);
    await writeDurably(join(folder, keyFileName(key)), bytes, { mode: PUBLISHED_MODE });
    return bytes.length;
  } catch (error) {
    if (isRefusal(error, "KEY_FILE_DIFFERS")) return null;
    throw error;
  }
}

/**
 * Lay out the directory itself, when its keys are there. What it does not name is taken away.
 *
 * @returns whether the file was there already
 * @throws PacketboatError DISK_…, FOLDER_MISSING
 */
export async function showPeers(
  config: EntityConfig,
  peer: AgencyId,
  row: DirectoryRow,
): Promise<boolean> {
  const folder = await readableFolder(config, peer);
  const wasThere = await exists(join(folder, DIRECTORY_FILE));
  await showDirectory(folder, row);
  return wasThere;
}

/** Keys that no directory names any more need not lie beside it. */
export async function sweepKeyFiles(
  config: EntityConfig,
  peer: AgencyId,
  directories: readonly Directory[],
): Promise<void> {
  const folder = peersFolder(publishedIn(config), peer);
  const named = new Set([DIRECTORY_FILE, ...directories.flatMap(keysIn).map(keyFileName)]);
  for (const name of await namesIn(folder)) {
    if (!named.has(name)) await removeQuietly(join(folder, name));
  }
}

/** Nothing is passed on any more of those that are no peers now. */
export async function sweepPeers(config: EntityConfig, peers: readonly AgencyId[]): Promise<void> {
  const folder = allPeersFolder(publishedIn(config));
  for (const name of await namesIn(folder)) {
    if (!peers.some((peer) => peer === name)) await removeQuietly(join(folder, name));
  }
}

/** None, if there is no such folder. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw diskRefusal(error, folder);
  }
}

/** Whatever the service's umask is, every account of the server reads what lies there. */
async function readableFolder(config: EntityConfig, peer: AgencyId): Promise<string> {
  const published = publishedIn(config);
  const folder = peersFolder(published, peer);
  try {
    for (const each of [allPeersFolder(published), folder]) {
      if (await exists(each)) continue;
      await mkdir(each);
      await chmod(each, READABLE);
    }
  } catch (error) {
    throw diskRefusal(error, folder);
  }
  return folder;
}
