/** Is a nightly exchange due? The calendar says when, the ledger says which were made. */
import { nightlyPlanOf } from "../config/calendar.ts";
import type { Config } from "../config.ts";
import type { Ledger } from "../ledger/connect.ts";
import { findNight, nightsCountFrom, noteNight } from "../ledger/nights.ts";
import { lastRunDue, type PlannedRun } from "../schedule.ts";

/** What begins later than this was missed: the machine was off, or packetboat did not run. */
const MISSED_AFTER_MS = 60 * 60_000;

/**
 * @returns the nightly exchange that is due: the latest planned one, unless it was made or passed over.
 *   Of several that were missed, one is made up for.
 */
export async function nightDue(
  ledger: Ledger,
  config: Config,
  at: Date,
): Promise<PlannedRun | null> {
  const run = lastRunDue(nightlyPlanOf(config), at);
  if (run.at < (await nightsCountFrom(ledger, at))) return null;
  const known = await findNight(ledger, run.date);
  if (known) return known.state === "tried" ? run : null;
  const isMissed = at.getTime() - run.at.getTime() > MISSED_AFTER_MS;
  if (!isMissed || config.exchanges.ifMissed === "runOnce") return run;
  await noteNight(ledger, { night: run.date, plannedAt: run.at, state: "skipped", at });
  return null;
}
