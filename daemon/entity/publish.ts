/**
 * Publish the directory: key files first, then the directory by one rename. Its number and text are settled in
 * the ledger before anybody sees them, so that no two directories ever have one number.
 */
import { mkdir, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { EntityConfig } from "../config.ts";
import { DIRECTORY_FILE, isOnlyListed, writeDirectory } from "../directory/directory.ts";
import { keyFileName, keyFileOf, readOf } from "../directory/key-files.ts";
import { claimedSuccession } from "../directory/succession.ts";
import { diskRefusal, errnoOf, exists, writeDurably } from "../disk.ts";
import { PacketboatError } from "../errors.ts";
import { sha256 } from "../ids.ts";
import type { PrivateKey } from "../keys/key.ts";
import type { OurKeys } from "../keys/keyring.ts";
import { listCards } from "../ledger/agencies.ts";
import { keysOfAgency, listKeys, saveKey } from "../ledger/agency-keys.ts";
import { addAudit } from "../ledger/audit.ts";
import type { Ledger } from "../ledger/connect.ts";
import { lastDirectory, saveDirectory } from "../ledger/directories.ts";
import { listedWith } from "../ledger/listed-districts.ts";
import { restoredAt } from "../ledger/settings.ts";
import type { AgencyKeyRow, DirectoryRow } from "../ledger/tables.ts";
import { daysAfter, wireTime } from "../transfer/dates.ts";
import { digestOf, isPublishingDue, listingOf, type Listed } from "./listing.ts";

export interface Publishing {
  readonly config: EntityConfig;
  readonly ledger: Ledger;
  readonly ourKeys: OurKeys;
  /** What the key before said of this one, in the keys folder; `null` if nothing. */
  readonly successionOf: (key: PrivateKey) => Promise<string | null>;
  readonly at: Date;
}

export interface Published {
  readonly version: number;
  /** Those that gave their card. */
  readonly agencies: number;
  /** Those that are named so that they are found, and take no part. */
  readonly onlyListed: number;
  readonly expires: Date;
}

/** Read by every account of the server. */
const FILE_MODE = 0o644;
const FOLDER_MODE = 0o755;

/**
 * @returns what was published; `null` if nothing was due: then only what a crash left undone is done
 * @throws PacketboatError FOLDER_MISSING, DISK_…; KEY_EXPIRED, KEY_REVOKED of our own key
 */
export async function publishIfDue(publishing: Publishing): Promise<Published | null> {
  const { config, ledger, at } = publishing;
  const now = await listingNow(publishing);
  const last = await lastDirectory(ledger, config.agency.id);
  const known = last && { digest: last.mark, issuedAt: new Date(last.issued_at) };
  const digest = digestOf(now.listed);
  if (isPublishingDue(known, { digest, at }, config.directory)) {
    return await publishListing(publishing, now, last);
  }
  if (last) await show(config, last);
  return null;
}

/**
 * Publish whether or not it is due.
 *
 * @throws PacketboatError HOME_BUSY if another process does; FOLDER_MISSING, DISK_…; KEY_EXPIRED, KEY_REVOKED
 */
export async function publishDirectory(publishing: Publishing): Promise<Published> {
  const now = await listingNow(publishing);
  const last = await lastDirectory(publishing.ledger, publishing.config.agency.id);
  return await publishListing(publishing, now, last);
}

async function publishListing(
  publishing: Publishing,
  { listed, keys }: { readonly listed: Listed; readonly keys: readonly AgencyKeyRow[] },
  last: DirectoryRow | null,
): Promise<Published> {
  const { config } = publishing;
  const digest = digestOf(listed);
  await showKeys(config, keys);
  const row = await settled(publishing, listed, { digest, last });
  await show(config, row);
  const { Agency: all = [] } = listed;
  const onlyListed = all.filter(isOnlyListed).length;
  const agencies = all.length - onlyListed;
  return { version: row.version, agencies, onlyListed, expires: new Date(row.expires_at) };
}

/** Where districts find it; TEST has its own. */
const publishedIn = ({ directory, mode }: EntityConfig): string =>
  mode === "test" ? join(directory.folder, "test") : directory.folder;

/** A home that was moved to another key says so in its next directory. */
async function noteOwnKeys({
  config,
  ledger,
  ourKeys,
  successionOf,
  at,
}: Publishing): Promise<void> {
  const { id } = config.agency;
  const known = await keysOfAgency(ledger, id);
  const present = ourKeys.present.publicKey;
  const isNoted = known.some(
    (row) => row.fingerprint === present.fingerprint && row.standing === "Current",
  );
  if (isNoted) return;
  const succession = await successionOf(ourKeys.present);
  const former =
    succession === null ? null : ((await claimedSuccession(succession))?.former ?? null);
  await ledger.transaction().execute(async (db) => {
    for (const row of known.filter(({ standing }) => standing === "Current")) {
      const until = row.fingerprint === former ? present.created : at;
      await saveKey(db, { ...row, standing: "Retired", valid_until: until.toISOString() });
    }
    await saveKey(db, {
      agency_id: id,
      fingerprint: present.fingerprint,
      sha256: sha256(keyFileOf(present.armored)),
      ...readOf(present),
      standing: "Current",
      valid_from: present.created.toISOString(),
      valid_until: present.expires?.toISOString() ?? null,
      succession,
    });
  });
}

async function listingNow(publishing: Publishing) {
  await noteOwnKeys(publishing);
  const { config, ledger } = publishing;
  const { agency, mode, server } = config;
  const districts = (await listCards(ledger)).filter(({ role }) => role === "district");
  const keys = (await listKeys(ledger)).map(withDigest);
  const listed = listingOf({
    entityId: agency.id,
    processCode: mode === "test" ? "TEST" : "PRODUCTION",
    server: { Address: server.publicAddress, HostKey: server.hostKeys },
    districts,
    inList: await listedWith(ledger, agency.id),
    keys,
  });
  return { listed, keys };
}

/** Of a key that was known before there were directories. */
const withDigest = (key: AgencyKeyRow): AgencyKeyRow =>
  key.sha256 !== null || key.public_key === null
    ? key
    : { ...key, sha256: sha256(keyFileOf(key.public_key)) };

/** A key's file never changes: its name says what is in it. */
async function showKeys(config: EntityConfig, keys: readonly AgencyKeyRow[]): Promise<void> {
  const folder = await madeFolder(publishedIn(config));
  for (const { fingerprint, sha256: digest, public_key: armored } of keys) {
    if (digest === null || armored === null) continue;
    const path = join(folder, keyFileName({ fingerprint, sha256: digest }));
    if (await exists(path)) continue;
    await writeDurably(path, keyFileOf(armored), { mode: FILE_MODE });
  }
}

/** Sign it, and keep it under the next number. */
async function settled(
  { config, ledger, ourKeys, at }: Publishing,
  listed: Listed,
  { digest, last }: { readonly digest: string; readonly last: DirectoryRow | null },
): Promise<DirectoryRow> {
  const version = nextVersion(last, await restoredAt(ledger));
  // A second apart, so that whoever looks at its time sees that it is another.
  const soonest = last ? Date.parse(last.issued_at) + 1000 : 0;
  const issued = new Date(Math.floor(Math.max(at.getTime(), soonest) / 1000) * 1000);
  const expires = daysAfter(issued, config.directory.validDays);
  const document = {
    ...listed,
    Version: String(version),
    IssuedDateTime: wireTime(issued),
    ExpiresDateTime: wireTime(expires),
  };
  const { text, sha256: said } = await writeDirectory(document, ourKeys.present, issued);
  const row: DirectoryRow = {
    entity_id: config.agency.id,
    process_code: listed.DocumentProcessCode,
    version,
    issued_at: issued.toISOString(),
    expires_at: expires.toISOString(),
    sha256: said,
    text,
    mark: digest,
    taken_at: at.toISOString(),
  };
  await ledger.transaction().execute(async (db) => {
    if ((await lastDirectory(db, row.entity_id))?.version !== last?.version) {
      throw new PacketboatError(
        "HOME_BUSY",
        "the directory was published by another process just now",
      );
    }
    await saveDirectory(db, row);
    const entry = { at: row.taken_at, event: "directory published", subject: String(version) };
    await addAudit(db, entry);
  });
  return row;
}

/** More than a clock that was set back can hide. */
const LOST_BESIDES = 1000;

/**
 * A ledger that was restored is older than what districts have read: its numbers go on behind those. Directories are
 * a second apart, so that no more were lost than seconds have passed, also to an earlier restore of the same backup.
 */
function nextVersion(last: DirectoryRow | null, restored: Date | null): number {
  const lastAt = Date.parse(last?.taken_at ?? "") || 0;
  const known = last?.version ?? 0;
  if (restored === null || lastAt >= restored.getTime()) return known + 1;
  const lost = last === null ? 0 : Math.ceil((restored.getTime() - lastAt) / 1000);
  return known + lost + LOST_BESIDES;
}

/** The file that districts read; it is left alone if it is the one that the ledger has. */
async function show(config: EntityConfig, { text, issued_at }: DirectoryRow): Promise<void> {
  const path = join(await madeFolder(publishedIn(config)), DIRECTORY_FILE);
  const issued = new Date(issued_at);
  const found = await stat(path).catch(() => null);
  const isThere = found?.size === text.length && found.mtime.getTime() === issued.getTime();
  if (isThere) return;
  await writeDurably(path, text, { mode: FILE_MODE });
  await utimes(path, issued, issued).catch((error: unknown) => {
    throw diskRefusal(error, path);
  });
}

/** Its parent is made by the script of `directory accounts`, as root. */
async function madeFolder(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE }).catch((error: unknown) => {
    if (errnoOf(error) !== "EACCES") throw diskRefusal(error, folder);
    const sentence =
      "the folder of the directory is not there, or not ours: run the script of `packetboat directory accounts` first";
    throw new PacketboatError("FOLDER_MISSING", sentence, { cause: error });
  });
  return folder;
}
