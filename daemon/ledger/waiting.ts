/** What waits and what is under way in a home, in numbers: `status` on one screen. */
import type { AgencyId } from "../ids.ts";
import type { Side, TransferState } from "../transfer/effects.ts";
import type { Queries } from "./connect.ts";
import type { BackoffRow } from "./tables.ts";

/** Messages and packets for one agency that have not left. */
export interface WaitingFor {
  readonly agencyId: AgencyId;
  /** Messages in no packet yet. */
  readonly messages: number;
  /** The first of them may leave then: a release is held back. */
  readonly notBefore: Date | null;
  /** Packets made and not delivered. */
  readonly packets: number;
  /** Packets delivered whose receipt is due. */
  readonly unanswered: number;
  /** What failed last, and when it is tried again. */
  readonly failure: Pick<BackoffRow, "code" | "next_attempt_at"> | null;
}

/** By agency, those without anything left out. */
export async function waitingByAgency(db: Queries): Promise<WaitingFor[]> {
  const messages = await messagesByAgency(db);
  const packets = await packetsByAgency(db);
  const failures = await db.selectFrom("backoffs").selectAll().execute();
  const ids = new Set([...messages.keys(), ...packets.keys()]);
  return [...ids].toSorted().map((agencyId) => {
    const waits = messages.get(agencyId);
    const made = packets.get(agencyId);
    const failure = failures.find(({ agency_id }) => agency_id === agencyId);
    return {
      agencyId,
      messages: waits?.count ?? 0,
      notBefore: waits ? new Date(waits.notBefore) : null,
      packets: made?.waiting ?? 0,
      unanswered: made?.unanswered ?? 0,
      failure: failure ?? null,
    };
  });
}

async function messagesByAgency(
  db: Queries,
): Promise<Map<AgencyId, { count: number; notBefore: string }>> {
  const rows = await db
    .selectFrom("messages_out")
    .select(["to_agency"])
    .select(({ fn }) => [fn.countAll().as("count"), fn.min("not_before").as("not_before")])
    .where("state", "in", ["WAITING", "ENCLOSED"])
    .groupBy("to_agency")
    .execute();
  return new Map(
    rows.map((row) => [row.to_agency, { count: Number(row.count), notBefore: row.not_before }]),
  );
}

async function packetsByAgency(
  db: Queries,
): Promise<Map<AgencyId, { waiting: number; unanswered: number }>> {
  const rows = await db
    .selectFrom("packets_out")
    .select(["to_agency", "state"])
    .where((eb) =>
      eb.or([
        eb("state", "in", ["FIXED", "SEALED"]),
        eb.and([eb("state", "=", "SENT"), eb("receipt_due", "=", 1)]),
      ]),
    )
    .execute();
  const byAgency = new Map<AgencyId, { waiting: number; unanswered: number }>();
  for (const { to_agency: id, state } of rows) {
    const { waiting, unanswered } = byAgency.get(id) ?? { waiting: 0, unanswered: 0 };
    byAgency.set(id, {
      waiting: waiting + (state === "SENT" ? 0 : 1),
      unanswered: unanswered + (state === "SENT" ? 1 : 0),
    });
  }
  return byAgency;
}

/** How many transfers stand in each state, on each side. */
export async function transferCounts(
  db: Queries,
): Promise<{ side: Side; state: TransferState; count: number }[]> {
  const rows = await db
    .selectFrom("transfers")
    .select(["side", "state"])
    .select(({ fn }) => fn.countAll().as("count"))
    .groupBy(["side", "state"])
    .orderBy("side")
    .orderBy("state")
    .execute();
  return rows.map(({ side, state, count }) => ({ side, state, count: Number(count) }));
}
