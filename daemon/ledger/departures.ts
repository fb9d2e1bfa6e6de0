/** What reports show of the way out: packets that left or wait, and what became of their messages. */
import { sql, type RawBuilder } from "kysely";
import type { AgencyId, MessageId, PacketId } from "../ids.ts";
import type { Queries } from "./connect.ts";
import {
  grouped,
  namedTransfer,
  times,
  type NamedAgency,
  type NamedTransfer,
  type Span,
} from "./overviews.ts";
import { oneOf, longList, type LongList, numberIn, PACKETS_PAGE } from "./pages.ts";
import type { MessageOutState, PacketOutState } from "./tables.ts";

export interface SentMessage {
  readonly messageId: MessageId;
  readonly kind: string;
  readonly state: MessageOutState;
  /** Why the reader refused it. */
  readonly answerCode: string | null;
  readonly transfer: NamedTransfer | null;
}

export interface SentPacket {
  readonly packetId: PacketId;
  readonly to: NamedAgency;
  readonly sequence: number;
  readonly state: PacketOutState;
  readonly sentAt: Date;
  readonly uploads: number;
  readonly messages: readonly SentMessage[];
}

/** Packets that are made and have not left, to one agency. */
export interface Waiting {
  readonly to: NamedAgency;
  readonly packets: number;
  readonly oldest: Date;
  /** What failed last, and when it is tried again. */
  readonly code: string | null;
  readonly nextAttemptAt: Date | null;
}

/** Packets that left in a span of time, with their messages in order. */
export async function packetsSent(db: Queries, span: Span): Promise<LongList<SentPacket>> {
  const [from, until] = times(span);
  const numbers = inOrder(db)
    .select(numberIn("packets_out").as("number"))
    .where("sent_at", ">=", from)
    .where("sent_at", "<=", until);
  return await longList(numbers, (these) => packetsOf(db, these), PACKETS_PAGE);
}

const inOrder = (db: Queries) =>
  db.selectFrom("packets_out").orderBy("sent_at").orderBy("packets_out.packet_id");

async function packetsOf(db: Queries, numbers: RawBuilder<number>): Promise<SentPacket[]> {
  const rows = await inOrder(db)
    .leftJoin("agencies", "agencies.agency_id", "packets_out.to_agency")
    .selectAll("packets_out")
    .select("agencies.name")
    .where(numberIn("packets_out"), "in", numbers)
    .execute();
  const messages = await messagesOf(db, oneOf(rows.map(({ packet_id }) => packet_id)));
  return rows.map((row) => ({
    packetId: row.packet_id,
    to: { id: row.to_agency, name: row.name },
    sequence: row.sequence,
    state: row.state,
    sentAt: new Date(row.sent_at ?? row.created_at),
    uploads: row.uploads,
    messages: messages.get(row.packet_id) ?? [],
  }));
}

/** By packet. */
async function messagesOf(
  db: Queries,
  packets: RawBuilder<PacketId>,
): Promise<Map<string, SentMessage[]>> {
  const rows = await db
    .selectFrom("messages_out")
    .leftJoin("transfers", (join) =>
      join
        .onRef("transfers.requester_id", "=", "messages_out.requester_id")
        .onRef("transfers.transfer_id", "=", "messages_out.transfer_id"),
    )
    .select(["messages_out.message_id", "messages_out.kind", "messages_out.state"])
    .select(["messages_out.answer_code", "messages_out.packet_id"])
    .select(["transfers.reference", "transfers.request_content_id"])
    .where("messages_out.packet_id", "in", packets)
    .orderBy("messages_out.position")
    .execute();
  return grouped(rows, (row) => [
    row.packet_id ?? "",
    {
      messageId: row.message_id,
      kind: row.kind,
      state: row.state,
      answerCode: row.answer_code,
      transfer: namedTransfer(row),
    },
  ]);
}

/** What has not left yet, by agency. */
export async function packetsWaiting(db: Queries): Promise<Waiting[]> {
  const rows = await db
    .selectFrom("packets_out")
    .leftJoin("agencies", "agencies.agency_id", "packets_out.to_agency")
    .leftJoin("backoffs", "backoffs.agency_id", "packets_out.to_agency")
    .select(["packets_out.to_agency", "agencies.name", "backoffs.code"])
    .select("backoffs.next_attempt_at")
    .select(({ fn }) => fn.countAll<number>().as("packets"))
    .select(({ fn }) => fn.min("packets_out.created_at").as("oldest"))
    .where("packets_out.state", "in", ["FIXED", "SEALED"])
    .groupBy("packets_out.to_agency")
    .orderBy("oldest")
    .execute();
  return rows.map((row) => ({
    to: { id: row.to_agency, name: row.name },
    packets: row.packets,
    oldest: new Date(row.oldest),
    code: row.code,
    nextAttemptAt: row.next_attempt_at === null ? null : new Date(row.next_attempt_at),
  }));
}

/** What an agency has not confirmed, though it was sent long enough ago. */
export interface Unconfirmed {
  readonly agencyId: AgencyId;
  readonly packets: number;
  /** When the oldest of them was made. */
  readonly oldest: Date;
  /** When the first of them was last sent. */
  readonly sentAt: Date;
  /** One was sent more than once, or is about to be. */
  readonly isSentAgain: boolean;
}

/** Packets made before a time, sent, and still without their receipt: by agency. */
export async function unconfirmed(db: Queries, madeBefore: Date): Promise<Unconfirmed[]> {
  const rows = await db
    .selectFrom("packets_out")
    .select("to_agency")
    .select(({ fn }) => fn.countAll<number>().as("packets"))
    .select(({ fn }) => [fn.min("created_at").as("oldest"), fn.min("sent_at").as("sent_at")])
    .select(sql<number>`max(uploads > 1 or state = 'SEALED')`.as("again"))
    .where("state", "in", ["SENT", "SEALED"])
    .where("sent_at", "is not", null)
    .where("receipt_due", "=", 1)
    .where("created_at", "<", madeBefore.toISOString())
    .groupBy("to_agency")
    .orderBy("oldest")
    .execute();
  return rows.map((row) => ({
    agencyId: row.to_agency,
    packets: row.packets,
    oldest: new Date(row.oldest),
    sentAt: new Date(row.sent_at ?? row.oldest),
    isSentAgain: row.again === 1,
  }));
}
