/** The way out, as rows: messages that wait, the packets they are fixed in, and what became of both. */
import type { ExpressionBuilder } from "kysely";
import { PacketboatError } from "../errors.ts";
import {
  type AgencyId,
  type MessageId,
  newLocalId,
  type PacketId,
  type Sha256,
  sha256,
  type StreamId,
} from "../ids.ts";
import type { OutgoingDocument } from "../transfer/effects.ts";
import type { Ledger, LedgerTransaction, Queries } from "./connect.ts";
import { keepContent, readContent } from "./content.ts";
import type {
  AttachmentOutRow,
  MessageOutRow,
  OutgoingKind,
  PacketOutRow,
  PacketOutState,
  Tables,
  Time,
} from "./tables.ts";
import type { TransferKey } from "./transfers.ts";

export interface NewMessage {
  readonly messageId: MessageId;
  readonly to: AgencyId;
  readonly kind: MessageOutRow["kind"];
  readonly transfer: TransferKey | null;
  /** XML of the message, or of a request that is still to be signed. */
  readonly bytes: Uint8Array;
  readonly notBefore: Date;
  readonly at: Date;
  readonly documents: readonly OutgoingDocument[];
}

/** A message waits, with the documents that go beside it. @returns the id of its content */
export async function addMessage(db: LedgerTransaction, message: NewMessage): Promise<string> {
  const at = message.at.toISOString();
  const content_id = await keepContent(db, { kind: "message", bytes: message.bytes, at });
  await db
    .insertInto("messages_out")
    .values({
      message_id: message.messageId,
      to_agency: message.to,
      kind: message.kind,
      requester_id: message.transfer?.requesterId ?? null,
      transfer_id: message.transfer?.transferId ?? null,
      content_id,
      sha256: null,
      state: "WAITING",
      not_before: message.notBefore.toISOString(),
      packet_id: null,
      position: null,
      created_at: at,
      answered_at: null,
      answer_code: null,
    })
    .execute();
  for (const [index, document] of message.documents.entries()) {
    await db
      .insertInto("attachments_out")
      .values({
        attachment_id: newLocalId(),
        message_id: message.messageId,
        number: index + 1,
        file_name: document.fileName,
        media_type: document.mediaType,
        section: document.section ?? null,
        staged_path: document.stagedPath,
        sealed_name: null,
        state: "WAITING",
      })
      .execute();
  }
  return content_id;
}

/** @throws PacketboatError TRANSFER_STATE if the message is in a packet, for then it has left */
export async function withdrawMessage(
  db: LedgerTransaction,
  messageId: MessageId,
  at: Time,
): Promise<void> {
  const result = await db
    .updateTable("messages_out")
    .set({ state: "WITHDRAWN", answered_at: at })
    .where("message_id", "=", messageId)
    .where("state", "in", ["WAITING", "ENCLOSED"])
    .executeTakeFirst();
  if (result.numUpdatedRows === 1n) return;
  throw new PacketboatError("TRANSFER_STATE", "the records have already left", {
    facts: { messageId },
  });
}

/** Is this message of ours in no packet yet, and not withdrawn? */
export async function isUnpacked(db: Queries, messageId: MessageId): Promise<boolean> {
  const row = await db
    .selectFrom("messages_out")
    .select("state")
    .where("message_id", "=", messageId)
    .executeTakeFirst();
  return row?.state === "WAITING" || row?.state === "ENCLOSED";
}

/** What may leave: a message whose time has come, and whose kind is not held back. */
export interface Due {
  readonly at: Date;
  readonly held: readonly OutgoingKind[];
}

/** Has any message been written, or come to its time, within a span? */
export async function mayNowLeave(
  db: Queries,
  { since, until }: { readonly since: Date; readonly until: Date },
): Promise<boolean> {
  const row = await db
    .selectFrom("messages_out")
    .select("message_id")
    .where("state", "in", ["WAITING", "ENCLOSED"])
    .where("not_before", "<=", until.toISOString())
    .where((eb) =>
      eb.or([
        eb("not_before", ">", since.toISOString()),
        eb("created_at", ">", since.toISOString()),
      ]),
    )
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** That recalled records were set aside is said when they lie in the quarantine, not before. */
const isNotAheadOfItsDeed = (eb: ExpressionBuilder<Tables, "messages_out">) =>
  eb.or([
    eb("kind", "!=", "TransferResponse"),
    eb.not(
      eb.exists(
        eb
          .selectFrom("publications")
          .select("publication_id")
          .where("publications.state", "=", "RECALLED")
          .whereRef("publications.requester_id", "=", "messages_out.requester_id")
          .whereRef("publications.transfer_id", "=", "messages_out.transfer_id"),
      ),
    ),
  ]);

/** Receipts first: the other side sends again what has none. Then what is oldest. */
const inOrder = (db: Queries) =>
  db
    .selectFrom("messages_out")
    .selectAll()
    .orderBy((eb) => eb.case().when("kind", "=", "Receipt").then(0).else(1).end())
    .orderBy("message_id");

/** Some of what may leave to an agency. */
export interface DueTo extends Due {
  readonly to: AgencyId;
  /** The message behind which they stand; the first ones, unless given. */
  readonly after?: Pick<MessageOutRow, "kind" | "message_id"> | undefined;
  /** A hundred thousand may wait. */
  readonly most: number;
}

/** In that order. */
const isBehind = (after: DueTo["after"]) => (eb: ExpressionBuilder<Tables, "messages_out">) => {
  const { kind = "Receipt", message_id: id = "" as MessageId } = after ?? {};
  if (kind !== "Receipt") return eb.and([eb("kind", "!=", "Receipt"), eb("message_id", ">", id)]);
  return eb.or([eb("kind", "!=", "Receipt"), eb("message_id", ">", id)]);
};

/** Messages to an agency that are in no packet and may leave, in the order in which they do. */
export const messagesDue = (
  db: Queries,
  { to, at, held, after, most }: DueTo,
): Promise<MessageOutRow[]> =>
  inOrder(db)
    .limit(most)
    .$if(after !== undefined, (query) => query.where(isBehind(after)))
    .where("state", "in", ["WAITING", "ENCLOSED"])
    .where("to_agency", "=", to)
    .where("not_before", "<=", at.toISOString())
    .where(isNotAheadOfItsDeed)
    .$if(held.length > 0, (query) => query.where("kind", "not in", held))
    .execute();

/** Those of some messages whose bytes are settled, as they are now. */
export const enclosedAmong = (
  db: Queries,
  messages: readonly MessageOutRow[],
): Promise<MessageOutRow[]> =>
  inOrder(db)
    .where("state", "=", "ENCLOSED")
    .where(
      "message_id",
      "in",
      messages.map(({ message_id: id }) => id),
    )
    .execute();

/** Agencies for which a message may leave, or a packet waits: what is packed is always sent. */
export async function agenciesWaitedFor(db: Queries, { at, held }: Due): Promise<AgencyId[]> {
  const messages = await db
    .selectFrom("messages_out")
    .select("to_agency")
    .distinct()
    .where("state", "in", ["WAITING", "ENCLOSED"])
    .where("not_before", "<=", at.toISOString())
    .where(isNotAheadOfItsDeed)
    .$if(held.length > 0, (query) => query.where("kind", "not in", held))
    .execute();
  const packets = await db
    .selectFrom("packets_out")
    .select("to_agency")
    .distinct()
    .where("state", "in", ["FIXED", "SEALED"])
    .execute();
  const ids = [...messages, ...packets].map(({ to_agency }) => to_agency);
  return [...new Set(ids)].toSorted();
}

/** The messages of a packet, in their order. */
export const messagesOf = (db: Queries, packetId: PacketId): Promise<MessageOutRow[]> =>
  db
    .selectFrom("messages_out")
    .selectAll()
    .where("packet_id", "=", packetId)
    .orderBy("position")
    .execute();

/** The messages of one kind that a transfer has had, those that still wait among them. */
export const sentAbout = (
  db: Queries,
  { requesterId, transferId }: TransferKey,
  kind: MessageOutRow["kind"],
): Promise<MessageOutRow[]> =>
  db
    .selectFrom("messages_out")
    .selectAll()
    .where("requester_id", "=", requesterId)
    .where("transfer_id", "=", transferId)
    .where("kind", "=", kind)
    .execute();

/** The documents beside a message, in their order. */
export const attachmentsOf = (db: Queries, messageId: MessageId): Promise<AttachmentOutRow[]> =>
  db
    .selectFrom("attachments_out")
    .selectAll()
    .where("message_id", "=", messageId)
    .orderBy("number")
    .execute();

/** The documents beside all messages of a packet, in the order of these. */
export const attachmentsBeside = (db: Queries, packetId: PacketId): Promise<AttachmentOutRow[]> =>
  db
    .selectFrom("messages_out")
    .innerJoin("attachments_out", "attachments_out.message_id", "messages_out.message_id")
    .selectAll("attachments_out")
    .where("packet_id", "=", packetId)
    .orderBy("position")
    .orderBy("number")
    .execute();

/** Documents of messages that were withdrawn, and that still lie here. */
export const withdrawnAttachments = (db: Queries): Promise<AttachmentOutRow[]> =>
  db
    .selectFrom("attachments_out")
    .innerJoin("messages_out", "messages_out.message_id", "attachments_out.message_id")
    .selectAll("attachments_out")
    .where("messages_out.state", "=", "WITHDRAWN")
    .execute();

/** A document has left this home, by whatever way. */
export async function forgetAttachment(ledger: Ledger, id: string): Promise<void> {
  await ledger.deleteFrom("attachments_out").where("attachment_id", "=", id).execute();
}

/** Where documents wait in the plain, to be sealed. */
export async function stagedDocuments(db: Queries): Promise<string[]> {
  const rows = await db
    .selectFrom("attachments_out")
    .select("staged_path")
    .where("state", "=", "WAITING")
    .execute();
  return rows.map(({ staged_path }) => staged_path);
}

/** The name of a sealed attachment, chosen and recorded before the file is written. */
export async function nameAttachment(ledger: Ledger, id: string, name: string): Promise<void> {
  await ledger
    .updateTable("attachments_out")
    .set({ sealed_name: name })
    .where("attachment_id", "=", id)
    .execute();
}

export async function markAttachment(
  db: Queries,
  id: string,
  state: AttachmentOutRow["state"],
): Promise<void> {
  await db.updateTable("attachments_out").set({ state }).where("attachment_id", "=", id).execute();
}

/** The message's XML is final. @returns `false` if it was withdrawn meanwhile */
export async function markEnclosed(
  db: LedgerTransaction,
  messageId: MessageId,
  digest: Sha256,
  kind: MessageOutRow["kind"],
): Promise<boolean> {
  const result = await db
    .updateTable("messages_out")
    .set({ state: "ENCLOSED", sha256: digest, kind })
    .where("message_id", "=", messageId)
    .where("state", "=", "WAITING")
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/**
 * @returns the XML of a message, as it was when it became final
 * @throws PacketboatError LEDGER_DAMAGED if it is gone, or if a disk has changed it since
 */
export async function readEnclosed(
  db: Queries,
  row: Pick<MessageOutRow, "content_id" | "sha256">,
): Promise<Uint8Array> {
  const bytes = await readContent(db, row.content_id);
  if (sha256(bytes) === row.sha256) return bytes;
  const sentence = `content ${row.content_id} is another than when its message became final`;
  throw new PacketboatError("LEDGER_DAMAGED", sentence);
}

/** The next number in a stream to an agency; given once, and never again (PROTOCOL 3). */
export async function nextSequence(
  db: LedgerTransaction,
  to: AgencyId,
  stream: StreamId,
): Promise<number> {
  const row = await db
    .insertInto("sequences_out")
    .values({ to_agency: to, stream, next_sequence: 2 })
    .onConflict((conflict) =>
      conflict.columns(["to_agency", "stream"]).doUpdateSet((eb) => ({
        next_sequence: eb("sequences_out.next_sequence", "+", 1),
      })),
    )
    .returning("next_sequence")
    .executeTakeFirstOrThrow();
  return row.next_sequence - 1;
}

/** Fix a packet's messages and number, in one transaction. */
export async function addPacket(
  db: LedgerTransaction,
  packet: PacketOutRow,
  messageIds: readonly MessageId[],
): Promise<void> {
  await db.insertInto("packets_out").values(packet).execute();
  for (const [index, messageId] of messageIds.entries()) {
    await db
      .updateTable("messages_out")
      .set({ state: "PACKED", packet_id: packet.packet_id, position: index + 1 })
      .where("message_id", "=", messageId)
      .execute();
  }
}

/** Packets to an agency in these states, in the order of their numbers. */
export const packetsIn = (
  db: Queries,
  states: readonly PacketOutState[],
  to: AgencyId,
): Promise<PacketOutRow[]> =>
  db
    .selectFrom("packets_out")
    .selectAll()
    .where("state", "in", states)
    .where("to_agency", "=", to)
    .orderBy("sequence")
    .execute();

/** A packet as it is now. */
export const packetNow = (db: Queries, packetId: PacketId): Promise<PacketOutRow> =>
  db
    .selectFrom("packets_out")
    .selectAll()
    .where("packet_id", "=", packetId)
    .executeTakeFirstOrThrow();

/** Packets that were answered, or sent where no answer is due, and whose sealed files are still kept. */
export const answeredPackets = (db: Queries): Promise<PacketOutRow[]> =>
  db
    .selectFrom("packets_out")
    .selectAll()
    .where("file_name", "is not", null)
    .where((eb) =>
      eb.or([
        eb("state", "in", ["ACKED", "REFUSED"]),
        eb.and([eb("state", "=", "SENT"), eb("receipt_due", "=", 0)]),
      ]),
    )
    .execute();

/** Names of sealed files that are still to be sent, perhaps once more: packets, and documents beside them. */
export async function sealedNamesNeeded(db: Queries): Promise<Set<string>> {
  const packets = await db
    .selectFrom("packets_out")
    .select("file_name as name")
    .where("file_name", "is not", null)
    .execute();
  const attachments = await db
    .selectFrom("attachments_out")
    .innerJoin("messages_out", "messages_out.message_id", "attachments_out.message_id")
    .leftJoin("packets_out", "packets_out.packet_id", "messages_out.packet_id")
    .select("sealed_name as name")
    .where((eb) =>
      eb.or([
        eb("messages_out.state", "in", ["WAITING", "ENCLOSED"]),
        eb("packets_out.state", "in", ["FIXED", "SEALED", "SENT"]),
      ]),
    )
    .execute();
  return new Set([...packets, ...attachments].flatMap(({ name }) => name ?? []));
}

/** The recipient's box is to get a packet's bytes once more, and those of the documents beside it. */
export async function sendPacketAgain(ledger: Ledger, packetId: PacketId): Promise<void> {
  await ledger.transaction().execute(async (db) => {
    await updatePacket(db, packetId, { state: "SEALED" });
    await leaveDocumentsAgain(db, packetId);
  });
}

/** The documents beside a packet are to be left in the box once more, before it. */
export async function leaveDocumentsAgain(
  db: LedgerTransaction,
  packetId: PacketId,
): Promise<void> {
  for (const { attachment_id, state } of await attachmentsBeside(db, packetId)) {
    if (state === "SENT") await markAttachment(db, attachment_id, "SEALED");
  }
}

/** Its sealed files are gone. */
export const closePacket = (db: Queries, packetId: PacketId): Promise<void> =>
  updatePacket(db, packetId, { file_name: null });

/** Change what is known of a packet. */
export async function updatePacket(
  db: Queries,
  packetId: PacketId,
  changes: Partial<Omit<PacketOutRow, "packet_id" | "sequence" | "stream">>,
): Promise<void> {
  await db.updateTable("packets_out").set(changes).where("packet_id", "=", packetId).execute();
}

/** The packet a receipt is about: by its id, or by the bytes that were refused unread. */
export async function packetAnswered(
  db: Queries,
  by: { packetId?: string | undefined; sealedSha256: string },
): Promise<PacketOutRow | null> {
  const query = db.selectFrom("packets_out").selectAll();
  const row = by.packetId
    ? await query.where("packet_id", "=", by.packetId as PacketId).executeTakeFirst()
    : await query.where("sealed_sha256", "=", by.sealedSha256 as Sha256).executeTakeFirst();
  return row ?? null;
}

/** The reader's answer to one message. @returns `false` if it was answered before */
export async function answerMessage(
  db: LedgerTransaction,
  messageId: MessageId,
  answer: { state: "CONFIRMED" | "REFUSED"; code: string | null; at: Date },
): Promise<boolean> {
  const result = await db
    .updateTable("messages_out")
    .set({
      state: answer.state,
      answer_code: answer.code,
      answered_at: answer.at.toISOString(),
    })
    .where("message_id", "=", messageId)
    .where("state", "=", "PACKED")
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Packets sent before a time whose receipt is due and has not come. */
export const unanswered = (db: Queries, sentBefore: Date): Promise<PacketOutRow[]> =>
  db
    .selectFrom("packets_out")
    .selectAll()
    .where("state", "=", "SENT")
    .where("receipt_due", "=", 1)
    .where("sent_at", "<", sentBefore.toISOString())
    .orderBy("sent_at")
    .execute();
