/** A state's directory in tests: published, read, and made by those who keep no rules. */
import { readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { rotateKey } from "../daemon/commands/home/rotate.ts";
import { readConfig } from "../daemon/config.ts";
import { type Directory, writeDirectory } from "../daemon/directory/directory.ts";
import { keyFileName, keyFileOf } from "../daemon/directory/key-files.ts";
import { sha256 } from "../daemon/ids.ts";
import { type PrivateKey, readPrivateKey } from "../daemon/keys/key.ts";
import { readSigned } from "../daemon/keys/signed.ts";
import { findAgency } from "../daemon/ledger/agencies.ts";
import { keysOfAgency } from "../daemon/ledger/agency-keys.ts";
import { lastDirectory } from "../daemon/ledger/directories.ts";
import type { AgencyKeyRow, AgencyRow } from "../daemon/ledger/tables.ts";
import { readDocument } from "../daemon/packet/document.ts";
import { wireTime } from "../daemon/transfer/dates.ts";
import { packetboat, resultOf } from "./commands/terminal.ts";
import { type District, meet, withLedger } from "./homes.ts";
import type { State } from "./states.ts";

const DIRECTORY = {
  root: "Directory",
  namespace: "urn:packetboat:directory:1",
  schemaFile: "directory.schema.json",
  content: undefined as Directory | undefined,
};

/** Where the entity lays it out, on this machine's disk. */
export const published = ({ folder }: Pick<State, "folder">, name = "directory.xml.pgp"): string =>
  join(folder, "server", "directory", "test", name);

/** The entity publishes, and these districts read. */
export async function spread(state: State, ...readers: District[]): Promise<void> {
  await meet(state, state.entity);
  for (const reader of readers) await meet(state, reader);
}

/** What the published file says, whoever signed it. */
export async function said(state: State): Promise<Directory> {
  const signed = await readSigned(await readFile(published(state)), { maxBytes: 8_000_000 });
  return readDocument(signed.unverifiedContent(), DIRECTORY as never);
}

export const secretOf = async ({ folder }: District): Promise<PrivateKey> =>
  readPrivateKey(await readFile(join(folder, "keys", "openpgp.asc")));

/** Put bytes in the place of the directory; a second later than the last, so that it is seen. */
export async function layOut(state: State, bytes: string | Uint8Array): Promise<void> {
  state.clock.pass({ minutes: 1 });
  await writeFile(published(state), bytes);
  await utimes(published(state), state.clock.now(), state.clock.now());
}

/**
 * What an entity would publish that keeps no rules, or somebody who has its place on the server.
 *
 * @param change what is said otherwise than now; the next number is there already
 */
export async function forge(
  state: State,
  change: (directory: Directory) => void | Promise<void>,
  signWith?: PrivateKey,
): Promise<void> {
  const directory = structuredClone(await said(state));
  directory.Version = String(Number(directory.Version) + 1);
  directory.IssuedDateTime = wireTime(state.clock.now());
  await change(directory);
  const key = signWith ?? (await secretOf(state.entity));
  await layOut(state, (await writeDirectory(directory, key, state.clock.now())).text);
}

export const entryOf = (directory: Directory, { id }: District) => {
  const entry = directory.Agency?.find(({ AgencyId }) => AgencyId === id);
  if (!entry) throw new Error(`${id} is not listed`);
  return entry;
};

/** Lay out the file of a key. @returns how a directory names it */
export async function layOutKey(state: State, { publicKey }: PrivateKey) {
  const bytes = keyFileOf(publicKey.armored);
  const { fingerprint } = publicKey;
  const named = { fingerprint, sha256: sha256(bytes) };
  await writeFile(published(state, keyFileName(named)), bytes);
  return {
    Fingerprint: fingerprint,
    KeySha256: named.sha256,
    ValidFrom: wireTime(publicKey.created),
    KeyStanding: "Current" as const,
  };
}

/** As `keys rotate` does. */
export const rotate = async (home: District, at: Date): Promise<void> =>
  void (await rotateKey(await readConfig(home.configPath), { at }));

/** A command at a home, by somebody named. */
export const at = (
  state: State,
  home: District,
  username: string,
  ...argv: string[]
): [string[], { now: Date }] => [
  [...argv, "--as", username, "--config", home.configPath],
  { now: state.clock.now() },
];

/** The entity takes a district's present card, by its fingerprint if that is named. */
export async function retake(
  state: State,
  home: District,
  ...more: string[]
): Promise<Record<string, unknown>> {
  const argv = at(state, state.entity, "example.approver", "directory", "add", home.card, ...more);
  return (await resultOf(...argv)) as Record<string, unknown>;
}

export const say = (state: State, home: District, username: string, ...argv: string[]) =>
  packetboat(...at(state, home, username, ...argv));

/** What a home knows of an agency. */
export const known = (home: District, { id }: District): Promise<AgencyRow | null> =>
  withLedger(home, (ledger) => findAgency(ledger, id));

/** Its keys, by their standing. */
export const standings = (home: District, { id }: District): Promise<string[]> =>
  withLedger(home, async (ledger) =>
    (await keysOfAgency(ledger, id)).map((key: AgencyKeyRow) => key.standing).toSorted(),
  );

export const versionAt = (home: District, { entity }: State): Promise<number | undefined> =>
  withLedger(home, async (ledger) => (await lastDirectory(ledger, entity.id))?.version);
