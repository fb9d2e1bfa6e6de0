/**
 * When the nightly exchange is due. It belongs to a date on the agency's own calendar, and is made once
 * for each: a time that the clock skips in spring is the end of the gap, one that it shows twice in
 * autumn is the first (TRUST F24). What was done is not known here: the ledger keeps that.
 *
 * The only door to node-cron, which ticks and decides nothing: its own time zones skip the spring gap
 * and know nothing of what was missed. It is loaded when it is to tick: only the daemon waits for a minute.
 */
import { createHash } from "node:crypto";
import { Temporal } from "temporal-polyfill";
import { addDays, type PlainDate, weekday } from "./transfer/dates.ts";

/** As the config and ISO 8601 count them, Monday first. */
export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

export type Day = (typeof DAYS)[number];

export interface NightlyPlan {
  /** On the clock of the time zone: `02:00`. */
  readonly at: string;
  /** At least one. */
  readonly days: readonly Day[];
  /** The exchange begins up to so many minutes later, so that not all districts call at once. */
  readonly jitterMinutes: number;
  readonly timeZone: string;
  /** Whose plan it is; spreads agencies over the jitter, always alike for one date. */
  readonly agencyId: string;
}

/** What the clocks do to a planned time. */
export type ClockChange = "skipped" | "twice";

export interface PlannedRun {
  /** The date it belongs to, by which it is made once. */
  readonly date: PlainDate;
  /** With its jitter. */
  readonly at: Date;
  readonly clockChange: ClockChange | null;
}

/** The run of a date, or `null` if the plan has none on that day of the week. */
export function runOn(plan: NightlyPlan, date: PlainDate): PlannedRun | null {
  const day = DAYS[(weekday(date) + 6) % 7];
  if (day === undefined || !plan.days.includes(day)) return null;
  const { begins, clockChange } = momentOf(plan, date);
  return { date, at: new Date(begins + jitterMs(plan, date)), clockChange };
}

/** The next runs after a moment, in their order. */
export function comingRuns(plan: NightlyPlan, after: Date, count: number): PlannedRun[] {
  const runs: PlannedRun[] = [];
  // A run belongs to the day before, if its jitter crosses midnight.
  let date = addDays(localDate(after, plan.timeZone), -1);
  while (runs.length < count) {
    const run = runOn(plan, date);
    if (run && run.at > after) runs.push(run);
    date = addDays(date, 1);
  }
  return runs;
}

/** The latest run whose time has come. Every plan has one within a week and a day. */
export function lastRunDue(plan: NightlyPlan, at: Date): PlannedRun {
  let date = localDate(at, plan.timeZone);
  for (;;) {
    const run = runOn(plan, date);
    if (run && run.at <= at) return run;
    date = addDays(date, -1);
  }
}

/**
 * The first date within so many days on which the clock skips the planned time or shows it twice, or
 * `null`; be it a day of the plan or not, for days are changed without a thought of that.
 */
export function nextClockChange(plan: NightlyPlan, after: Date, days: number): PlannedRun | null {
  const today = localDate(after, plan.timeZone);
  for (let ahead = 0; ahead <= days; ahead++) {
    const run = runOn({ ...plan, days: DAYS }, addDays(today, ahead));
    if (run?.clockChange && run.at > after) return run;
  }
  return null;
}

/**
 * Call once a minute, at a second of the minute that differs from agency to agency.
 *
 * @returns a function that ends it
 */
export async function everyMinute(agencyId: string, tick: () => void): Promise<() => void> {
  const { schedule } = await import("node-cron");
  const second = Math.floor(fractionOf(agencyId) * 60);
  const task = schedule(`${second} * * * * *`, tick, { suppressMissedWarning: true });
  return () => void task.destroy();
}

/** The moment at which a clock in the plan's time zone shows its hour on a date, in milliseconds. */
function momentOf({ at, timeZone }: NightlyPlan, date: PlainDate) {
  const shown = Temporal.PlainDateTime.from(`${date}T${at}`);
  const earlier = shown.toZonedDateTime(timeZone, { disambiguation: "earlier" });
  const later = shown.toZonedDateTime(timeZone, { disambiguation: "later" });
  const { epochMilliseconds } = earlier;
  if (epochMilliseconds === later.epochMilliseconds) {
    return { begins: epochMilliseconds, clockChange: null };
  }
  if (earlier.toPlainDateTime().equals(shown)) {
    return { begins: epochMilliseconds, clockChange: "twice" as const };
  }
  const endOfGap = earlier.getTimeZoneTransition("next") ?? later;
  return { begins: endOfGap.epochMilliseconds, clockChange: "skipped" as const };
}

/** Spread evenly, and the same whenever it is asked for, so that `next` can tell it beforehand. */
const jitterMs = ({ jitterMinutes, agencyId }: NightlyPlan, date: PlainDate): number =>
  Math.floor(fractionOf(`${agencyId} ${date}`) * jitterMinutes * 60) * 1000;

/** From 0 to below 1. */
const fractionOf = (seed: string): number =>
  createHash("sha256").update(seed).digest().readUInt32BE() / 2 ** 32;

const localDate = (at: Date, timeZone: string): PlainDate =>
  Temporal.Instant.fromEpochMilliseconds(at.getTime())
    .toZonedDateTimeISO(timeZone)
    .toPlainDate()
    .toString();
