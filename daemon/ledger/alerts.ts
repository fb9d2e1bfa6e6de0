/**
 * What people must know or do, as rows. One alert is open per code and subject: raised again, it is
 * renewed, so that a fault which comes back every night stands in the list once.
 */
import { PacketboatError } from "../errors.ts";
import { newAlertId, type AgencyId, type Reference } from "../ids.ts";
import type { AlertFacts, Side } from "../transfer/effects.ts";
import type { Queries } from "./connect.ts";
import { longList, type LongList, numberIn } from "./pages.ts";
import type { AgencyRow } from "./tables.ts";
import type { TransferKey } from "./transfers.ts";

export interface NewAlert {
  readonly code: string;
  /** What it is about: a transfer, an agency, a packet … */
  readonly subject: string;
  readonly transfer?: TransferKey;
  /** Whom a person would call about it. */
  readonly agencyId?: AgencyId;
  /** Codes, counts and ids for its sentences; nothing about a student. */
  readonly facts: AlertFacts;
  readonly at: Date;
}

/** An alert with what its sentences need to know of its transfer and its agency. */
export interface Alert {
  readonly id: string;
  readonly code: string;
  readonly subject: string;
  readonly transfer:
    | (TransferKey & {
        readonly reference: Reference;
        readonly side: Side;
        readonly requestContentId: string;
        /** Where people see the transfer, by name; `null` for the office. */
        readonly dropFolder: string | null;
      })
    | null;
  /** Name and telephone number are those of its card or of the directory; `null` once it was removed. */
  readonly agency: {
    readonly id: AgencyId;
    readonly name: string | null;
    readonly phone: string | null;
    /** Where both are from: its card, unless it is said. */
    readonly source?: AgencyRow["source"] | null;
  } | null;
  readonly facts: AlertFacts;
  readonly raisedAt: Date;
  readonly lastRaisedAt: Date;
  readonly times: number;
  readonly resolvedAt: Date | null;
  readonly resolvedBy: string | null;
}

/**
 * Open an alert, or renew the one that is open for this code and subject: the new facts replace the
 * old ones, and it counts once more.
 *
 * @returns the alert's id
 */
export async function raiseAlert(db: Queries, alert: NewAlert): Promise<string> {
  const facts = JSON.stringify(alert.facts);
  const at = alert.at.toISOString();
  const row = await db
    .insertInto("alerts")
    .values({
      alert_id: await unusedId(db),
      code: alert.code,
      subject: alert.subject,
      requester_id: alert.transfer?.requesterId ?? null,
      transfer_id: alert.transfer?.transferId ?? null,
      agency_id: alert.agencyId ?? null,
      facts,
      raised_at: at,
      last_raised_at: at,
      times: 1,
      resolved_at: null,
      resolved_by: null,
    })
    .onConflict((conflict) =>
      conflict
        .columns(["code", "subject"])
        .where("resolved_at", "is", null)
        .doUpdateSet((eb) => ({ facts, last_raised_at: at, times: eb("alerts.times", "+", 1) })),
    )
    .returning("alert_id")
    .executeTakeFirstOrThrow();
  return row.alert_id;
}

/** Which open alerts: all conditions that are given hold. */
export interface AlertFilter {
  readonly code?: string;
  readonly subject?: string;
  readonly transfer?: TransferKey;
}

/**
 * Close every open alert that the filter names; one that names nothing closes nothing.
 *
 * @param filter `by` is a username, an agency or `packetboat`
 * @returns how many there were
 */
export async function resolveAlerts(
  db: Queries,
  { code, subject, transfer, by, at }: AlertFilter & { by: string; at: Date },
): Promise<number> {
  if (code === undefined && subject === undefined && transfer === undefined) return 0;
  let query = db
    .updateTable("alerts")
    .set({ resolved_at: at.toISOString(), resolved_by: by })
    .where("resolved_at", "is", null);
  if (code !== undefined) query = query.where("code", "=", code);
  if (subject !== undefined) query = query.where("subject", "=", subject);
  if (transfer !== undefined) {
    query = query
      .where("requester_id", "=", transfer.requesterId)
      .where("transfer_id", "=", transfer.transferId);
  }
  const { numUpdatedRows } = await query.executeTakeFirst();
  return Number(numUpdatedRows);
}

/**
 * Close one alert, as a person does who has seen to it.
 *
 * @returns whether it was still open
 * @throws PacketboatError ALERT_UNKNOWN
 */
export async function resolveAlert(
  db: Queries,
  id: string,
  by: string,
  at: Date,
): Promise<"resolved" | "already resolved"> {
  const { numUpdatedRows } = await db
    .updateTable("alerts")
    .set({ resolved_at: at.toISOString(), resolved_by: by })
    .where("alert_id", "=", id)
    .where("resolved_at", "is", null)
    .executeTakeFirst();
  if (numUpdatedRows > 0n) return "resolved";
  if (await isAlert(db, id)) return "already resolved";
  throw new PacketboatError("ALERT_UNKNOWN", `there is no alert ${id}`, { facts: { id } });
}

/** Which alerts are listed: all conditions that are given hold. */
export interface Listing {
  /** Only those that are, or are not. */
  readonly open?: boolean;
  /** Of this kind. */
  readonly code?: string;
  /** Raised (again) or closed since then. */
  readonly since?: Date;
}

/** Alerts in the order in which they were first raised. */
export async function listAlerts(db: Queries, listing: Listing = {}): Promise<Alert[]> {
  return (await chosen(db, listing).execute()).map(alertOf);
}

/** The same of many thousands. */
export async function manyAlerts(db: Queries, listing: Listing): Promise<LongList<Alert>> {
  const numbers = chosen(db, listing).clearSelect().select(numberIn("alerts").as("number"));
  return await longList(numbers, async (these) => {
    const rows = await selection(db).where(numberIn("alerts"), "in", these).execute();
    return rows.map(alertOf);
  });
}

/** Was an alert raised or closed since then, beside those that are raised again and again? */
export async function isAlertNew(db: Queries, since: Date): Promise<boolean> {
  const row = await db
    .selectFrom("alerts")
    .select("alert_id")
    .where(({ fn }) => fn.coalesce("resolved_at", "raised_at"), ">=", since.toISOString())
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** What the open alerts of a kind are about, and their facts as they are written. */
export async function openFacts(db: Queries, code: string): Promise<Map<string, string>> {
  const rows = await db
    .selectFrom("alerts")
    .select(["subject", "facts"])
    .where("resolved_at", "is", null)
    .where("code", "=", code)
    .orderBy("raised_at")
    .orderBy("alert_id")
    .execute();
  return new Map(rows.map(({ subject, facts }) => [subject, facts]));
}

function chosen(db: Queries, { open, code, since }: Listing) {
  let query = selection(db);
  if (open !== undefined) {
    query = query.where("alerts.resolved_at", open ? "is" : "is not", null);
  }
  if (code !== undefined) query = query.where("alerts.code", "=", code);
  if (since !== undefined) {
    const time = since.toISOString();
    query = query.where((eb) =>
      eb.or([eb("alerts.last_raised_at", ">=", time), eb("alerts.resolved_at", ">=", time)]),
    );
  }
  return query;
}

const selection = (db: Queries) =>
  db
    .selectFrom("alerts")
    .leftJoin("transfers", (join) =>
      join
        .onRef("transfers.requester_id", "=", "alerts.requester_id")
        .onRef("transfers.transfer_id", "=", "alerts.transfer_id"),
    )
    .leftJoin("agencies", "agencies.agency_id", "alerts.agency_id")
    .selectAll("alerts")
    .select(["transfers.reference", "transfers.side", "transfers.request_content_id"])
    .select("transfers.drop_folder")
    .select(["agencies.name", "agencies.phone", "agencies.source"])
    .orderBy("alerts.raised_at")
    .orderBy("alerts.alert_id");

type Selected = Awaited<ReturnType<ReturnType<typeof selection>["execute"]>>[number];

const agencyOf = (id: AgencyId, { name, phone, source }: Selected): Alert["agency"] => ({
  id,
  name,
  phone,
  source,
});

function alertOf(row: Selected): Alert {
  return {
    id: row.alert_id,
    code: row.code,
    subject: row.subject,
    transfer: transferOf(row),
    agency: row.agency_id === null ? null : agencyOf(row.agency_id, row),
    facts: JSON.parse(row.facts) as AlertFacts,
    raisedAt: new Date(row.raised_at),
    lastRaisedAt: new Date(row.last_raised_at),
    times: row.times,
    resolvedAt: row.resolved_at === null ? null : new Date(row.resolved_at),
    resolvedBy: row.resolved_by,
  };
}

function transferOf(row: Selected): Alert["transfer"] {
  const { requester_id: requesterId, transfer_id: transferId, reference, side } = row;
  const requestContentId = row.request_content_id;
  if (!requesterId || !transferId || !reference || !side || !requestContentId) return null;
  const { drop_folder: dropFolder } = row;
  return { requesterId, transferId, reference, side, requestContentId, dropFolder };
}

/** Six characters are few: another alert may have drawn them already. */
async function unusedId(db: Queries): Promise<string> {
  for (;;) {
    const id = newAlertId();
    if (!(await isAlert(db, id))) return id;
  }
}

async function isAlert(db: Queries, id: string): Promise<boolean> {
  const row = await db
    .selectFrom("alerts")
    .select("alert_id")
    .where("alert_id", "=", id)
    .executeTakeFirst();
  return row !== undefined;
}
