/** The agencies that are known: by cards that were added by hand, pinned by fingerprint, and by the directory. */
import { PacketboatError } from "../errors.ts";
import { type AgencyId, isOfState, parseAgencyId } from "../ids.ts";
import { resolveAlerts } from "./alerts.ts";
import { keysOfAgency, otherHolderOf, retireKeys, saveKey } from "./agency-keys.ts";
import { addAudit } from "./audit.ts";
import type { Ledger, Queries } from "./connect.ts";
import { forgetDirectory, readAgain } from "./directories.ts";
import { listedOf } from "./listed-districts.ts";
import type { AgencyKeyRow, AgencyRow, CardRow, ListedDistrictRow, Time } from "./tables.ts";

/**
 * Trust an agency, or replace its card by a newer one. A person who adds a card has acted: what stopped
 * the agency stops it no longer. Its former key is retired: what it signed till then is still taken.
 *
 * @param key what is known of the card's key beside the card
 * @param formerUntil until when the former key was in use, if that is known
 * @throws PacketboatError CARD_CONFLICT if the key belongs to another agency; KEY_REVOKED if it was
 *   revoked
 */
export async function addAgency(
  ledger: Ledger,
  agency: CardRow,
  key: AgencyKeyRow = keyInCard(agency),
  formerUntil: Time = agency.added_at,
): Promise<void> {
  await ledger.transaction().execute(async (db) => {
    const { agency_id, ...card } = agency;
    await assertFree(db, agency);
    await retireKeys(db, { id: agency_id, but: agency.fingerprint, until: formerUntil });
    await saveKey(db, key);
    await db
      .insertInto("agencies")
      .values(agency)
      .onConflict((conflict) => conflict.column("agency_id").doUpdateSet(card))
      .execute();
    await resolveAlerts(db, {
      code: "PARTNER_STOPPED",
      subject: agency_id,
      by: agency.added_by,
      at: new Date(agency.added_at),
    });
    await addAudit(db, { at: agency.added_at, event: "agency added", subject: agency_id });
  });
}

/** All agencies, by name. */
export const listAgencies = (db: Queries): Promise<AgencyRow[]> => byName(db).execute();

const byName = (db: Queries) =>
  db.selectFrom("agencies").selectAll().orderBy("name").orderBy("agency_id");

/** What is told of a district that people look for; keys and cards are long, and are not. */
const OF_A_PLACE = [
  ...(["agency_id", "source", "name", "state_number", "city", "state", "zip"] as const),
  ...(["phone", "status", "successor_id"] as const),
] as const;

export type DistrictRow = Pick<AgencyRow, (typeof OF_A_PLACE)[number]>;

const districts = (db: Queries) =>
  db.selectFrom("agencies").select(OF_A_PLACE).where("role", "=", "district");

/** The districts with an address in one state, in no order. @param state two capital letters */
export const districtsIn = (db: Queries, state: string): Promise<DistrictRow[]> =>
  districts(db).where("state", "=", state).execute();

/** Those whose ids begin with the two digits of a state, in no order. */
export const districtsWith = (db: Queries, digits: string): Promise<DistrictRow[]> =>
  districts(db)
    .where("agency_id", ">=", parseAgencyId(`${digits}00000`))
    .where("agency_id", "<=", parseAgencyId(`${digits}99999`))
    .execute();

/** The agency of this id, or `null`. */
export async function findAgency(db: Queries, id: AgencyId): Promise<AgencyRow | null> {
  const row = await db
    .selectFrom("agencies")
    .selectAll()
    .where("agency_id", "=", id)
    .executeTakeFirst();
  return row ?? null;
}

/**
 * The agency of this id, as it is known here; or a district that takes no part, as the list of districts has
 * it now.
 *
 * @throws PacketboatError PARTNER_UNKNOWN
 */
export async function knownOrListed(db: Queries, id: AgencyId): Promise<AgencyRow> {
  const row = await findAgency(db, id);
  if (row && row.source !== "listed") return row;
  const [listed] = await listedOf(db, [id]);
  return listed ? agencyListed(listed) : (row ?? knownAgency(db, id));
}

/**
 * Keep what the list of districts says of a district that was asked on paper, so that its name is known
 * wherever the transfer is shown. What a card or a directory says is better, and stays.
 */
export async function noteListed(db: Queries, id: AgencyId): Promise<void> {
  const [listed] = await listedOf(db, [id]);
  if (!listed) return;
  const { agency_id, ...rest } = agencyListed(listed);
  await db
    .insertInto("agencies")
    .values({ agency_id, ...rest })
    .onConflict((conflict) =>
      conflict.column("agency_id").doUpdateSet(rest).where("agencies.source", "=", "listed"),
    )
    .execute();
}

/** Without a key: nothing can be sealed for it, and nothing that it signed is believed. */
const agencyListed = (listed: ListedDistrictRow): AgencyRow => ({
  agency_id: listed.agency_id,
  source: "listed",
  signed_card: null,
  fingerprint: null,
  public_key: null,
  name: listed.name,
  state_number: listed.state_number,
  city: listed.city,
  state: listed.state,
  zip: listed.zip,
  phone: listed.phone,
  role: "district",
  status: listed.status,
  successor_id: listed.successor_id,
  box: null,
  contacts: null,
  added_at: listed.listed_at,
  added_by: "list",
  stopped_code: null,
});

/** @throws PacketboatError PARTNER_UNKNOWN */
export async function knownAgency(db: Queries, id: AgencyId): Promise<AgencyRow> {
  const row = await findAgency(db, id);
  if (!row)
    throw new PacketboatError(
      "PARTNER_UNKNOWN",
      `agency ${id} is known neither by a card nor from a directory`,
    );
  return row;
}

/**
 * The same, if its card was added by hand.
 *
 * @throws PacketboatError PARTNER_UNKNOWN
 */
export async function knownCard(db: Queries, id: AgencyId): Promise<CardRow> {
  const row = await knownAgency(db, id);
  if (isCard(row)) return row;
  throw new PacketboatError(
    "PARTNER_UNKNOWN",
    `agency ${id} is known from the directory, not by a card`,
  );
}

/** The agencies whose cards were added by hand, by name. */
export const listCards = async (db: Queries): Promise<CardRow[]> => {
  const rows = await byName(db).where("source", "=", "card").execute();
  return rows.filter(isCard);
};

/**
 * In whose box is left what is for an agency: its own; or, if it belongs to another state whose entity ours has
 * introduced, that entity's, for a district logs in to one server only (PROTOCOL 5).
 */
export async function boxHolderFor(db: Queries, id: AgencyId): Promise<AgencyId> {
  const peers = await peersIntroduced(db);
  return peers.find((peer) => isOfState(id, peer)) ?? id;
}

type EntityRow = Pick<AgencyRow, "agency_id" | "source">;

const listEntities = (db: Queries): Promise<EntityRow[]> =>
  db
    .selectFrom("agencies")
    .select(["agency_id", "source"])
    .where("role", "=", "entity")
    .orderBy("agency_id")
    .execute();

/** At a district: the entities of other states that its own has ever introduced to it, by id. */
export async function peersIntroduced(db: Queries): Promise<AgencyId[]> {
  const entities = await listEntities(db);
  const idsOf = (wanted: AgencyRow["source"]): AgencyId[] =>
    entities.filter(({ source }) => source === wanted).map(({ agency_id: id }) => id);
  const joined = idsOf("card");
  return idsOf("directory").filter((id) => !joined.some((own) => isOfState(id, own)));
}

/** The entity whose card a district has pinned, by its id alone: asked for each packet. `null`: none is joined. */
export const joinedEntityId = async (db: Queries): Promise<AgencyId | null> =>
  (await listEntities(db)).find(({ source }) => source === "card")?.agency_id ?? null;

/** The entities of other states that this entity exchanges directories with, by name. At a district: none. */
export const listPeers = async (db: Queries, us: AgencyId): Promise<CardRow[]> =>
  (await listCards(db)).filter(({ role, agency_id: id }) => role === "entity" && id !== us);

/** Has this home joined this entity? Then its card was added by hand. */
export const isJoined = (row: AgencyRow): boolean => row.role === "entity" && isCard(row);

/** The entities that this home has joined, by name; one is usual. */
export const joinedEntities = async (db: Queries): Promise<CardRow[]> =>
  (await listCards(db)).filter(isJoined);

/** The entity that this home has joined, or `null`. */
export const joinedEntity = async (db: Queries): Promise<CardRow | null> =>
  (await joinedEntities(db))[0] ?? null;

const isCard = (row: AgencyRow): row is CardRow => row.source === "card";

/** The key that a card carries, when nothing else is known of it. */
const keyInCard = (card: CardRow): AgencyKeyRow => ({
  agency_id: card.agency_id,
  fingerprint: card.fingerprint,
  sha256: null,
  public_key: card.public_key,
  signers: null,
  standing: "Current",
  valid_from: card.added_at,
  valid_until: null,
  succession: null,
});

async function assertFree(db: Queries, { agency_id: id, fingerprint }: CardRow): Promise<void> {
  const holder = await otherHolderOf(db, fingerprint, id);
  if (holder !== null) {
    const sentence = `the key of agency ${id} already belongs to agency ${holder}`;
    throw new PacketboatError("CARD_CONFLICT", sentence);
  }
  const keys = await keysOfAgency(db, id);
  if (keys.some((key) => key.fingerprint === fingerprint && key.standing === "Revoked")) {
    const sentence = `key ${fingerprint} of agency ${id} was revoked`;
    throw new PacketboatError("KEY_REVOKED", sentence, { facts: { fingerprint } });
  }
}

/**
 * Trust an agency no longer. What it sends from now on is refused, unless a directory lists it; what waits
 * for it stays. If it is an entity, its directory goes with it.
 *
 * @throws PacketboatError PARTNER_UNKNOWN
 */
export async function removeAgency(ledger: Ledger, id: AgencyId, at: Date): Promise<void> {
  await ledger.transaction().execute(async (db) => {
    await knownAgency(db, id);
    await db.deleteFrom("agencies").where("agency_id", "=", id).execute();
    await forgetDirectory(db, id);
    await readAgain(db);
    for (const code of OF_A_PARTNER) {
      await resolveAlerts(db, { code, subject: id, by: "packetboat", at });
    }
    await addAudit(db, { at: at.toISOString(), event: "agency removed", subject: id });
  });
}

/** What is told of an agency as long as it is one of ours. */
const OF_A_PARTNER = ["PARTNER_STOPPED", "PARTNER_UNREACHABLE", "DIRECTORY_REFUSED"] as const;

/** Nothing more goes to or comes from this agency until a person acts. */
export const stopAgency = (db: Queries, id: AgencyId, code: string): Promise<void> =>
  updateAgency(db, id, { stopped_code: code });

/** Change what is known of an agency, and leave the rest as it is. */
export async function updateAgency(
  db: Queries,
  id: AgencyId,
  changes: Partial<Omit<AgencyRow, "agency_id">>,
): Promise<void> {
  await db.updateTable("agencies").set(changes).where("agency_id", "=", id).execute();
}
