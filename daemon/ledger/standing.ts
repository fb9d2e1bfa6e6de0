/** Where single messages of ours stand, for people who ask. */
import type { AgencyId, MessageId } from "../ids.ts";
import type { Queries } from "./connect.ts";
import type { MessageOutRow, PacketOutRow } from "./tables.ts";

/** The message of this id, or `null`. */
export async function findMessageOut(db: Queries, id: MessageId): Promise<MessageOutRow | null> {
  const row = await db
    .selectFrom("messages_out")
    .selectAll()
    .where("message_id", "=", id)
    .executeTakeFirst();
  return row ?? null;
}

/** A test packet, and the packet in which it travels as soon as it is in one. */
export interface Ping {
  readonly message: MessageOutRow;
  readonly packet: PacketOutRow | null;
}

/** The last test packet to an agency, or `null`. */
export async function lastPing(db: Queries, to: AgencyId): Promise<Ping | null> {
  const message = await db
    .selectFrom("messages_out")
    .selectAll()
    .where("kind", "=", "Ping")
    .where("to_agency", "=", to)
    .orderBy("created_at", "desc")
    .orderBy("message_id", "desc")
    .limit(1)
    .executeTakeFirst();
  if (!message) return null;
  if (message.packet_id === null) return { message, packet: null };
  const packet = await db
    .selectFrom("packets_out")
    .selectAll()
    .where("packet_id", "=", message.packet_id)
    .executeTakeFirst();
  return { message, packet: packet ?? null };
}

/** The time of the newest thing the ledger knows, or `null`: no clock may be behind it. */
export async function newestTime(db: Queries): Promise<Date | null> {
  const audit = await db
    .selectFrom("audit")
    .select("at")
    .orderBy("number", "desc")
    .limit(1)
    .executeTakeFirst();
  const run = await db
    .selectFrom("runs")
    .select("started_at as at")
    .orderBy("started_at", "desc")
    .limit(1)
    .executeTakeFirst();
  const [newest] = [audit, run]
    .flatMap((row) => row?.at ?? [])
    .toSorted()
    .toReversed();
  return newest === undefined ? null : new Date(newest);
}
