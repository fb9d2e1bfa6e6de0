/** From a card that somebody vouched for to the row by which its agency is known. */
import { isRefusal, PacketboatError } from "../errors.ts";
import { type Fingerprint, sha256, showFingerprint } from "../ids.ts";
import { readPublicKey } from "../keys/key.ts";
import type { AgencyKeyRow, CardRow } from "../ledger/tables.ts";
import type { ReadCard } from "./card.ts";
import { keyFileOf, readOf } from "./key-files.ts";
import { proveSuccession } from "./succession.ts";

/** What makes a card believed, and when. */
export interface Pinning {
  /** The file, word for word. */
  readonly signedCard: Uint8Array;
  readonly at: Date;
  /** Username or account of whoever compared the fingerprint. */
  readonly by: string;
}

/** The row of an agency that is trusted from now on. */
export function agencyOf(
  { card, agencyId, key }: ReadCard,
  { signedCard, at, by }: Pinning,
): CardRow {
  const { Agency: agency, Role } = card;
  return {
    agency_id: agencyId,
    source: "card",
    signed_card: Buffer.from(signedCard).toString("utf8"),
    fingerprint: key.fingerprint,
    public_key: card.PublicKey,
    name: agency.OrganizationName,
    state_number: agency.StateDistrictNumber ?? null,
    city: agency.AddressCity,
    state: agency.StateAbbreviation,
    zip: agency.AddressPostalCode,
    phone: agency.TelephoneNumber ?? null,
    role: Role === "Entity" ? "entity" : "district",
    status: "Participating",
    successor_id: null,
    box: null,
    contacts: card.Contact ? JSON.stringify(card.Contact) : null,
    added_at: at.toISOString(),
    added_by: by,
    stopped_code: null,
  };
}

/** The row of the key that a card carries. */
export const keyOf = ({ agencyId, key, card, succession }: ReadCard): AgencyKeyRow => ({
  agency_id: agencyId,
  fingerprint: key.fingerprint,
  sha256: sha256(keyFileOf(card.PublicKey)),
  ...readOf(key),
  public_key: card.PublicKey,
  standing: "Current",
  valid_from: key.created.toISOString(),
  valid_until: key.expires?.toISOString() ?? null,
  succession,
});

/**
 * Has the key by which the agency is known named the card's to follow it?
 *
 * @param known its keys, as the ledger has them
 * @returns since when the card's key is in use; `null` if nobody but a person can tell
 */
export async function successionIn(
  { agencyId, succession, fingerprint: next }: ReadCard,
  known: readonly AgencyKeyRow[],
  at: Date,
): Promise<Date | null> {
  const present = known.find(({ standing }) => standing === "Current");
  if (succession === null || !present?.public_key) return null;
  const former = await readPublicKey(present.public_key);
  return await proveSuccession(succession, { agencyId, former, next }, at).catch(
    (error: unknown) => {
      if (isRefusal(error, "KEY_HELD")) return null;
      throw error;
    },
  );
}

/** @throws PacketboatError FINGERPRINT_DIFFERS if another key was named than the card's */
export function assertFingerprint({ agencyId, fingerprint }: ReadCard, named: Fingerprint): void {
  if (named === fingerprint) return;
  throw new PacketboatError(
    "FINGERPRINT_DIFFERS",
    `the card of ${agencyId} has the fingerprint ${showFingerprint(fingerprint)}, not the one named`,
    { facts: { fingerprint, named } },
  );
}
