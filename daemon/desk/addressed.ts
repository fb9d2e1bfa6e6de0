/** Whom a request goes to: the district that it names, or the entity that finds it. */
import { participationFault } from "../directory/address.ts";
import { PacketboatError } from "../errors.ts";
import type { AgencyId } from "../ids.ts";
import { isJoined, joinedEntities, knownAgency } from "../ledger/agencies.ts";
import type { Queries } from "../ledger/connect.ts";
import type { RequestDecision } from "../transfer/decide.ts";
import type { WantedRequest } from "./decision.ts";
import type { Desk } from "./enact.ts";

/**
 * @throws PacketboatError PARTNER_UNKNOWN, ENTITY_NOT_JOINED, ENTITY_AMBIGUOUS; RULE_BROKEN for a district
 *   that takes no part, naming its successor
 */
export async function addressed(
  { ledger: db, processCode }: Pick<Desk, "ledger" | "processCode">,
  wanted: WantedRequest,
): Promise<RequestDecision> {
  const to = wanted.to ?? (await ourEntity(db));
  const agency = await knownAgency(db, to);
  if (agency.role === "entity" && !isJoined(agency)) {
    const sentence = `${to} is a common entity, and nobody here has compared its card`;
    throw new PacketboatError("ENTITY_NOT_JOINED", sentence);
  }
  const fault = participationFault(agency, processCode === "TEST");
  if (fault !== null) throw new PacketboatError("RULE_BROKEN", fault);
  return { ...wanted, to, throughEntity: agency.role === "entity" };
}

/**
 * The entity that this district has joined.
 *
 * @throws PacketboatError ENTITY_NOT_JOINED, ENTITY_AMBIGUOUS
 */
export async function ourEntity(db: Queries): Promise<AgencyId> {
  const [one, ...others] = (await joinedEntities(db)).map(({ agency_id }) => agency_id);
  if (one === undefined) {
    const sentence = "a state transfer needs a common entity, and this home has joined none";
    throw new PacketboatError("ENTITY_NOT_JOINED", sentence);
  }
  if (others.length === 0) return one;
  const sentence = `any of these may find the district: ${[one, ...others].join(", ")}`;
  throw new PacketboatError("ENTITY_AMBIGUOUS", sentence);
}
