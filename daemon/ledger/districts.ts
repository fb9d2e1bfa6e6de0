/** What an entity's ledger tells of its districts, in numbers: reports, reminders and `status`. */
import type { AgencyId } from "../ids.ts";
import type { Queries } from "./connect.ts";
import { importIn } from "./registry.ts";
import { readSetting, writeSetting } from "./settings.ts";
import type { AgencyRow, AgencyStatus } from "./tables.ts";

/** A district whose card was added here, and what went between it and us. */
export interface DistrictFigures {
  readonly id: AgencyId;
  readonly name: string;
  readonly status: AgencyStatus;
  readonly addedAt: Date;
  /** When the last packet came that it had signed; `null` if none ever did. */
  readonly lastHeardAt: Date | null;
  /** Requests that it made. */
  readonly asked: number;
  /** Requests that were forwarded to it. */
  readonly forwarded: number;
  /** Of those, the ones that it decided about. */
  readonly answered: number;
  /** Packets and messages of it that were refused. */
  readonly refused: number;
}

/** Neither is an answer: nobody decided, or nobody waits any more. */
const NO_ANSWER = ["Forwarded", "RequestReceived", "Canceled", "Expired"] as const;

/** Every district whose card was added, by name. */
export async function districtFigures(db: Queries): Promise<DistrictFigures[]> {
  const rows = await districtsAdded(db);
  const heard = new Map(
    (
      await db
        .selectFrom("packets_in")
        .select("from_agency")
        .select(({ fn }) => fn.max("claimed_at").as("at"))
        .where("from_agency", "is not", null)
        .groupBy("from_agency")
        .execute()
    ).map(({ from_agency, at }) => [from_agency, at]),
  );
  const asked = await askedBy(db);
  const [forwarded, unanswered] = [await forwardedTo(db), await forwardedTo(db, NO_ANSWER)];
  const refused = await refusedFrom(db);
  return rows.map((row) => {
    const id = row.agency_id;
    const lastHeard = heard.get(id);
    const count = forwarded.get(id) ?? 0;
    return {
      id,
      name: row.name,
      status: row.status,
      addedAt: new Date(row.added_at),
      lastHeardAt: lastHeard === undefined ? null : new Date(lastHeard),
      asked: asked.get(id) ?? 0,
      forwarded: count,
      answered: count - (unanswered.get(id) ?? 0),
      refused: refused.get(id) ?? 0,
    };
  });
}

const districtsAdded = (db: Queries): Promise<AgencyRow[]> =>
  db
    .selectFrom("agencies")
    .selectAll()
    .where("source", "=", "card")
    .where("role", "=", "district")
    .orderBy("name")
    .orderBy("agency_id")
    .execute();

async function askedBy(db: Queries): Promise<Map<AgencyId, number>> {
  const rows = await db
    .selectFrom("transfers")
    .select("requester_id")
    .select(({ fn }) => fn.countAll().as("count"))
    .where("side", "=", "entity")
    .groupBy("requester_id")
    .execute();
  return new Map(rows.map(({ requester_id, count }) => [requester_id, Number(count)]));
}

/** Where no releaser was named, the requester stands in its place. @param states only in one of these */
async function forwardedTo(db: Queries, states?: typeof NO_ANSWER): Promise<Map<AgencyId, number>> {
  let query = db
    .selectFrom("transfers")
    .select("partner_id")
    .select(({ fn }) => fn.countAll().as("count"))
    .where("side", "=", "entity")
    .whereRef("partner_id", "!=", "requester_id")
    .groupBy("partner_id");
  if (states) query = query.where("state", "in", states);
  const rows = await query.execute();
  return new Map(rows.map(({ partner_id, count }) => [partner_id, Number(count)]));
}

/** @param since those that were refused then or later; all of them without it */
async function refusedFrom(db: Queries, since = new Date(0)): Promise<Map<string, number>> {
  const packets = await db
    .selectFrom("packets_in")
    .select("from_agency")
    .select(({ fn }) => fn.countAll().as("count"))
    .where("state", "=", "QUARANTINED")
    .where("claimed_at", ">=", since.toISOString())
    .groupBy("from_agency")
    .execute();
  const messages = await db
    .selectFrom("messages_in")
    .select("from_agency")
    .select(({ fn }) => fn.countAll().as("count"))
    .where("state", "=", "REFUSED")
    .where("recorded_at", ">=", since.toISOString())
    .groupBy("from_agency")
    .execute();
  const counts = new Map<string, number>();
  for (const { from_agency, count } of [...packets, ...messages]) {
    const id = from_agency ?? "";
    counts.set(id, (counts.get(id) ?? 0) + Number(count));
  }
  return counts;
}

/** Packets and messages that were refused since a time, whoever sent them. */
export async function refusedSince(db: Queries, since: Date): Promise<number> {
  const counts = await refusedFrom(db, since);
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

/** What look-ups are answered from. */
export interface RegistryInForce {
  /** `YYYY-MM-DD`: how old its data are. */
  readonly asOf: string;
  readonly enrollments: number;
}

/** `null` before the first import. */
export async function registryInForce(db: Queries): Promise<RegistryInForce | null> {
  const row = await importIn(db, "CURRENT");
  return row ? { asOf: row.as_of, enrollments: row.enrollments } : null;
}

const COUNTED = "enrollments by agency";

/**
 * How many enrollments the registry in force has of each agency. A million rows take a second to count:
 * they are counted once for each import.
 */
export async function enrollmentsByAgency(db: Queries): Promise<Map<AgencyId, number>> {
  const registry = await importIn(db, "CURRENT");
  if (!registry) return new Map();
  const known = JSON.parse((await readSetting(db, COUNTED)) ?? "null") as Counted | null;
  if (known?.importId === registry.import_id) return new Map(known.counts);
  const rows = await db
    .selectFrom("enrollments")
    .select("agency_id")
    .select(({ fn }) => fn.countAll().as("count"))
    .where("generation", "=", registry.generation)
    .groupBy("agency_id")
    .orderBy("agency_id")
    .execute();
  const counts = rows.map(({ agency_id, count }) => [agency_id, Number(count)] as const);
  const counted: Counted = { importId: registry.import_id, counts };
  await writeSetting(db, COUNTED, JSON.stringify(counted));
  return new Map(counts);
}

interface Counted {
  readonly importId: number;
  readonly counts: readonly (readonly [AgencyId, number])[];
}

/** An agency of which the registry has enrollments, and that has not given us its card. */
export interface NotJoined {
  readonly id: AgencyId;
  readonly enrollments: number;
}

/** The largest first. */
export async function notJoined(db: Queries): Promise<NotJoined[]> {
  const joined = new Set((await districtsAdded(db)).map(({ agency_id }) => agency_id));
  return [...(await enrollmentsByAgency(db))]
    .filter(([id]) => !joined.has(id))
    .map(([id, enrollments]) => ({ id, enrollments }))
    .toSorted((one, other) => other.enrollments - one.enrollments || (one.id < other.id ? -1 : 1));
}
