/** What reports show of the way in: packets collected, messages recorded, documents taken. */
import type { RawBuilder } from "kysely";
import type { MessageId } from "../ids.ts";
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
import type { DocumentRow, MessageInState, PacketInState } from "./tables.ts";

export interface CollectedMessage {
  readonly messageId: MessageId;
  readonly kind: string;
  readonly state: MessageInState;
  readonly code: string | null;
  readonly reason: string | null;
  readonly transfer: NamedTransfer | null;
}

export interface CollectedPacket {
  readonly claimId: string;
  readonly fileName: string;
  readonly bytes: number;
  readonly claimedAt: Date;
  readonly state: PacketInState;
  /** Proved by its seal; `null` before that. */
  readonly from: NamedAgency | null;
  readonly sequence: number | null;
  /** Why it waits or was refused. */
  readonly code: string | null;
  readonly reason: string | null;
  readonly messages: readonly CollectedMessage[];
}

/** Packets that were claimed, or whose messages were recorded, in a span of time. */
export async function packetsCollected(
  db: Queries,
  span: Span,
): Promise<LongList<CollectedPacket>> {
  const [from, until] = times(span);
  const numbers = db
    .selectFrom("packets_in")
    .select(numberIn("packets_in").as("number"))
    .where((eb) =>
      eb.or([
        eb.and([eb("claimed_at", ">=", from), eb("claimed_at", "<=", until)]),
        eb.exists(
          eb
            .selectFrom("messages_in")
            .select("messages_in.claim_id")
            .whereRef("messages_in.claim_id", "=", "packets_in.claim_id")
            .where("messages_in.recorded_at", ">=", from)
            .where("messages_in.recorded_at", "<=", until),
        ),
      ]),
    )
    .orderBy("packets_in.claim_id");
  return await longList(numbers, (these) => packetsOf(db, these, span), PACKETS_PAGE);
}

async function packetsOf(
  db: Queries,
  numbers: RawBuilder<number>,
  span: Span,
): Promise<CollectedPacket[]> {
  const rows = await db
    .selectFrom("packets_in")
    .leftJoin("agencies", "agencies.agency_id", "packets_in.from_agency")
    .selectAll("packets_in")
    .select("agencies.name")
    .where(numberIn("packets_in"), "in", numbers)
    .orderBy("packets_in.claim_id")
    .execute();
  const messages = await messagesOf(db, oneOf(rows.map(({ claim_id }) => claim_id)), span);
  return rows.map((row) => ({
    claimId: row.claim_id,
    fileName: row.file_name,
    bytes: row.size,
    claimedAt: new Date(row.claimed_at),
    state: row.state,
    from: row.from_agency === null ? null : { id: row.from_agency, name: row.name },
    sequence: row.sequence,
    code: row.code,
    reason: row.reason,
    messages: messages.get(row.claim_id) ?? [],
  }));
}

/** Those that were recorded then, by claim. */
async function messagesOf(
  db: Queries,
  claims: RawBuilder<string>,
  span: Span,
): Promise<Map<string, CollectedMessage[]>> {
  const [from, until] = times(span);
  const rows = await db
    .selectFrom("messages_in")
    .leftJoin("transfers", (join) =>
      join
        .onRef("transfers.requester_id", "=", "messages_in.requester_id")
        .onRef("transfers.transfer_id", "=", "messages_in.transfer_id"),
    )
    .select(["messages_in.message_id", "messages_in.kind", "messages_in.state"])
    .select(["messages_in.code", "messages_in.reason", "messages_in.claim_id"])
    .select(["transfers.reference", "transfers.request_content_id"])
    .where("messages_in.claim_id", "in", claims)
    .where("messages_in.recorded_at", ">=", from)
    .where("messages_in.recorded_at", "<=", until)
    .orderBy("messages_in.position")
    .execute();
  return grouped(rows, (row) => [
    row.claim_id,
    {
      messageId: row.message_id,
      kind: row.kind,
      state: row.state,
      code: row.code,
      reason: row.reason,
      transfer: namedTransfer(row),
    },
  ]);
}

/** Documents taken from drop folders in a span of time. */
export async function documentsTaken(db: Queries, span: Span): Promise<LongList<DocumentRow>> {
  const [from, until] = times(span);
  const inOrder = db.selectFrom("documents").orderBy("taken_at").orderBy("document_id");
  const numbers = inOrder
    .select(numberIn("documents").as("number"))
    .where("taken_at", ">=", from)
    .where("taken_at", "<=", until);
  return await longList(numbers, (these) =>
    inOrder.selectAll().where(numberIn("documents"), "in", these).execute(),
  );
}
