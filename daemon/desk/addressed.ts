/** Whom a request goes to: the district that it names or describes, or the entity that finds it. */
import { distance } from "fastest-levenshtein";
import { participationFault, takesPart } from "../directory/address.ts";
import { locate, meant, type Place, placesIn } from "../directory/locator.ts";
import { PacketboatError } from "../errors.ts";
import type { AgencyId } from "../ids.ts";
import { isJoined, joinedEntities, knownAgency, knownOrListed } from "../ledger/agencies.ts";
import type { Queries } from "../ledger/connect.ts";
import type { AgencyRow } from "../ledger/tables.ts";
import type { RequestDecision } from "../transfer/decide.ts";
import type { DescribedDistrict, WantedRequest } from "./decision.ts";
import type { Desk } from "./enact.ts";

/** Districts that are named where a description fits none or several. */
const MOST_NAMED = 10;

/**
 * Settles whom a request goes to, and how: a district that takes no part is asked on paper.
 *
 * @throws PacketboatError PARTNER_UNKNOWN, DISTRICT_NOT_FOUND, DISTRICT_AMBIGUOUS, ENTITY_NOT_JOINED,
 *   ENTITY_AMBIGUOUS; RULE_BROKEN for a district that is closed, naming its successor, or not open
 */
export async function addressed(
  { ledger: db, processCode, us }: Pick<Desk, "ledger" | "processCode" | "us">,
  wanted: WantedRequest,
): Promise<RequestDecision> {
  const to = await releaserMeant(db, wanted.to, us.AgencyId);
  const agency = await knownOrListed(db, to);
  if (agency.role === "entity" && !isJoined(agency)) {
    const sentence = `${to} is a common entity, and nobody here has compared its card`;
    throw new PacketboatError("ENTITY_NOT_JOINED", sentence);
  }
  const isTest = processCode === "TEST";
  const onPaper = isAskedOnPaper(agency);
  const fault = onPaper ? null : participationFault(agency, isTest);
  if (fault !== null) throw new PacketboatError("RULE_BROKEN", fault);
  // A list cannot say that a district takes part: its card or a directory does.
  if (agency.source === "listed" && takesPart(agency.status, isTest)) await knownAgency(db, to);
  return { ...wanted, to, throughEntity: agency.role === "entity", onPaper };
}

const isAskedOnPaper = ({ role, status }: AgencyRow): boolean =>
  role === "district" && status === "NotParticipating";

/**
 * Whom a request is meant for: the district that it names, the one that its description fits, or our entity.
 *
 * @param us whom nobody means by a place where there are others too
 * @throws PacketboatError DISTRICT_NOT_FOUND, DISTRICT_AMBIGUOUS, ENTITY_NOT_JOINED, ENTITY_AMBIGUOUS;
 *   RULE_BROKEN if it describes us
 */
export async function releaserMeant(
  db: Queries,
  to: WantedRequest["to"],
  us: AgencyId,
): Promise<AgencyId> {
  if (to === null) return ourEntity(db);
  if (typeof to === "string") return to;
  const places = await placesIn(db, to.state);
  const others = places.filter(({ agencyId }) => agencyId !== us);
  // Who writes our name may mean us: then no other district of nearly that name is meant.
  const found = districtDescribed(to.name === undefined ? others : places, to);
  if (found !== us) return found;
  const sentence = `${describedAs(to)} is our own district, which no request goes to`;
  throw new PacketboatError("RULE_BROKEN", sentence);
}

/** The one district that a description fits; what may be meant else is said with the refusal. */
function districtDescribed(places: readonly Place[], wanted: DescribedDistrict): AgencyId {
  const fitting = meant(places, wanted);
  const [one, ...others] = fitting;
  if (one && others.length === 0) return one.agencyId;
  const described = describedAs(wanted);
  if (one) {
    const sentence = `${fitting.length} districts fit ${described}: ${listed(fitting)}`;
    throw refused("DISTRICT_AMBIGUOUS", sentence, described, fitting);
  }
  const near = nearest(places, wanted);
  const hint = near.length === 0 ? "" : `; the nearest: ${listed(near)}`;
  throw refused("DISTRICT_NOT_FOUND", `no district fits ${described}${hint}`, described, near);
}

/** Not in full, or without the name, or of a name that is written almost so. */
function nearest(places: readonly Place[], { name, ...wanted }: DescribedDistrict): Place[] {
  const inPart = locate(places, { ...wanted, name });
  if (inPart.length > 0 || name === undefined) return inPart;
  if (wanted.city !== undefined || wanted.zip !== undefined) {
    const there = locate(places, wanted);
    if (there.length > 0) return there;
  }
  const most = Math.max(2, name.length / 4);
  return places
    .map((place) => ({ place, apart: distance(place.name.toLowerCase(), name.toLowerCase()) }))
    .filter(({ apart }) => apart <= most)
    .toSorted((one, other) => one.apart - other.apart)
    .map(({ place }) => place);
}

function refused(
  code: "DISTRICT_AMBIGUOUS" | "DISTRICT_NOT_FOUND",
  sentence: string,
  described: string,
  places: readonly Place[],
): PacketboatError {
  return new PacketboatError(code, sentence, {
    facts: { described, candidates: named(places) },
  });
}

/** `"Saint Paul", MN 55102`: as it was described, to be read. */
function describedAs({ name, city, state, zip }: DescribedDistrict): string {
  const quoted = name === undefined ? [] : [JSON.stringify(name)];
  const place = [...(city === undefined ? [] : [city]), [state, zip].join(" ").trim()].join(", ");
  return [...quoted, place].join(" in ");
}

const named = (places: readonly Place[]): string[] =>
  places.slice(0, MOST_NAMED).map(({ name, city, agencyId, status }) => {
    const note = status === "Participating" ? "" : `, ${STATUS_WORDS[status]}`;
    return `${name} (${city ?? "city not known"}, ${agencyId}${note})`;
  });

const STATUS_WORDS: Readonly<Record<Exclude<Place["status"], "Participating">, string>> = {
  TestOnly: "for tests only",
  NotParticipating: "on paper",
  Closed: "closed",
  Future: "not open yet",
  Inactive: "inactive",
};

function listed(places: readonly Place[]): string {
  const more = places.length - MOST_NAMED;
  return [...named(places), ...(more > 0 ? [`${more} more`] : [])].join("; ");
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
