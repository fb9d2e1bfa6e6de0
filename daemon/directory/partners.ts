/** The agencies we exchange packets with, and the keys they sign with. */
import { isRefusal, PacketboatError } from "../errors.ts";
import type { AgencyId } from "../ids.ts";
import { readPublicKey, type PublicKey } from "../keys/key.ts";
import type { Issuer } from "../keys/signature.ts";
import { isIssuer, type Unverified } from "../keys/signed.ts";
import { CLOCK_SKEW_MS } from "../keys/standing.ts";
import { boxHolderFor, findAgency, joinedEntityId, listCards } from "../ledger/agencies.ts";
import {
  keysOfAgency,
  keysSigningAs,
  keysWithParts,
  listKeys,
  noteKey,
} from "../ledger/agency-keys.ts";
import type { Queries } from "../ledger/connect.ts";
import { directoryTimes } from "../ledger/directories.ts";
import type { AgencyKeyRow, AgencyRow } from "../ledger/tables.ts";
import { parseAttachmentName, parseSealedName } from "../packet/names.ts";
import { assertAddressable } from "./address.ts";
import { assertOwn } from "./holders.ts";
import { type NamedKey, readOf } from "./key-files.ts";

export interface Partner {
  readonly id: AgencyId;
  readonly name: string;
  /** The key to seal for; of a signer: the one that may have signed. */
  readonly key: PublicKey;
  /** What this key signed later does not count; `null` of a present key. */
  readonly retiredAt: Date | null;
  /** A person must act before anything more goes there or is taken from there. */
  readonly stoppedCode: string | null;
  /** In whose box is left what is for it. */
  readonly box: AgencyId;
}

/** What a home must say of itself to know whom it may address. */
export interface Knowing {
  readonly isTest: boolean;
  readonly now: () => Date;
}

/** What can be asked of a signature before its signer is known. */
export type Signed = Pick<Unverified, "issuer" | "signedAt" | "isBy">;

/** Fetches an agency's key from where the directory that lists it lies. Refusals as with `FetchKey`. */
export type FetchAgencysKey = (id: AgencyId, key: NamedKey) => Promise<PublicKey>;

/** Looks partners up, and reads each key once. */
export class Partners {
  readonly #db: Queries;
  readonly #knowing: Knowing;
  readonly #keys = new Map<string, Promise<PublicKey>>();
  #fetch: FetchAgencysKey | null = null;

  constructor(db: Queries, knowing: Knowing) {
    this.#db = db;
    this.#knowing = knowing;
  }

  /** From now on keys that a directory names are fetched when they are first needed. */
  fetchFrom(fetch: FetchAgencysKey): void {
    this.#fetch = fetch;
  }

  /**
   * The agency of this id, if something may be sealed for it now; `null` if it is not known.
   *
   * @throws PacketboatError AGENCY_NOT_PARTICIPATING, DIRECTORY_EXPIRED, KEY_HELD, KEY_FILE_DIFFERS,
   *   KEY_NOT_FETCHED; BOX_… if its key had to be fetched and the line failed
   */
  async find(id: AgencyId): Promise<Partner | null> {
    const row = await findAgency(this.#db, id);
    if (!row) return null;
    await this.#assertAddressable(row);
    const keys = await keysOfAgency(this.#db, id);
    const current = keys.find(({ standing }) => standing === "Current");
    if (current) return await this.#partner(row, current);
    const held = keys.find(({ standing }) => standing === "Held");
    if (held) throw heldKey(held);
    throw new PacketboatError("AGENCY_NOT_PARTICIPATING", `no key of agency ${id} is in use`);
  }

  /** The partners whose cards were added by hand, by name. */
  async all(): Promise<Partner[]> {
    const partners: Partner[] = [];
    for (const row of await listCards(this.#db)) {
      const keys = await keysOfAgency(this.#db, row.agency_id);
      const current = keys.find(({ standing }) => standing === "Current");
      if (current) partners.push(await this.#partner(row, current));
    }
    return partners;
  }

  /**
   * When the present keys of those agencies end, `null` for never: as the ledger has it, for to read the keys of
   * a whole state takes more than a second.
   */
  async ends(): Promise<{ readonly id: AgencyId; readonly expires: Date | null }[]> {
    const present = (await listKeys(this.#db)).filter(({ standing }) => standing === "Current");
    const keys = new Map(present.map((row) => [row.agency_id, row]));
    const ends: { id: AgencyId; expires: Date | null }[] = [];
    for (const { agency_id: id } of await listCards(this.#db)) {
      const row = keys.get(id);
      if (!row) continue;
      if (row.signers === null) ends.push({ id, expires: (await this.#keyOf(row)).expires });
      else ends.push({ id, expires: row.valid_until === null ? null : new Date(row.valid_until) });
    }
    return ends;
  }

  /**
   * The agency that owns the key that made a signature, or `null`. A retired key is found as well: what it
   * signed while it was in use is good.
   *
   * @param fileName of what was signed: a hint whose keys to fetch, if the signature's is not here
   * @throws PacketboatError PACKET_SIGNER_REVOKED; KEY_HELD, KEY_NOT_LISTED, AGENCY_NOT_PARTICIPATING,
   *   DIRECTORY_EXPIRED: then it may be believed later; KEY_FILE_DIFFERS, KEY_NOT_FETCHED, BOX_…
   */
  async signerOf(signed: Signed, fileName?: string): Promise<Partner | null> {
    const { issuer } = signed;
    const found = await this.#issuing(await keysSigningAs(this.#db, issuer.keyId), signed);
    if (found) return await this.#signer(found);
    const hinted = fileName === undefined ? null : senderIn(fileName);
    if (hinted === null) return null;
    const absent = (await keysOfAgency(this.#db, hinted)).filter(({ public_key }) => !public_key);
    const fetched = await this.#issuing(absent, signed);
    if (fetched) return await this.#signer(fetched);
    await this.#assertHeardOfInTime(hinted, issuer);
    return null;
  }

  /**
   * What a district of another state sends may be here before its entity's directory, which ours passes on: the key
   * that signed it may be new.
   */
  async #assertHeardOfInTime(id: AgencyId, { keyId }: Issuer): Promise<void> {
    const row = await findAgency(this.#db, id);
    if (row?.source !== "directory" || (await boxHolderFor(this.#db, id)) === id) return;
    const sentence = `it is signed by the key ${keyId}, which the directory of agency ${id}'s state does not list yet`;
    throw new PacketboatError("KEY_NOT_LISTED", sentence, { facts: { keyId } });
  }

  /**
   * The keys by which an agency could sign at a time: its present one and the retired, none that is revoked
   * or held. Whether the agency takes part does not matter: what it said while it did is to be read.
   *
   * @throws PacketboatError KEY_HELD if the issuer's is held; KEY_FILE_DIFFERS, KEY_NOT_FETCHED, BOX_… if a
   *   key is not here
   */
  async keysOf(id: AgencyId, at: Date, { keyId }: Issuer): Promise<readonly PublicKey[]> {
    if (!(await findAgency(this.#db, id))) return [];
    const rows = await keysOfAgency(this.#db, id);
    const held = rows.find((row) => row.standing === "Held" && row.signers?.includes(keyId));
    if (held) throw heldKey(held);
    const keys: PublicKey[] = [];
    for (const row of rows) {
      if (isInUse(row) && covers(row, at)) keys.push(await this.#keyOf(row));
    }
    return keys;
  }

  /**
   * Whose key, of those that fit, made the signature; the first that fits, if none did. Those in use first: a key that
   * is revoked at one agency says nothing of another's, nor does one that cannot be had or read. An agency's former key
   * and its present one may share a subkey: then it is the one of that time.
   */
  async #issuing(
    rows: readonly AgencyKeyRow[],
    { issuer, signedAt, isBy }: Signed,
  ): Promise<AgencyKeyRow | null> {
    const isLate = (row: AgencyKeyRow): number => Number(!covers(row, signedAt));
    const inUse = rows.filter(isInUse).toSorted((one, other) => isLate(one) - isLate(other));
    const { fitting, refusal } = await this.#fitting(inUse, issuer);
    const [first, second] = fitting;
    if (first && !second && !refusal) return first;
    for (const row of fitting) {
      if (await isBy(await this.#keyOf(row))) return row;
    }
    if (refusal) throw refusal;
    return first ?? (await this.#outOfUse(rows, issuer));
  }

  /** @returns also why the first of those that could not be read was refused */
  async #fitting(rows: readonly AgencyKeyRow[], issuer: Issuer) {
    const fitting: AgencyKeyRow[] = [];
    let refusal: PacketboatError | null = null;
    for (const row of rows) {
      try {
        if (isIssuer(await this.#keyOf(row), issuer)) fitting.push(row);
      } catch (error) {
        if (!isRefusal(error) || !error.code.startsWith("KEY_")) throw error;
        refusal ??= error;
      }
    }
    return { fitting, refusal };
  }

  /** The key itself need not be here: nothing is proved by it. */
  async #outOfUse(rows: readonly AgencyKeyRow[], issuer: Issuer): Promise<AgencyKeyRow | null> {
    for (const row of rows.filter((each) => !isInUse(each))) {
      if (row.fingerprint === issuer.fingerprint) return row;
      if (isIssuer(await this.#keyOf(row), issuer)) return row;
    }
    return null;
  }

  async #signer(key: AgencyKeyRow): Promise<Partner | null> {
    const row = await findAgency(this.#db, key.agency_id);
    if (!row) return null;
    if (key.standing === "Held") throw heldKey(key);
    if (key.standing === "Revoked") {
      const { fingerprint, agency_id: owner } = key;
      const sentence = `it was signed with ${fingerprint}, a revoked key of agency ${owner}`;
      throw new PacketboatError("PACKET_SIGNER_REVOKED", sentence, {
        facts: { fingerprint, owner },
      });
    }
    await this.#assertAddressable(row);
    return await this.#partner(row, key);
  }

  async #assertAddressable(row: AgencyRow): Promise<void> {
    const { isTest, now } = this.#knowing;
    const directories = await directoryTimes(this.#db);
    const joined = await joinedEntityId(this.#db);
    assertAddressable(row, { isTest, directories, joined, at: now() });
  }

  async #partner(row: AgencyRow, key: AgencyKeyRow): Promise<Partner> {
    const { agency_id: id, name, stopped_code: stoppedCode } = row;
    const until = key.standing === "Retired" ? key.valid_until : null;
    const retiredAt = until === null ? null : new Date(until);
    const box = await boxHolderFor(this.#db, id);
    return { id, name, key: await this.#keyOf(key), retiredAt, stoppedCode, box };
  }

  #keyOf(row: AgencyKeyRow): Promise<PublicKey> {
    const known = this.#keys.get(row.fingerprint);
    if (known) return known;
    const reading = this.#read(row);
    this.#keys.set(row.fingerprint, reading);
    reading.catch(() => this.#keys.delete(row.fingerprint));
    return reading;
  }

  async #read(row: AgencyKeyRow): Promise<PublicKey> {
    const { agency_id: id, fingerprint, sha256, public_key: armored, signers } = row;
    if (armored !== null) {
      const key = await readPublicKey(armored);
      if (signers === null) await noteKey(this.#db, row, firstRead(row, key));
      return key;
    }
    if (!this.#fetch || sha256 === null) {
      const sentence = `key ${fingerprint} of agency ${id} has not been fetched yet`;
      throw new PacketboatError("KEY_NOT_FETCHED", sentence);
    }
    const key = await this.#fetch(id, { fingerprint, sha256 });
    const keyIds = key.parts.map(({ keyId }) => keyId);
    await assertOwn(id, key, await keysWithParts(this.#db, keyIds));
    await noteKey(this.#db, row, readOf(key));
    return key;
  }
}

/** Of a key that was known before its end was noted. */
const firstRead = ({ standing, valid_until }: AgencyKeyRow, key: PublicKey) => ({
  ...readOf(key),
  valid_until: standing === "Current" ? (key.expires?.toISOString() ?? null) : valid_until,
});

const isInUse = ({ standing }: AgencyKeyRow): boolean =>
  standing === "Current" || standing === "Retired";

const covers = ({ valid_from, valid_until }: AgencyKeyRow, at: Date): boolean =>
  Date.parse(valid_from) <= at.getTime() + CLOCK_SKEW_MS &&
  (valid_until === null || at.getTime() <= Date.parse(valid_until) + CLOCK_SKEW_MS);

const senderIn = (fileName: string): AgencyId | null =>
  (parseSealedName(fileName) ?? parseAttachmentName(fileName))?.from ?? null;

function heldKey({ agency_id: owner, fingerprint }: AgencyKeyRow): PacketboatError {
  const sentence = `key ${fingerprint} of agency ${owner} is held: nobody has compared it yet`;
  return new PacketboatError("KEY_HELD", sentence, { facts: { fingerprint, owner } });
}
