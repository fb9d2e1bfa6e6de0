/**
 * Receipt: what we answer to a packet (PROTOCOL 6). It says of each message whether it is durably
 * taken, and it is made once: a packet that comes again is answered with the same words.
 */
import type { AgencyId, MessageId, PacketId, Sha256, StreamId } from "../ids.ts";
import { newMessageId } from "../ids.ts";
import { auditHead } from "../ledger/audit.ts";
import type { Ledger, LedgerTransaction } from "../ledger/connect.ts";
import { readContent } from "../ledger/content.ts";
import {
  addSeen,
  addSequence,
  findSeen,
  isRefusalGiven,
  markReceiptSent,
  type Outcome,
  updateClaim,
} from "../ledger/incoming.ts";
import { addMessage } from "../ledger/outgoing.ts";
import { raisePostAlert } from "../alerts/raise.ts";
import { resolveAlerts } from "../ledger/alerts.ts";
import { isRefusal, PacketboatError, type ErrorCode } from "../errors.ts";
import type { CheckedPacket } from "../packet/checked.ts";
import { readMessage, writeMessage } from "../packet/envelope.ts";
import { isReceipted, TRANSFER_NAMESPACE } from "../packet/model.ts";
import { walk } from "../packet/xml.ts";
import type { MessageReceipt, Receipt } from "../packet/model.gen.ts";
import { wireTime } from "../transfer/dates.ts";

const HOUR_MS = 60 * 60 * 1000;
/** A packet's identity is remembered this long after it expired (PROTOCOL 4). */
const REMEMBERED_MS = 30 * 24 * HOUR_MS;

export interface Receipting {
  readonly ledger: Ledger;
  readonly claimId: string;
  readonly sealedSha256: Sha256;
  readonly at: Date;
}

/**
 * Has this packet been taken before? If so, its receipt is given again, at most hourly.
 *
 * @returns `null` if it is new
 * @throws PacketboatError PACKET_CONFLICT if another packet was taken under its id
 */
export async function takenBefore(
  packet: CheckedPacket,
  { ledger, claimId, at }: Receipting,
): Promise<{ readonly isReceiptGiven: boolean } | null> {
  return ledger.transaction().execute(async (db) => {
    const seen = await findSeen(db, packet.from, packet.packetId);
    if (!seen) return null;
    if (seen.messages_digest !== packet.messagesDigest) {
      const sentence = `packet ${packet.packetId} came before with other messages`;
      throw new PacketboatError("PACKET_CONFLICT", sentence, { facts: { from: packet.from } });
    }
    const last = seen.receipt_sent_at ? Date.parse(seen.receipt_sent_at) : 0;
    const isReceiptGiven = seen.receipt_content_id !== null && at.getTime() - last >= HOUR_MS;
    if (seen.receipt_content_id && isReceiptGiven) {
      await sendAgain(db, packet.from, await readContent(db, seen.receipt_content_id), at);
      await markReceiptSent(db, packet.from, packet.packetId, at);
    }
    if (seen.claim_id !== claimId) await recorded(db, packet, claimId, at);
    return { isReceiptGiven };
  });
}

/** The receipt as it was, in a message of its own. */
async function sendAgain(
  db: LedgerTransaction,
  to: AgencyId,
  stored: Uint8Array,
  at: Date,
): Promise<void> {
  const { body } = readMessage({ kind: "Receipt", bytes: stored });
  await send(db, to, { ...(body as Receipt), MessageId: newMessageId() }, at);
}

/**
 * Every message has its outcome: the packet is recorded, and its receipt on its way.
 *
 * @returns whether it is given one
 */
export async function giveReceipt(
  packet: CheckedPacket,
  outcomes: readonly Outcome[],
  { ledger, claimId, sealedSha256, at }: Receipting,
): Promise<boolean> {
  return ledger.transaction().execute(async (db) => {
    const answered = outcomes.filter(({ kind }) => isReceipted(kind));
    const contentId =
      answered.length === 0
        ? null
        : await send(db, packet.from, await receiptOf(db, packet, answered, sealedSha256, at), at);
    await addSeen(db, {
      from_agency: packet.from,
      packet_id: packet.packetId,
      messages_digest: packet.messagesDigest,
      claim_id: claimId,
      expires_at: rememberedUntil(packet),
      receipt_content_id: contentId,
      receipt_sent_at: contentId ? at.toISOString() : null,
    });
    await noteSequence(db, packet, claimId, at);
    await recorded(db, packet, claimId, at);
    return contentId !== null;
  });
}

/** Nothing is left to be done with the claim; what it waited for has come. */
async function recorded(
  db: LedgerTransaction,
  packet: CheckedPacket,
  claimId: string,
  at: Date,
): Promise<void> {
  const done = { state: "RECORDED", code: null, reason: null, waiting_until: null } as const;
  await updateClaim(db, claimId, { ...columnsOf(packet), ...done });
  const alert = { code: "PACKET_WAITING", subject: claimId };
  await resolveAlerts(db, { ...alert, by: "packetboat", at });
}

async function receiptOf(
  db: LedgerTransaction,
  packet: CheckedPacket,
  outcomes: readonly Outcome[],
  sealedSha256: Sha256,
  at: Date,
): Promise<Receipt> {
  return {
    MessageId: newMessageId(),
    PacketId: packet.packetId,
    MessagesDigest: packet.messagesDigest,
    SealedSha256: sealedSha256,
    AuditHead: await auditHead(db),
    ReceiptDateTime: wireTime(at),
    Acknowledgment: "Confirmation",
    MessageReceipt: outcomes.map(messageReceipt),
  };
}

function messageReceipt({
  position,
  messageId,
  sha256,
  state,
  code,
  reason,
}: Outcome): MessageReceipt {
  return {
    Position: String(position),
    ...(messageId ? { MessageId: messageId } : {}),
    MessageSha256: sha256,
    Acknowledgment: state === "REFUSED" ? "Resubmit" : "Confirmation",
    ...(code ? { ErrorCode: code } : {}),
    ...(reason ? { ErrorText: short(reason) } : {}),
  };
}

/**
 * Does it say nothing but what is never receipted? Such a packet is not answered where it is refused
 * either, or two homes that cannot read each other would refuse each other's refusals for ever.
 */
export const isAnswer = (kinds: readonly string[]): boolean =>
  kinds.length > 0 && !kinds.some(isReceipted);

/** The elements that stand as messages in a packet, as far as it can be read; `null`: nothing of it can. */
export function kindsIn(xml: Uint8Array | null): string[] {
  if (xml === null) return [];
  const kinds: string[] = [];
  let section = "";
  const walker = {
    open(name: string, depth: number): void {
      if (depth === 2) section = name;
      if (depth === 3 && section === "Messages") kinds.push(name);
    },
  };
  try {
    const profile = { namespace: TRANSFER_NAMESPACE, isForgiving: true };
    walk(Buffer.from(xml).toString("utf8"), profile, walker);
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
  return kinds;
}

/**
 * Answer a packet whose envelope is refused though its sender is proved; the same bytes at most hourly.
 * It names the sealed bytes, for what stands inside was not believed.
 *
 * @returns whether it was answered
 */
export async function refuseByReceipt(
  db: LedgerTransaction,
  to: AgencyId,
  refusal: { code: ErrorCode; reason: string; sealedSha256: Sha256; at: Date },
): Promise<boolean> {
  const { code, reason, sealedSha256, at } = refusal;
  const hourAgo = new Date(at.getTime() - HOUR_MS);
  if (await isRefusalGiven(db, sealedSha256, hourAgo)) return false;
  const receipt: Receipt = {
    MessageId: newMessageId(),
    SealedSha256: sealedSha256,
    AuditHead: await auditHead(db),
    ReceiptDateTime: wireTime(at),
    Acknowledgment: "Resubmit",
    ErrorCode: code,
    ErrorText: short(reason),
  };
  await send(db, to, receipt, at);
  return true;
}

async function send(
  db: LedgerTransaction,
  to: AgencyId,
  receipt: Receipt,
  at: Date,
): Promise<string> {
  return addMessage(db, {
    messageId: receipt.MessageId as MessageId,
    to,
    kind: "Receipt",
    transfer: null,
    bytes: written(receipt),
    notBefore: at,
    at,
    documents: [],
  });
}

/** @throws Error a bug of ours: it is no fault of the packet that it answers, whose messages may have been taken */
function written(receipt: Receipt): Uint8Array {
  try {
    return writeMessage("Receipt", receipt);
  } catch (error) {
    throw new Error("our own receipt cannot be written", { cause: error });
  }
}

/** Two packets under one number: an alarm, but a number never stops a packet (PROTOCOL 3). */
async function noteSequence(
  db: LedgerTransaction,
  { from, header }: CheckedPacket,
  claimId: string,
  at: Date,
): Promise<void> {
  const number = { from, stream: header.Stream as StreamId, sequence: Number(header.Sequence) };
  if (await addSequence(db, { ...number, claimId })) return;
  await raisePostAlert(db, {
    code: "SEQUENCE_REPEATED",
    subject: `${from}/${header.Stream}/${header.Sequence}`,
    agencyId: from,
    facts: { sequence: number.sequence },
    at,
  });
}

const columnsOf = ({ from, packetId, messagesDigest, header }: CheckedPacket) => ({
  from_agency: from,
  packet_id: packetId satisfies PacketId,
  messages_digest: messagesDigest,
  stream: header.Stream as StreamId,
  sequence: Number(header.Sequence),
});

const rememberedUntil = ({ header }: CheckedPacket): string =>
  new Date(Date.parse(header.ExpiresDateTime) + REMEMBERED_MS).toISOString();

const MOST_TEXT = 500;

/** The schema's ErrorText: one paragraph of at most 500 characters, whatever the reason repeats. */
function short(reason: string): string {
  const paragraph = reason
    .toWellFormed()
    .replaceAll(/[\s\p{Cc}\u{FFFE}\u{FFFF}]+/gu, " ")
    .trim();
  return [...paragraph].slice(0, MOST_TEXT).join("").trimEnd();
}
