/**
 * A peer's directory, laid out for our districts as the peer has published it: the files of its keys first, then the
 * directory, unchanged (PROTOCOL 8). Ours is neither its word nor its number.
 */
import { chmod, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import pLimit from "p-limit";
import type { EntityConfig } from "../config.ts";
import { type Directory, DIRECTORY_FILE } from "../directory/directory.ts";
import { allPeersFolder, peersFolder } from "../directory/folders.ts";
import { keyFileIn, keyFileName, type NamedKey } from "../directory/key-files.ts";
import { diskRefusal, errnoOf, exists, removeQuietly, writeDurably } from "../disk.ts";
import { type DropBox, OPERATIONS_IN_FLIGHT } from "../dropbox/contract.ts";
import { isRefusal } from "../errors.ts";
import type { AgencyId, Fingerprint, Sha256 } from "../ids.ts";
import type { DirectoryRow } from "../ledger/tables.ts";
import { PUBLISHED_MODE, publishedIn, showDirectory } from "./publish.ts";

/** A state has 1,200 districts; more new keys than this wait for the next exchange, and the directory with them. */
const MOST_KEY_FILES = 2_500;
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
 * Fetch the key files that a directory names and that are not here yet.
 *
 * @param box the folder of the directory on the peer's server
 * @throws PacketboatError BOX_… if the line fails; DISK_…
 */
export async function fetchKeyFiles(
  config: EntityConfig,
  { peer, directory, box }: { peer: AgencyId; directory: Directory; box: DropBox },
): Promise<KeyFiles> {
  const folder = await readableFolder(config, peer);
  const here = new Set(await namesIn(folder));
  const wanted = keysIn(directory).filter((key) => !here.has(keyFileName(key)));
  const due = wanted.slice(0, MOST_KEY_FILES);
  const turn = pLimit(OPERATIONS_IN_FLIGHT);
  const isHad = await Promise.all(due.map((key) => turn(() => fetchKeyFile(folder, key, box))));
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

/** @returns whether it was there as it was named */
async function fetchKeyFile(folder: string, key: NamedKey, box: DropBox): Promise<boolean> {
  try {
    const bytes = await keyFileIn(box, key);
    await writeDurably(join(folder, keyFileName(key)), bytes, { mode: PUBLISHED_MODE });
    return true;
  } catch (error) {
    if (isRefusal(error, "KEY_FILE_DIFFERS")) return false;
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

/** Keys that a directory names no more need not lie beside it. */
export async function sweepKeyFiles(
  config: EntityConfig,
  peer: AgencyId,
  directory: Directory,
): Promise<void> {
  const folder = peersFolder(publishedIn(config), peer);
  const named = new Set([DIRECTORY_FILE, ...keysIn(directory).map(keyFileName)]);
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
