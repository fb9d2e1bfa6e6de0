/** The districts of an entity: taken up, changed, suspended; what its next directory will list. */
import { isOfState } from "../directory/address.ts";
import type { ReadCard } from "../directory/card.ts";
import { keyOf } from "../directory/pin.ts";
import { PacketboatError } from "../errors.ts";
import type { AgencyId, Fingerprint } from "../ids.ts";
import { addAgency, knownCard, updateAgency } from "../ledger/agencies.ts";
import { keysOfAgency, setStanding } from "../ledger/agency-keys.ts";
import { addAudit } from "../ledger/audit.ts";
import type { Ledger } from "../ledger/connect.ts";
import type { AgencyKeyRow, AgencyRow, AgencyStatus, CardRow } from "../ledger/tables.ts";
import { boxOf } from "./listing.ts";

/**
 * @throws PacketboatError CARD_UNFIT for the card of an entity, or of another state (PROTOCOL 1)
 */
export function assertOurDistrict({ card, agencyId }: ReadCard, entityId: AgencyId): void {
  const wrong =
    card.Role !== "District"
      ? `${agencyId} is no district`
      : isOfState(agencyId, entityId)
        ? null
        : `${agencyId} is no district of our state: its id would begin with ${entityId.slice(0, 2)}`;
  if (wrong !== null) throw new PacketboatError("CARD_UNFIT", wrong);
}

/**
 * Take a district up by its card, or replace its card. It keeps its box and its status.
 *
 * @param before the district as it was known
 * @param since since when the card's key is in use, if its former key says so
 * @throws PacketboatError CARD_CONFLICT if the key belongs to another agency; KEY_REVOKED
 */
export async function takeUpDistrict(
  ledger: Ledger,
  agency: CardRow,
  by: { readonly read: ReadCard; readonly before: AgencyRow | null; readonly since: Date | null },
): Promise<CardRow> {
  const { read, before, since } = by;
  const district: CardRow = {
    ...agency,
    box: before?.box ?? boxOf(agency.agency_id),
    status: before?.status ?? agency.status,
    successor_id: before?.successor_id ?? null,
  };
  await addAgency(ledger, district, keyOf(read), since?.toISOString());
  return district;
}

/**
 * @param successorId who has the records of a closed district
 * @throws PacketboatError PARTNER_UNKNOWN; RULE_BROKEN for a successor that is none
 */
export async function setStatus(
  ledger: Ledger,
  id: AgencyId,
  change: {
    readonly status: AgencyStatus;
    readonly successorId: AgencyId | null;
    readonly at: Date;
  },
): Promise<CardRow> {
  const { status, successorId, at } = change;
  if (successorId !== null && (status !== "Closed" || successorId === id)) {
    const sentence = `only a closed district has a successor, and never itself`;
    throw new PacketboatError("RULE_BROKEN", sentence);
  }
  return await ledger.transaction().execute(async (db) => {
    const district = await knownCard(db, id);
    if (successorId !== null) await knownCard(db, successorId);
    await updateAgency(db, id, { status, successor_id: successorId });
    await addAudit(db, { at: at.toISOString(), event: `agency ${status}`, subject: id });
    return { ...district, status, successor_id: successorId };
  });
}

/**
 * From now on nothing that a key ever signed counts.
 *
 * @param fingerprint the present one without it
 * @throws PacketboatError PARTNER_UNKNOWN if it is not known, or has no such key
 */
export async function revokeKey(
  ledger: Ledger,
  id: AgencyId,
  { fingerprint, at }: { readonly fingerprint: Fingerprint | null; readonly at: Date },
): Promise<AgencyKeyRow> {
  return await ledger.transaction().execute(async (db) => {
    await knownCard(db, id);
    const key = (await keysOfAgency(db, id)).find((row) =>
      fingerprint === null ? row.standing === "Current" : row.fingerprint === fingerprint,
    );
    if (!key) {
      const which = fingerprint === null ? "key in use" : `key ${fingerprint}`;
      throw new PacketboatError("PARTNER_UNKNOWN", `agency ${id} has no ${which}`);
    }
    const revoked = { standing: "Revoked", valid_until: at.toISOString() } as const;
    await setStanding(db, key, revoked);
    await addAudit(db, { at: at.toISOString(), event: "key revoked", subject: key.fingerprint });
    return { ...key, ...revoked };
  });
}
