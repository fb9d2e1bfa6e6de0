/** Which nightly exchanges were made: each date once, whatever the clock does and however often we start. */
import type { Ledger, Queries } from "./connect.ts";
import { readSetting, writeSetting } from "./settings.ts";
import type { NightRow } from "./tables.ts";

/** What is known of a date's exchange, or `null` if it was never tried. */
export async function findNight(db: Queries, night: string): Promise<NightRow | null> {
  const row = await db
    .selectFrom("nights")
    .selectAll()
    .where("night", "=", night)
    .executeTakeFirst();
  return row ?? null;
}

/** The exchange of a date begins, or is passed over. Written before it is made, so that a crash counts. */
export async function noteNight(
  ledger: Ledger,
  note: { night: string; plannedAt: Date; state: "tried" | "skipped"; at: Date },
): Promise<void> {
  const { night, state } = note;
  const last_attempt_at = note.at.toISOString();
  await ledger
    .insertInto("nights")
    .values({
      night,
      planned_at: note.plannedAt.toISOString(),
      state,
      attempts: 1,
      last_attempt_at,
    })
    .onConflict((conflict) =>
      conflict.column("night").doUpdateSet((eb) => ({
        state,
        attempts: eb("nights.attempts", "+", 1),
        last_attempt_at,
      })),
    )
    .execute();
}

/** It was made: everything that waited was offered to the server. */
export async function nightIsMade(ledger: Ledger, night: string): Promise<void> {
  await ledger.updateTable("nights").set({ state: "made" }).where("night", "=", night).execute();
}

/**
 * Since when this home has a daemon; what was planned before that was not missed.
 *
 * @param at noted, if there has been none yet, or none before it: the clock was ahead
 */
export async function nightsCountFrom(ledger: Ledger, at: Date): Promise<Date> {
  return ledger.transaction().execute(async (db) => {
    const known = await readSetting(db, "nightsCountFrom");
    if (known !== null && new Date(known) <= at) return new Date(known);
    await writeSetting(db, "nightsCountFrom", at.toISOString());
    return at;
  });
}
