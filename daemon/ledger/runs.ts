/** Exchanges that were made, and when an agency may be tried again. */
import { EXIT } from "../errors.ts";
import { newLocalId, type AgencyId } from "../ids.ts";
import type { Ledger, Queries } from "./connect.ts";
import type { BackoffRow, RunRow, Scope } from "./tables.ts";

/** An exchange begins. @returns its id */
export async function beginRun(ledger: Ledger, at: Date, scope: Scope): Promise<string> {
  const run_id = newLocalId();
  await ledger
    .insertInto("runs")
    .values({
      run_id,
      started_at: at.toISOString(),
      ended_at: null,
      counts: null,
      exit_code: null,
      code: null,
      scope,
    })
    .execute();
  return run_id;
}

/** How an exchange ended. */
export interface RunEnd {
  readonly at: Date;
  readonly counts: Readonly<Record<string, number>>;
  readonly exitCode: number;
  /** Of what hindered it, if anything did. */
  readonly code: string | null;
}

/** And ends. */
export async function endRun(ledger: Ledger, runId: string, end: RunEnd): Promise<void> {
  await ledger
    .updateTable("runs")
    .set({
      ended_at: end.at.toISOString(),
      counts: JSON.stringify(end.counts),
      exit_code: end.exitCode,
      code: end.code,
    })
    .where("run_id", "=", runId)
    .execute();
}

/**
 * It found nothing to do, so that the one before it of its kind, if that found nothing either, is not
 * worth a row: a box is looked into a hundred times a day.
 */
export async function forgetIdleRunBefore(ledger: Ledger, runId: string): Promise<void> {
  await ledger.transaction().execute(async (db) => {
    const [run, before] = await db
      .selectFrom("runs")
      .selectAll()
      .where("run_id", "<=", runId)
      .orderBy("run_id", "desc")
      .limit(2)
      .execute();
    if (run?.run_id !== runId || !before) return;
    const isAlike = before.scope === run.scope && before.exit_code === 0;
    if (!isAlike || before.counts !== run.counts) return;
    await db.deleteFrom("runs").where("run_id", "=", before.run_id).execute();
  });
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

/** When a whole exchange last came to its end unhindered, whatever it refused; `null` if none ever did. */
export async function lastGoodEnd(db: Queries): Promise<Date | null> {
  const row = await db
    .selectFrom("runs")
    .select("ended_at")
    .where("scope", "=", "everything")
    .where("exit_code", "in", [EXIT.done, EXIT.needsPerson])
    .where("code", "is", null)
    .orderBy("started_at", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.ended_at ? new Date(row.ended_at) : null;
}

/** When the first exchange of this home began, or `null`. */
export async function firstBegin(db: Queries): Promise<Date | null> {
  const row = await db
    .selectFrom("runs")
    .select("started_at")
    .orderBy("started_at")
    .limit(1)
    .executeTakeFirst();
  return row ? new Date(row.started_at) : null;
}

/** Agencies that failed us, and have not answered since. */
export const backoffs = (db: Queries): Promise<BackoffRow[]> =>
  db.selectFrom("backoffs").selectAll().execute();

const LONGEST_REST_MINUTES = 360;

/** Is it left in peace? Never for longer than the longest rest: the clock may have been set back. */
export function isResting({ next_attempt_at }: BackoffRow, at: Date): boolean {
  const leftMs = Date.parse(next_attempt_at) - at.getTime();
  return leftMs > 0 && leftMs <= LONGEST_REST_MINUTES * 60_000;
}

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
  const minutes = Math.min(2 ** failures, LONGEST_REST_MINUTES) * (0.5 + failure.random() / 2);
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
