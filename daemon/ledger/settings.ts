/** What this home remembers about itself. */
import { newStreamId, type StreamId } from "../ids.ts";
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
