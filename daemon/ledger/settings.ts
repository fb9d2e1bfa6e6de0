/** What this home remembers about itself. */
import { newRandomPart, newStreamId, type StreamId } from "../ids.ts";
import type { Ledger, Queries } from "./connect.ts";

/** The value of a setting, or `null`. */
export async function readSetting(db: Queries, name: string): Promise<string | null> {
  const row = await db
    .selectFrom("settings")
    .select("value")
    .where("name", "=", name)
    .executeTakeFirst();
  return row?.value ?? null;
}

/** Set a value, replacing what was there. */
export async function writeSetting(db: Queries, name: string, value: string): Promise<void> {
  await db
    .insertInto("settings")
    .values({ name, value })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ value }))
    .execute();
}

/** As if it had never been set. */
export async function forgetSetting(db: Queries, name: string): Promise<void> {
  await db.deleteFrom("settings").where("name", "=", name).execute();
}

const FLAGS = "flags";

/** Did the list of flagged students name anybody when it was last read? */
export const wasAnybodyFlagged = async (db: Queries): Promise<boolean> =>
  (await readSetting(db, FLAGS)) !== null;

export async function noteFlagged(db: Queries, students: number): Promise<void> {
  if (students > 0 === (await wasAnybodyFlagged(db))) return;
  await (students > 0 ? writeSetting(db, FLAGS, "some") : forgetSetting(db, FLAGS));
}

/** The stream in which this home numbers its packets, made when it is first asked for (PROTOCOL 3). */
export async function ourStream(ledger: Ledger): Promise<StreamId> {
  return ledger.transaction().execute(async (db) => {
    const known = await readSetting(db, "stream");
    if (known) return known as StreamId;
    const stream = newStreamId();
    await writeSetting(db, "stream", stream);
    return stream;
  });
}

/**
 * Random digits in the names under which this home tries boxes. Chosen once: what was left when the line
 * went down is found again under them, and nobody else can guess them (PROTOCOL 5).
 */
export async function ourProbe(ledger: Ledger): Promise<string> {
  return ledger.transaction().execute(async (db) => {
    const known = await readSetting(db, "probe");
    if (known) return known;
    const probe = newRandomPart();
    await writeSetting(db, "probe", probe);
    return probe;
  });
}

const RESTORED = "restored";

/** When this home was last restored from a backup; `null` if it never was. */
export async function restoredAt(db: Queries): Promise<Date | null> {
  const at = await readSetting(db, RESTORED);
  return at === null ? null : new Date(at);
}

/** A restored ledger is older than the world: new numbers, and nothing moves until a person agrees. */
export async function beginReconciling(ledger: Ledger, at: Date): Promise<void> {
  await ledger.transaction().execute(async (db) => {
    await writeSetting(db, "stream", newStreamId());
    await writeSetting(db, "reconciling", at.toISOString());
    await writeSetting(db, RESTORED, at.toISOString());
    // Whoever held the home while it was copied does not hold this copy.
    await db.deleteFrom("locks").execute();
    await db.deleteFrom("asks").execute();
  });
}

/** Since when this home waits for a person after a restore; `null` if it does not. */
export const reconcilingSince = (db: Queries): Promise<string | null> =>
  readSetting(db, "reconciling");

/** A person has compared this home with the world. */
export async function endReconciling(db: Queries): Promise<void> {
  await db.deleteFrom("settings").where("name", "=", "reconciling").execute();
}
