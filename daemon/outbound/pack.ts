/**
 * Pack: messages that wait for one agency are fixed in packets, each with its number, in one
 * transaction (PROTOCOL 3). What is packed cannot be withdrawn any more.
 */
import type { Flags } from "../desk/flags.ts";
import { postedOf, writeOutgoing } from "../desk/outgoing.ts";
import { requestReader } from "../desk/requests.ts";
import { isRefusal, type PacketboatError, unlessRefused } from "../errors.ts";
import { newPacketId, type AgencyId, type PacketId, type StreamId } from "../ids.ts";
import { commitEffects } from "../ledger/commit.ts";
import type { Ledger, LedgerTransaction } from "../ledger/connect.ts";
import { contentSize } from "../ledger/content.ts";
import { addPacket, nextSequence, readEnclosed, withdrawMessage } from "../ledger/outgoing.ts";
import type { MessageOutRow } from "../ledger/tables.ts";
import { findTransfer } from "../ledger/transfers.ts";
import { digestOf } from "../packet/envelope.ts";
import { isReceipted } from "../packet/model.ts";
import type { Effect, Posted } from "../transfer/effects.ts";
import type { Facts } from "../transfer/facts.ts";
import { sent } from "../transfer/post.ts";
import { toldEntity } from "../transfer/tell-entity.ts";

export interface Packing {
  readonly ledger: Ledger;
  readonly stream: StreamId;
  /** What the rules need to know beside the transfer and its request. */
  readonly facts: Omit<Facts, "transfer" | "request" | "at" | "isFlagged">;
  /** Whose records leave only when two persons have released them, as it stands now. */
  readonly flags: () => Promise<Flags>;
  readonly limits: { readonly messages: number; readonly bytes: number };
  /** Hears of each message that is not what it was when its bytes were settled: it stays, and the others leave. */
  readonly damaged: (error: PacketboatError) => void;
  readonly at: Date;
}

/** The same, when one packet is made. */
interface Leaving extends Packing {
  readonly facts: Omit<Facts, "transfer" | "request" | "at">;
}

/** A packet whose messages and number are settled. */
export interface FixedPacket {
  readonly packetId: PacketId;
  readonly sequence: number;
  /** How many messages it holds. */
  readonly messages: number;
}

/**
 * @param waiting messages to one agency whose bytes are settled, oldest first
 * @returns each packet as soon as it is made
 */
export async function* pack(
  to: AgencyId,
  waiting: readonly MessageOutRow[],
  packing: Packing,
): AsyncGenerator<FixedPacket, void> {
  for (const batch of await batches(waiting, packing)) {
    const { isFlagged } = await packing.flags();
    const leaving = { ...packing, facts: { ...packing.facts, isFlagged } };
    const fixed = await packing.ledger.transaction().execute((db) => fix(db, to, batch, leaving));
    if (fixed) yield fixed;
  }
}

/** Room for the header, and for what stands around each message. */
const ENVELOPE_BYTES = 4096;
const AROUND_MESSAGE_BYTES = 16;

/** As many as one packet may hold, by number and by size: its reader counts the envelope too. */
async function batches(
  waiting: readonly MessageOutRow[],
  { ledger, limits }: Packing,
): Promise<MessageOutRow[][]> {
  const result: MessageOutRow[][] = [];
  let batch: MessageOutRow[] = [];
  let size = ENVELOPE_BYTES;
  for (const row of waiting) {
    const bytes = (await contentSize(ledger, row.content_id)) + AROUND_MESSAGE_BYTES;
    const isFull = batch.length === limits.messages || size + bytes > limits.bytes;
    if (batch.length > 0 && isFull) {
      result.push(batch);
      batch = [];
      size = ENVELOPE_BYTES;
    }
    batch.push(row);
    size += bytes;
  }
  return batch.length > 0 ? [...result, batch] : result;
}

async function fix(
  db: LedgerTransaction,
  to: AgencyId,
  batch: readonly MessageOutRow[],
  packing: Leaving,
): Promise<FixedPacket | null> {
  const leaving: MessageOutRow[] = [];
  const messages: Uint8Array[] = [];
  for (const row of batch) {
    if (!(await isStillEnclosed(db, row))) continue;
    const bytes = await unlessRefused(() => readEnclosed(db, row));
    if (isRefusal(bytes)) packing.damaged(bytes);
    else if (await mayLeave(db, row, packing)) {
      leaving.push(row);
      messages.push(bytes);
    }
  }
  if (leaving.length === 0) return null;
  const messageIds = leaving.map(({ message_id }) => message_id);
  const packetId = newPacketId();
  const sequence = await nextSequence(db, to, packing.stream);
  await addPacket(
    db,
    {
      packet_id: packetId,
      to_agency: to,
      stream: packing.stream,
      sequence,
      rendition: 0,
      messages_digest: digestOf(messages),
      receipt_due: leaving.some(({ kind }) => isReceipted(kind)) ? 1 : 0,
      state: "FIXED",
      created_at: packing.at.toISOString(),
      expires_at: null,
      file_name: null,
      sealed_sha256: null,
      sealed_size: null,
      sealed_for: null,
      sent_at: null,
      answered_at: null,
      uploads: 0,
    },
    messageIds,
  );
  return { packetId, sequence, messages: leaving.length };
}

/** It was, when it was listed; it may have been withdrawn since. */
async function isStillEnclosed(db: LedgerTransaction, row: MessageOutRow): Promise<boolean> {
  const current = await db
    .selectFrom("messages_out")
    .select("state")
    .where("message_id", "=", row.message_id)
    .executeTakeFirst();
  return current?.state === "ENCLOSED";
}

/** The rules are told that a message leaves, and may say that it must not any more. */
async function mayLeave(
  db: LedgerTransaction,
  row: MessageOutRow,
  packing: Leaving,
): Promise<boolean> {
  const { requester_id: requesterId, transfer_id: transferId } = row;
  const posted = await postedOf(db, row);
  if (!posted || !requesterId || !transferId) return true;
  const found = await findTransfer(db, { requesterId, transferId });
  if (!found) return true;
  const facts: Facts = {
    ...packing.facts,
    at: packing.at,
    transfer: found.transfer,
    request: await requestReader(db)(found.requestContentId),
  };
  const effects = await effectsOf(posted, facts, () =>
    withdrawMessage(db, row.message_id, packing.at.toISOString()),
  );
  if (!effects) return false;
  const { at } = packing;
  const by = { who: "packetboat", authentication: null };
  const rest = { place: null, write: writeOutgoing, publications: [] };
  await commitEffects(db, { found, effects, at, ...by, ...rest });
  return !effects.some(({ effect }) => effect === "Unsend");
}

async function effectsOf(
  posted: Posted,
  facts: Facts,
  withdraw: () => Promise<void>,
): Promise<Effect[] | null> {
  try {
    const effects = sent(posted, facts);
    return [...effects, ...toldEntity(facts.transfer, effects, facts)];
  } catch (error) {
    // It waits until somebody can tell whether it may leave.
    if (isRefusal(error, "FLAGS_UNREADABLE")) return null;
    if (!isRefusal(error, "TRANSFER_STATE")) throw error;
    await withdraw();
    return null;
  }
}
