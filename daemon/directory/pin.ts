/** From a card that somebody vouched for to the row by which its agency is known. */
import { PacketboatError } from "../errors.ts";
import { type Fingerprint, showFingerprint } from "../ids.ts";
import type { CardRow } from "../ledger/tables.ts";
import type { ReadCard } from "./card.ts";

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

/** @throws PacketboatError FINGERPRINT_DIFFERS if another key was named than the card's */
export function assertFingerprint({ agencyId, fingerprint }: ReadCard, named: Fingerprint): void {
  if (named === fingerprint) return;
  throw new PacketboatError(
    "FINGERPRINT_DIFFERS",
    `the card of ${agencyId} has the fingerprint ${showFingerprint(fingerprint)}, not the one named`,
    { facts: { fingerprint, named } },
  );
}
