/** The one table that holds students' data: messages and requests as XML (PROTOCOL 9). */
import { sql } from "kysely";
import { PacketboatError } from "../errors.ts";
import { newLocalId } from "../ids.ts";
import type { Queries } from "./connect.ts";
import type { Time } from "./tables.ts";

/** Keep bytes. @returns the id to find them by */
export async function keepContent(
  db: Queries,
  content: { kind: "message" | "request" | "referral" | "answer"; bytes: Uint8Array; at: Time },
): Promise<string> {
  const content_id = newLocalId();
  const { kind, bytes, at: created_at } = content;
  await db.insertInto("content").values({ content_id, kind, bytes, created_at }).execute();
  return content_id;
}

/** Replace what stands under an id: a request by its signed form, a release by its final one. */
export async function replaceContent(db: Queries, id: string, bytes: Uint8Array): Promise<void> {
  await db.updateTable("content").set({ bytes }).where("content_id", "=", id).execute();
}

/** How many bytes stand under an id, without reading them. @throws PacketboatError LEDGER_DAMAGED */
export async function contentSize(db: Queries, id: string): Promise<number> {
  const row = await db
    .selectFrom("content")
    .select(sql<number>`length(bytes)`.as("size"))
    .where("content_id", "=", id)
    .executeTakeFirst();
  if (!row) throw gone(id);
  return row.size;
}

/** What stands under these ids, as far as it is still kept. @param ids some hundreds at most */
export async function readContents(
  db: Queries,
  ids: readonly string[],
): Promise<Map<string, Uint8Array>> {
  const rows = await db
    .selectFrom("content")
    .select(["content_id", "bytes"])
    .where("content_id", "in", ids)
    .execute();
  return new Map(rows.map(({ content_id, bytes }) => [content_id, bytes]));
}

/** @throws PacketboatError LEDGER_DAMAGED if it is gone though a row still points to it */
export async function readContent(db: Queries, id: string): Promise<Uint8Array> {
  const row = await db
    .selectFrom("content")
    .select("bytes")
    .where("content_id", "=", id)
    .executeTakeFirst();
  if (!row) throw gone(id);
  return row.bytes;
}

const gone = (id: string): PacketboatError =>
  new PacketboatError("LEDGER_DAMAGED", `content ${id} is not in the ledger`);
