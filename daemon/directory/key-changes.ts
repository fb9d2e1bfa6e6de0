/** What becomes of an agency's keys when a directory lists others than are known (PROTOCOL 8, TRUST B38). */
import { isRefusal } from "../errors.ts";
import type { AgencyId, Fingerprint, Sha256 } from "../ids.ts";
import { readPublicKey, type PublicKey } from "../keys/key.ts";
import type { AgencyKeyRow } from "../ledger/tables.ts";
import type { DirectoryKey } from "./directory.gen.ts";
import { readOf } from "./key-files.ts";
import type { Patience } from "./patience.ts";
import { type Link, linksTo, type Vouching } from "./vouching.ts";

/** By which keys are believed, as long as the directory's words are not all in vain. */
export interface Following extends Vouching {
  readonly patience: Patience;
}

/** The keys of one agency, as they are to stand from now on. */
export interface Followed {
  readonly keys: readonly AgencyKeyRow[];
  readonly current: AgencyKeyRow | null;
  /** Listed as the present one, and believed by nobody's word. */
  readonly held: Fingerprint | null;
}

/**
 * A key is believed when the agency is introduced, and later by the word of the key that was known; without
 * it the new one is held, and the old one goes on serving. Revocation and removal take effect at once.
 *
 * @param listed by the directory that was just proved
 * @param known all keys of the agency, also of one that was removed meanwhile
 * @throws PacketboatError BOX_… if a key had to be fetched and the line failed
 */
export async function followKeys(
  agencyId: AgencyId,
  listed: readonly DirectoryKey[],
  known: readonly AgencyKeyRow[],
  vouching: Following,
): Promise<Followed> {
  if (known.length === 0) return asListed(agencyId, listed, vouching.at);
  const keys = new Map(known.map((row) => [row.fingerprint, row]));
  for (const entry of listed.filter(({ KeyStanding }) => KeyStanding === "Revoked")) {
    const row = rowOf(agencyId, entry, vouching.at);
    keys.set(row.fingerprint, { ...keys.get(row.fingerprint), ...row, ...kept(keys, row) });
  }
  const present = [...keys.values()].find(({ standing }) => standing === "Current") ?? null;
  const target = listed.find(({ KeyStanding }) => KeyStanding === "Current");
  const held = target ? await follow(keys, { target, present, listed, agencyId }, vouching) : null;
  if (!target && present) retire(keys, present, endOf(listed, present, vouching.at));
  for (const { fingerprint, standing } of keys.values()) {
    if (standing === "Held" && fingerprint !== held) keys.delete(fingerprint);
  }
  return followed([...keys.values()], held);
}

type Keys = Map<Fingerprint, AgencyKeyRow>;

interface Change {
  readonly agencyId: AgencyId;
  readonly target: DirectoryKey;
  readonly present: AgencyKeyRow | null;
  readonly listed: readonly DirectoryKey[];
}

/** @returns the key that is held, if it is */
async function follow(
  keys: Keys,
  change: Change,
  vouching: Following,
): Promise<Fingerprint | null> {
  const { agencyId, target, present, listed } = change;
  const row = rowOf(agencyId, target, vouching.at);
  const { fingerprint } = row;
  if (keys.get(fingerprint)?.standing === "Revoked") return null;
  if (present?.fingerprint === fingerprint) {
    keys.set(fingerprint, await renewed(present, row, vouching));
    return null;
  }
  const links = present && (await linksFrom(present, { agencyId, target, listed }, vouching));
  if (present && links) {
    succeed(keys, present, links, row);
    return null;
  }
  const fetched = await fetchedOf(row, vouching);
  keys.set(fingerprint, { ...row, ...kept(keys, row), ...fetched, standing: "Held" });
  return fingerprint;
}

/** The known key, as it is listed now: prolonged, perhaps, in another file. */
async function renewed(
  present: AgencyKeyRow,
  row: AgencyKeyRow,
  vouching: Vouching,
): Promise<AgencyKeyRow> {
  const { public_key, signers, valid_from } = present;
  const known = { ...row, public_key, signers: signers ?? row.signers, valid_from };
  if (present.sha256 === null || present.sha256 === row.sha256) return known;
  const fetched = await fetchedOf(row, vouching);
  return fetched ? { ...known, ...fetched } : { ...known, sha256: present.sha256 };
}

async function linksFrom(
  present: AgencyKeyRow,
  { agencyId, target, listed }: Omit<Change, "present">,
  vouching: Following,
): Promise<readonly Link[] | null> {
  const { fingerprint } = present;
  const known = { agencyId, fingerprint, key: () => keyOf(present, vouching) };
  return await linksTo(target.Fingerprint as Fingerprint, listed, known, vouching);
}

/** Each key of the chain was in use until the next. */
function succeed(
  keys: Keys,
  present: AgencyKeyRow,
  links: readonly Link[],
  target: AgencyKeyRow,
): void {
  let before = present;
  for (const { listed, key, since } of links) {
    retire(keys, before, since.toISOString());
    before = {
      ...target,
      ...readOf(key),
      fingerprint: key.fingerprint,
      sha256: listed.KeySha256 as Sha256,
      standing: "Current",
      valid_from: since.toISOString(),
      succession: listed.SuccessionText ?? null,
    };
    keys.set(key.fingerprint, before);
  }
}

const retire = (keys: Keys, row: AgencyKeyRow, until: string): unknown =>
  keys.set(row.fingerprint, { ...row, standing: "Retired", valid_until: until });

/** The first time that an agency is heard of, its keys are believed as they are listed. */
const asListed = (agencyId: AgencyId, listed: readonly DirectoryKey[], at: Date): Followed =>
  followed(
    listed.map((entry) => rowOf(agencyId, entry, at)),
    null,
  );

const followed = (keys: readonly AgencyKeyRow[], held: Fingerprint | null): Followed => ({
  keys,
  current: keys.find(({ standing }) => standing === "Current") ?? null,
  held,
});

/** What the ledger has of a key beside what a directory says of it. */
const kept = (keys: Keys, { fingerprint, signers }: AgencyKeyRow) => {
  const row = keys.get(fingerprint);
  return { public_key: row?.public_key ?? null, signers: row?.signers ?? signers };
};

function rowOf(agencyId: AgencyId, entry: DirectoryKey, at: Date): AgencyKeyRow {
  const { KeyStanding: standing, ValidFrom, ValidUntil, SuccessionText } = entry;
  const fingerprint = entry.Fingerprint as Fingerprint;
  const until = ValidUntil ?? (standing === "Current" ? null : at.toISOString());
  return {
    agency_id: agencyId,
    fingerprint,
    sha256: entry.KeySha256 as Sha256,
    public_key: null,
    // The primary key's id ends the fingerprint (RFC 9580, 5.5.4.1); which others sign, its file tells.
    signers: fingerprint.slice(-16),
    standing,
    valid_from: new Date(ValidFrom).toISOString(),
    valid_until: until === null ? null : new Date(until).toISOString(),
    succession: SuccessionText ?? null,
  };
}

function endOf(listed: readonly DirectoryKey[], { fingerprint }: AgencyKeyRow, at: Date): string {
  const until = listed.find((entry) => entry.Fingerprint === fingerprint)?.ValidUntil;
  return (until === undefined ? at : new Date(until)).toISOString();
}

async function fetchedOf(row: AgencyKeyRow, vouching: Vouching) {
  const key = await keyOf(row, vouching);
  return key && readOf(key);
}

/** `null` if it cannot be had as it was named. */
async function keyOf(
  { fingerprint, sha256, public_key: armored }: AgencyKeyRow,
  { fetch }: Vouching,
): Promise<PublicKey | null> {
  try {
    if (armored !== null) return await readPublicKey(armored);
    return sha256 === null ? null : await fetch({ fingerprint, sha256 });
  } catch (error) {
    if (isRefusal(error) && error.code.startsWith("KEY_")) return null;
    throw error;
  }
}
