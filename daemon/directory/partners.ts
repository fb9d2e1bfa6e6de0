/** The agencies we exchange packets with, and the keys they sign with. */
import type { AgencyId } from "../ids.ts";
import { readPublicKey, type PublicKey } from "../keys/key.ts";
import type { Issuer } from "../keys/signature.ts";
import { isIssuer } from "../keys/signed.ts";
import { findAgency, listAgencies } from "../ledger/agencies.ts";
import type { Queries } from "../ledger/connect.ts";
import type { AgencyRow } from "../ledger/tables.ts";

export interface Partner {
  readonly id: AgencyId;
  readonly name: string;
  readonly key: PublicKey;
  /** A person must act before anything more goes there or is taken from there. */
  readonly stoppedCode: string | null;
}

/** Looks partners up, and judges each key once. */
export class Partners {
  readonly #db: Queries;
  readonly #keys = new Map<string, Promise<PublicKey>>();

  constructor(db: Queries) {
    this.#db = db;
  }

  /** The partner of this id, or `null`. */
  async find(id: AgencyId): Promise<Partner | null> {
    const row = await findAgency(this.#db, id);
    return row && (await this.#partner(row));
  }

  /** Its keys, present or retired and not revoked, that covered a time. */
  async keysOf(id: AgencyId, _at: Date): Promise<readonly PublicKey[]> {
    const partner = await this.find(id);
    return partner ? [partner.key] : [];
  }

  /** All partners, by name. */
  async all(): Promise<Partner[]> {
    const rows = await listAgencies(this.#db);
    const partners = await Promise.all(rows.map((row) => this.#partner(row)));
    return partners.filter((partner) => partner !== null);
  }

  /** The partner who owns the key that made a signature, or `null`. */
  async signerOf(issuer: Issuer): Promise<Partner | null> {
    for (const row of await listAgencies(this.#db)) {
      const partner = await this.#partner(row);
      if (partner && isIssuer(partner.key, issuer)) return partner;
    }
    return null;
  }

  /** `null` if no key of it is here. */
  async #partner(row: AgencyRow): Promise<Partner | null> {
    const {
      agency_id: id,
      name,
      stopped_code: stoppedCode,
      fingerprint,
      public_key: armored,
    } = row;
    if (fingerprint === null || armored === null) return null;
    const known = this.#keys.get(fingerprint);
    const reading = known ?? readPublicKey(armored);
    this.#keys.set(fingerprint, reading);
    return { id, name, key: await reading, stoppedCode };
  }
}
