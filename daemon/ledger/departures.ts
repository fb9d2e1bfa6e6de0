/** What reports show of the way out: packets that left or wait, and what became of their messages. */
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
export async function packetsSent(db: Queries, span: Span): Promise<SentPacket[]> {
  const [from, until] = times(span);
  const rows = await db
    .selectFrom("packets_out")
    .leftJoin("agencies", "agencies.agency_id", "packets_out.to_agency")
    .selectAll("packets_out")
    .select("agencies.name")
    .where("sent_at", ">=", from)
    .where("sent_at", "<=", until)
    .orderBy("sent_at")
    .orderBy("packets_out.packet_id")
    .execute();
  const messages = await messagesSent(db, from, until);
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
async function messagesSent(
  db: Queries,
  from: string,
  until: string,
): Promise<Map<string, SentMessage[]>> {
  const rows = await db
    .selectFrom("messages_out")
    .innerJoin("packets_out", "packets_out.packet_id", "messages_out.packet_id")
    .leftJoin("transfers", (join) =>
      join
        .onRef("transfers.requester_id", "=", "messages_out.requester_id")
        .onRef("transfers.transfer_id", "=", "messages_out.transfer_id"),
    )
    .select(["messages_out.message_id", "messages_out.kind", "messages_out.state"])
    .select(["messages_out.answer_code", "messages_out.packet_id"])
    .select(["transfers.reference", "transfers.request_content_id"])
    .where("packets_out.sent_at", ">=", from)
    .where("packets_out.sent_at", "<=", until)
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
    .select(["backoffs.next_attempt_at", "packets_out.created_at"])
    .where("packets_out.state", "in", ["FIXED", "SEALED"])
    .orderBy("packets_out.created_at")
    .execute();
  const byAgency = grouped(rows, (row) => [row.to_agency, row]);
  return [...byAgency.values()].flatMap(([first, ...others]) => {
    if (!first) return [];
    const next = first.next_attempt_at;
    return {
      to: { id: first.to_agency, name: first.name },
      packets: 1 + others.length,
      oldest: new Date(first.created_at),
      code: first.code,
      nextAttemptAt: next === null ? null : new Date(next),
    };
  });
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
    .select(["to_agency", "created_at", "sent_at", "state", "uploads"])
    .where("state", "in", ["SENT", "SEALED"])
    .where("sent_at", "is not", null)
    .where("receipt_due", "=", 1)
    .where("created_at", "<", madeBefore.toISOString())
    .orderBy("created_at")
    .execute();
  const byAgency = grouped(rows, (row) => [row.to_agency, row]);
  return [...byAgency.values()].flatMap((packets) => {
    const [first] = packets;
    if (!first) return [];
    const sent = packets.map((packet) => packet.sent_at ?? packet.created_at).toSorted();
    return {
      agencyId: first.to_agency,
      packets: packets.length,
      oldest: new Date(first.created_at),
      sentAt: new Date(sent[0] ?? first.created_at),
      isSentAgain: packets.some(({ uploads, state }) => uploads > 1 || state === "SEALED"),
    };
  });
}
