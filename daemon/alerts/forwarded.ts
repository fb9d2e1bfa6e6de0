/** Requests that an entity forwarded and that nobody has decided about, by the district that has them. */
import { type AgencyId, type Reference, referenceOf } from "../ids.ts";
import type { Queries } from "../ledger/connect.ts";
import { transfersUnanswered } from "../ledger/transfers.ts";
import type { PlainDate } from "../transfer/dates.ts";
import { schoolDaysSince, type SchoolCalendar } from "../transfer/deadlines.ts";
import { plainDate } from "./when.ts";

/** A forwarded request without an answer. */
export interface Forwarded {
  readonly reference: Reference;
  readonly since: PlainDate;
  /** School days that have begun since then. */
  readonly schoolDays: number;
}

export interface ForwardedCounting {
  readonly at: Date;
  /** The entity's own: a day begins at its midnight. */
  readonly timeZone: string;
  readonly calendar: SchoolCalendar;
}

/** By releasing district, the oldest first. */
export async function forwardedUnanswered(
  db: Queries,
  { at, timeZone, calendar }: ForwardedCounting,
): Promise<Map<AgencyId, Forwarded[]>> {
  const today = plainDate(at, timeZone);
  const ages = new Map<PlainDate, number>();
  const byDistrict = new Map<AgencyId, Forwarded[]>();
  for await (const { side, transfer, partnerId, arrivedAt } of transfersUnanswered(db)) {
    if (side !== "entity") continue;
    const since = plainDate(arrivedAt, timeZone);
    const schoolDays = ages.get(since) ?? schoolDaysSince(since, today, calendar);
    ages.set(since, schoolDays);
    const found = byDistrict.get(partnerId) ?? [];
    found.push({ reference: referenceOf(transfer.transferId), since, schoolDays });
    byDistrict.set(partnerId, found);
  }
  for (const found of byDistrict.values()) {
    found.sort((one, other) => (one.since < other.since ? -1 : one.since > other.since ? 1 : 0));
  }
  return byDistrict;
}
