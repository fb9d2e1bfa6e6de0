/** Exchanges of the past, for reports that are written again. */
import type { Queries } from "./connect.ts";
import { lastRun } from "./runs.ts";

export interface PastRun {
  readonly runId: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly exitCode: number;
}

/**
 * Exchanges that have ended, oldest first.
 *
 * @param since those that began then or later; only the last one if it is `null`
 */
export async function pastRuns(db: Queries, since: Date | null): Promise<PastRun[]> {
  const last = since === null ? await lastRun(db) : null;
  const rows =
    since === null
      ? last
        ? [last]
        : []
      : await db
          .selectFrom("runs")
          .selectAll()
          .where("ended_at", "is not", null)
          .where("started_at", ">=", since.toISOString())
          .orderBy("started_at")
          .execute();
  return rows.map((row) => ({
    runId: row.run_id,
    startedAt: new Date(row.started_at),
    endedAt: new Date(row.ended_at ?? row.started_at),
    exitCode: row.exit_code ?? 0,
  }));
}
