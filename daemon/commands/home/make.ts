/** A new home: folders, keys, config and card. */
import { chmod, mkdir, readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import {
  type Config,
  districtOf,
  entityOf,
  dropFolderPaths,
  homePaths,
  parseBoxAddress,
  parseConfig,
  privateFolders,
} from "../../config.ts";
import { cardOf, writeCard } from "../../directory/card.ts";
import {
  diskRefusal,
  errnoOf,
  makePrivateFolder,
  makeSharedFolder,
  removeQuietly,
  writeDurably,
} from "../../disk.ts";
import { hostKeyFingerprint, newSshKey } from "../../dropbox/sshkeys.ts";
import { PacketboatError } from "../../errors.ts";
import type { Fingerprint } from "../../ids.ts";
import { newKeyPair } from "../../keys/key.ts";
import { readSuccession } from "../../keys/keyring.ts";
import { readHomeKeys } from "./keys.ts";
import { configFor, type NewHome } from "./template.ts";

/** Where the new home is, and by what it is known. */
export interface MadeHome {
  readonly home: string;
  readonly config: string;
  readonly card: string;
  readonly fingerprint: Fingerprint;
  readonly keyExpires: Date;
  readonly sshPublicKey: string;
  readonly sshFingerprint: string;
}

/** Long enough that nobody thinks of it every year; `check` says in time when it ends. */
const KEY_YEARS = 3;
/** The way to shared folders: passed through by their members, looked into by nobody. */
const PASSED_THROUGH = 0o711;
/** Others leave files, only the owner lists them (PROTOCOL 5). */
const BOX_MODE = 0o3733;

/**
 * Make a home in a folder that is empty or not there. If anything fails, nothing is left behind.
 *
 * @throws PacketboatError HOME_EXISTS; CONFIG_INVALID if the values make no config; DISK_FULL,
 *   DISK_FAILED
 */
export async function makeHome(wanted: NewHome, at: Date): Promise<MadeHome> {
  const text = configFor(wanted);
  const config = parseConfig(text, "packetboat.yaml");
  const wasThere = await assertEmpty(wanted.folder);
  try {
    await makeFolders(config, wasThere);
    const keys = await makeKeys(config, at);
    const configPath = join(wanted.folder, "packetboat.yaml");
    await writeDurably(configPath, text, { mode: 0o640 });
    const card = await renewCard(config, at);
    return { home: wanted.folder, config: configPath, card, ...keys };
  } catch (error) {
    await removeContent(wanted.folder, wasThere);
    throw error;
  }
}

/**
 * Write the card again from the config and the keys of a home, signed now.
 *
 * @returns path of the card
 * @throws PacketboatError KEY_MISSING, KEY_INVALID, KEY_EXPIRED
 */
export async function renewCard(config: Config, at: Date): Promise<string> {
  const { openpgp, sshPublicKey } = await readHomeKeys(config);
  const { card: path, keys } = homePaths(config);
  // Whole seconds, as the card tells them.
  const created = new Date(Math.floor(at.getTime() / 1000) * 1000);
  const card = cardOf(config, { publicKey: openpgp.publicKey, sshPublicKey }, created);
  const succession = await readSuccession(keys, openpgp.publicKey.fingerprint);
  const text = await writeCard(card, openpgp, at, succession ?? undefined);
  await writeDurably(path, text, { mode: 0o644 });
  return path;
}

/** @returns whether the folder was there, empty */
async function assertEmpty(folder: string): Promise<boolean> {
  try {
    if ((await readdir(folder)).length === 0) return true;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    const why = `${basename(folder)} is no folder that can be used (${errnoOf(error)})`;
    throw new PacketboatError("HOME_EXISTS", why, { cause: error });
  }
  throw new PacketboatError("HOME_EXISTS", `${folder} is not empty`);
}

async function makeFolders(config: Config, wasThere: boolean): Promise<void> {
  if (!wasThere) await makeWithMode(config.home, PASSED_THROUGH);
  for (const folder of privateFolders(homePaths(config))) await makePrivateFolder(folder);
  await (config.role === "entity" ? makeEntitysFolders(config) : makeDistrictsFolders(config));
  await makeWithMode(dirname(config.reports.it.path), PASSED_THROUGH);
  await makeSharedFolder(config.reports.it.path);
}

async function makeDistrictsFolders(config: Config): Promise<void> {
  const { office, registrar } = districtOf(config);
  for (const folder of [office.path, ...Object.values(dropFolderPaths(office))]) {
    await makeSharedFolder(folder);
  }
  await makeWithMode(dirname(registrar.path), PASSED_THROUGH);
  await makeSharedFolder(registrar.path);
  await makeBox(config);
}

/** Its server's folders are root's to make: `directory accounts` prints how. */
async function makeEntitysFolders(config: Config): Promise<void> {
  const { dropFolder } = entityOf(config).registry;
  if (dropFolder !== undefined) await makeSharedFolder(dropFolder);
}

/** A box on this machine, with the one inside it for TEST; on a server its administrator makes them. */
async function makeBox({ server }: Config): Promise<void> {
  if (!server) return;
  const address = parseBoxAddress(server.address);
  if (address.kind !== "folder") return;
  for (const folder of [address.folder, join(address.folder, "test")]) {
    await makeWithMode(folder, BOX_MODE);
  }
}

/** A folder that is there already keeps its mode. */
async function makeWithMode(folder: string, mode: number): Promise<void> {
  try {
    if ((await mkdir(folder, { recursive: true })) !== undefined) await chmod(folder, mode);
  } catch (error) {
    throw diskRefusal(error, folder);
  }
}

/** When a key that is made now ends. */
export function keyExpiry(at: Date): Date {
  const expires = new Date(at);
  expires.setUTCFullYear(at.getUTCFullYear() + KEY_YEARS);
  return expires;
}

async function makeKeys({ agency, home }: Config, at: Date) {
  const paths = homePaths({ home });
  const keyExpires = keyExpiry(at);
  const pgp = await newKeyPair({ agencyId: agency.id, name: agency.name, at, expires: keyExpires });
  await writeDurably(paths.openpgpKey, pgp.privateKey);
  const ssh = newSshKey(`packetboat-${agency.id}`);
  await writeDurably(paths.sshKey, ssh.privateKey);
  await writeDurably(paths.sshPublicKey, ssh.publicKey, { mode: 0o644 });
  return {
    fingerprint: pgp.fingerprint,
    keyExpires,
    sshPublicKey: paths.sshPublicKey,
    sshFingerprint: hostKeyFingerprint(ssh.publicKey),
  };
}

async function removeContent(folder: string, wasThere: boolean): Promise<void> {
  if (!wasThere) return await removeQuietly(folder);
  const names = await readdir(folder).catch(() => []);
  for (const name of names) await removeQuietly(join(folder, name));
}
