/** Whom an entity lists, its districts and its peers: taken up, changed, suspended; what its next directory will say. */
import type { ReadCard } from "../directory/card.ts";
import { peersServerOn } from "../directory/member.ts";
import { keyOf } from "../directory/pin.ts";
import { PacketboatError } from "../errors.ts";
import { type AgencyId, type Fingerprint, isEntityId, isOfState } from "../ids.ts";
import { addAgency, knownCard, updateAgency } from "../ledger/agencies.ts";
import { keysOfAgency, setStanding } from "../ledger/agency-keys.ts";
import { addAudit } from "../ledger/audit.ts";
import type { Ledger } from "../ledger/connect.ts";
import type { AgencyKeyRow, AgencyRow, AgencyStatus, CardRow } from "../ledger/tables.ts";
import { boxOf } from "./listing.ts";

/**
 * Whether a card is of a district of our state, or of the entity of another, which must name its server.
 *
 * @param known all whose cards are here
 * @throws PacketboatError CARD_UNFIT for any other (PROTOCOL 1), and for a second entity of one state
 */
export function assertListable(
  read: ReadCard,
  entityId: AgencyId,
  known: readonly CardRow[],
): void {
  const { card, agencyId } = read;
  if (card.Role === "Entity") return assertPeer(read, entityId, known);
  if (isOfState(agencyId, entityId)) return;
  const state = entityId.slice(0, 2);
  throw unfit(`${agencyId} is no district of our state: its id would begin with ${state}`);
}

function assertPeer(
  { card, agencyId }: ReadCard,
  entityId: AgencyId,
  known: readonly CardRow[],
): void {
  if (!isEntityId(agencyId)) throw unfit(`${agencyId} is no id of an entity`);
  if (isOfState(agencyId, entityId)) throw unfit(`${agencyId} is an entity of our own state`);
  peersServerOn(card, entityId);
  if (card.SshPublicKey === undefined) {
    throw unfit(`the card of ${agencyId} has no SSH key, with which it would log in here`);
  }
  const other = known.find(
    ({ agency_id: id, role }) => role === "entity" && id !== agencyId && isOfState(id, agencyId),
  );
  if (!other) return;
  throw unfit(`${other.name} (${other.agency_id}) speaks for that state already`);
}

const unfit = (why: string): PacketboatError => new PacketboatError("CARD_UNFIT", why);

/**
 * Take a district or a peer up by its card, or replace its card. It keeps its box and its status.
 *
 * @param before the agency as it was known
 * @param since since when the card's key is in use, if its former key says so
 * @throws PacketboatError CARD_CONFLICT if the key belongs to another agency; KEY_REVOKED
 */
export async function takeUp(
  ledger: Ledger,
  agency: CardRow,
  by: { readonly read: ReadCard; readonly before: AgencyRow | null; readonly since: Date | null },
): Promise<CardRow> {
  const { read, before, since } = by;
  const taken: CardRow = {
    ...agency,
    box: before?.box ?? boxOf(agency.agency_id),
    status: before?.status ?? agency.status,
    successor_id: before?.successor_id ?? null,
  };
  await addAgency(ledger, taken, keyOf(read), since?.toISOString());
  return taken;
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
