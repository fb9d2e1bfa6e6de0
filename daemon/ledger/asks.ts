/** Commands that ask the daemon for an exchange, and what came of it. */
import { newLocalId } from "../ids.ts";
import type { Ledger, Queries } from "./connect.ts";

/** An answer that was not taken away by then has nobody who waits for it. */
const KEPT_MS = 24 * 60 * 60 * 1000;

/** Ask for an exchange, and clear away what nobody waits for. @returns the id under which the answer will stand */
export async function ask(ledger: Ledger, at: Date): Promise<string> {
  const ask_id = newLocalId();
  const before = new Date(at.getTime() - KEPT_MS).toISOString();
  await ledger.deleteFrom("asks").where("asked_at", "<", before).execute();
  await ledger
    .insertInto("asks")
    .values({ ask_id, asked_at: at.toISOString(), answer: null })
    .execute();
  return ask_id;
}

/** What is asked for and not made yet, oldest first. */
export async function openAsks(db: Queries): Promise<string[]> {
  const rows = await db
    .selectFrom("asks")
    .select("ask_id")
    .where("answer", "is", null)
    .orderBy("ask_id")
    .execute();
  return rows.map(({ ask_id }) => ask_id);
}

/** One exchange answers everybody who asked before it began. @param answer JSON */
export async function answerAsks(
  ledger: Ledger,
  ids: readonly string[],
  answer: string,
): Promise<void> {
  await ledger.updateTable("asks").set({ answer }).where("ask_id", "in", ids).execute();
}

/** The answer, taken away with its row; `null` if it is not there yet. */
export async function takeAnswer(ledger: Ledger, id: string): Promise<string | null> {
  const row = await ledger
    .deleteFrom("asks")
    .where("ask_id", "=", id)
    .where("answer", "is not", null)
    .returning("answer")
    .executeTakeFirst();
  return row?.answer ?? null;
}

/** Who asked does not wait any more, or nobody is there to answer. */
export async function withdrawAsk(ledger: Ledger, id: string): Promise<void> {
  await ledger.deleteFrom("asks").where("ask_id", "=", id).execute();
}
