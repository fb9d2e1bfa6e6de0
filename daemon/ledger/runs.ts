/** Exchanges that were made, and when an agency may be tried again. */
import { newLocalId, type AgencyId } from "../ids.ts";
import type { Ledger, Queries } from "./connect.ts";
import type { BackoffRow, RunRow } from "./tables.ts";

/** An exchange begins. @returns its id */
export async function beginRun(ledger: Ledger, at: Date): Promise<string> {
  const run_id = newLocalId();
  await ledger
    .insertInto("runs")
    .values({ run_id, started_at: at.toISOString(), ended_at: null, counts: null, exit_code: null })
    .execute();
  return run_id;
}

/** And ends. */
export async function endRun(
  ledger: Ledger,
  runId: string,
  end: { at: Date; counts: Readonly<Record<string, number>>; exitCode: number },
): Promise<void> {
  await ledger
    .updateTable("runs")
    .set({
      ended_at: end.at.toISOString(),
      counts: JSON.stringify(end.counts),
      exit_code: end.exitCode,
    })
    .where("run_id", "=", runId)
    .execute();
}

/** The last exchange that ended, or `null`. */
export async function lastRun(db: Queries): Promise<RunRow | null> {
  const row = await db
    .selectFrom("runs")
    .selectAll()
    .where("ended_at", "is not", null)
    .orderBy("started_at", "desc")
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

/** Agencies that are not tried yet again. */
export const backoffs = (db: Queries): Promise<BackoffRow[]> =>
  db.selectFrom("backoffs").selectAll().execute();

/** Delivering to an agency failed: wait longer each time, up to six hours, spread by chance. */
export async function backOff(
  ledger: Ledger,
  failure: { agencyId: AgencyId; code: string; at: Date; random: () => number },
): Promise<void> {
  const known = await ledger
    .selectFrom("backoffs")
    .select("failures")
    .where("agency_id", "=", failure.agencyId)
    .executeTakeFirst();
  const failures = (known?.failures ?? 0) + 1;
  const minutes = Math.min(2 ** failures, 360) * (0.5 + failure.random() / 2);
  const next_attempt_at = new Date(failure.at.getTime() + minutes * 60_000).toISOString();
  const row = { failures, next_attempt_at, code: failure.code };
  await ledger
    .insertInto("backoffs")
    .values({ agency_id: failure.agencyId, ...row })
    .onConflict((conflict) => conflict.column("agency_id").doUpdateSet(row))
    .execute();
}

/** It answered again. */
export async function clearBackoff(ledger: Ledger, agencyId: AgencyId): Promise<void> {
  await ledger.deleteFrom("backoffs").where("agency_id", "=", agencyId).execute();
}
