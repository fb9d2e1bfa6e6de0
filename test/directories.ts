/** A state's directory in tests: published, read, and made by those who keep no rules. */
import { readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { rotateKey } from "../daemon/commands/home/rotate.ts";
import { readConfig } from "../daemon/config.ts";
import { type Directory, writeDirectory } from "../daemon/directory/directory.ts";
import { keyFileName, keyFileOf } from "../daemon/directory/key-files.ts";
import type { ErrorCode } from "../daemon/errors.ts";
import { parseAgencyId, sha256 } from "../daemon/ids.ts";
import { newKeyPair, type PrivateKey, readPrivateKey, readPublicKey } from "../daemon/keys/key.ts";
import { signInline } from "../daemon/keys/seal.ts";
import { readSigned } from "../daemon/keys/signed.ts";
import { findAgency } from "../daemon/ledger/agencies.ts";
import { keysOfAgency } from "../daemon/ledger/agency-keys.ts";
import { lastDirectory } from "../daemon/ledger/directories.ts";
import type { AgencyKeyRow, AgencyRow } from "../daemon/ledger/tables.ts";
import { readDocument } from "../daemon/packet/document.ts";
import { wireTime } from "../daemon/transfer/dates.ts";
import { packetboat, resultOf } from "./commands/terminal.ts";
import { writerAt } from "./forge.ts";
import { type District, meet, withLedger } from "./homes.ts";
import { withKeyOf } from "./keys/bound.ts";
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

/** As an entity would list it that takes any card, or another state's: to one's key the other's is bound, who did not agree. */
export async function listBound(state: State, owner: District, other: District): Promise<void> {
  const at = state.clock.now();
  const key = await withKeyOf(await writerAt(owner), await writerAt(other), { at });
  const listed = await layOutKey(state, { publicKey: await readPublicKey(key) });
  await forge(state, (directory) => void (entryOf(directory, owner).Key = [listed]));
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

/** Of somebody whom nobody knows. */
export async function strangersKey({ clock }: State, id = "2700999"): Promise<PrivateKey> {
  const agencyId = parseAgencyId(id);
  const made = await newKeyPair({ agencyId, name: "Nobody", at: clock.now() });
  return await readPrivateKey(made.privateKey);
}

/** Directories that are refused, and the last good one serves. */
export const UNBELIEVED: readonly (readonly [
  what: string,
  code: ErrorCode,
  make: (state: State) => Promise<void>,
])[] = [
  [
    "is signed by a stranger",
    "DIRECTORY_SIGNER",
    async (state) => forge(state, () => {}, await strangersKey(state)),
  ],
  [
    "is signed by a district that is listed in it",
    "DIRECTORY_SIGNER",
    async (state) => forge(state, () => {}, await secretOf(state.prairie)),
  ],
  [
    "is signed by a stranger who lists himself as the entity's next key",
    "DIRECTORY_SIGNER",
    async (state) => {
      const key = await strangersKey(state);
      const listed = await layOutKey(state, key);
      await forge(
        state,
        (directory) => {
          const [present] = directory.Key;
          if (present) directory.Key = [{ ...present, KeyStanding: "Retired" }, listed];
        },
        key,
      );
    },
  ],
  [
    "is a packet's worth of plain XML",
    "DIRECTORY_INVALID",
    (state) => layOut(state, `<Directory xmlns="urn:packetboat:directory:1"></Directory>`),
  ],
  [
    "was cut short",
    "DIRECTORY_INVALID",
    async (state) => {
      const text = await readFile(published(state), "utf8");
      await layOut(state, text.slice(0, text.length / 2));
    },
  ],
  [
    "was put together from two",
    "DIRECTORY_SIGNER",
    async (state) => {
      const old = await readFile(published(state), "utf8");
      const { id } = state.corners;
      await say(state, state.entity, "example.approver", "directory", "status", id, "Inactive");
      await say(state, state.entity, "example.approver", "directory", "publish");
      const lines = (await readFile(published(state), "utf8")).split("\n");
      const before = old.split("\n");
      const middle = lines.findIndex((line, index) => index > 10 && line !== before[index]);
      lines[middle] = before[middle] ?? "";
      await layOut(state, lines.join("\n"));
    },
  ],
  [
    "lists no agency as the schema wants it",
    "DIRECTORY_INVALID",
    async (state) => {
      const text = `<Directory xmlns="urn:packetboat:directory:1"><Version>9</Version></Directory>`;
      const signWith = await secretOf(state.entity);
      await layOut(state, await signInline(text, { signWith, at: state.clock.now() }));
    },
  ],
  [
    "has the number of the known one and says something else",
    "DIRECTORY_CONFLICT",
    (state) =>
      forge(state, (directory) => {
        directory.Version = "1";
        entryOf(directory, state.prairie).TelephoneNumber = "555-555-0666";
      }),
  ],
  [
    "has expired",
    "DIRECTORY_EXPIRED",
    (state) =>
      forge(state, (directory) => {
        directory.IssuedDateTime = wireTime(new Date(state.clock.now().getTime() - 60_000));
        directory.ExpiresDateTime = wireTime(new Date(state.clock.now().getTime() - 1000));
      }),
  ],
  [
    "is issued in the future",
    "DIRECTORY_INVALID",
    (state) =>
      forge(state, (directory) => {
        directory.IssuedDateTime = wireTime(new Date(state.clock.now().getTime() + 3_600_000));
      }),
  ],
  [
    "lists an agency twice",
    "DIRECTORY_INVALID",
    (state) =>
      forge(state, (directory) => {
        const { Key: _, ...keyless } = entryOf(directory, state.prairie);
        directory.Agency?.push(keyless);
      }),
  ],
  [
    "lists one key for two agencies",
    "DIRECTORY_INVALID",
    (state) =>
      forge(state, (directory) => {
        const { Key = [] } = entryOf(directory, state.corners);
        entryOf(directory, state.prairie).Key = Key;
      }),
  ],
  [
    "lists two present keys of one agency",
    "DIRECTORY_INVALID",
    (state) =>
      forge(state, async (directory) => {
        const listed = await layOutKey(state, await strangersKey(state));
        entryOf(directory, state.prairie).Key?.push(listed);
      }),
  ],
  [
    "lists an agency of another state",
    "DIRECTORY_INVALID",
    (state) =>
      forge(state, (directory) => {
        entryOf(directory, state.corners).AgencyId = "3900012";
      }),
  ],
  [
    "is another entity's list",
    "DIRECTORY_INVALID",
    (state) =>
      forge(state, (directory) => {
        directory.EntityId = "2700001";
      }),
  ],
  [
    "is for production, and this home for tests",
    "DIRECTORY_INVALID",
    (state) =>
      forge(state, (directory) => {
        directory.DocumentProcessCode = "PRODUCTION";
      }),
  ],
];
