/**
 * Answered: a receipt has come for what we sent (PROTOCOL 6). It proves delivery even before our own
 * row says so. Each message is confirmed or refused once; the transfer it spoke of is told.
 */
import { raisePostAlert } from "../alerts/raise.ts";
import { enact, type Desk } from "../desk/enact.ts";
import { postedOf } from "../desk/outgoing.ts";
import { keptForward } from "../directory/referrals.ts";
import { PacketboatError } from "../errors.ts";
import type { AgencyId, PacketId } from "../ids.ts";
import type { LedgerTransaction } from "../ledger/connect.ts";
import { answerMessage, messagesOf, packetAnswered, updatePacket } from "../ledger/outgoing.ts";
import type { MessageOutRow, PacketOutRow } from "../ledger/tables.ts";
import { isReceipted } from "../packet/model.ts";
import type { MessageReceipt, Receipt } from "../packet/model.gen.ts";
import type { Effect, Posted } from "../transfer/effects.ts";
import type { Facts } from "../transfer/facts.ts";
import { confirmed, refused } from "../transfer/post.ts";

export interface Answering {
  readonly desk: Desk;
  readonly at: Date;
}

type Answer = Pick<MessageReceipt, "Acknowledgment" | "ErrorCode">;

/**
 * @returns the packet of ours that it answers
 * @throws PacketboatError RECEIPT_INVALID if it answers nothing that we sent to this agency, or
 *   something else than we sent
 */
export async function answered(
  receipt: Receipt,
  from: AgencyId,
  answering: Answering,
): Promise<PacketId> {
  const { ledger } = answering.desk;
  const packet = await packetAnswered(ledger, {
    packetId: receipt.PacketId,
    sealedSha256: receipt.SealedSha256,
  });
  checkPacket(receipt, from, packet);
  const messages = await messagesOf(ledger, packet.packet_id);
  const answers = new Map(messages.map((row) => [row, answerTo(row, receipt)]));
  for (const [row, answer] of answers) {
    if (answer) await settle(row, answer, answering);
  }
  await ledger.transaction().execute((db) => close(db, packet, receipt, answering.at));
  return packet.packet_id;
}

function checkPacket(
  receipt: Receipt,
  from: AgencyId,
  packet: PacketOutRow | null,
): asserts packet is PacketOutRow {
  const facts = { from };
  if (!packet || packet.to_agency !== from) {
    const what = receipt.PacketId ?? `the sealed file ${receipt.SealedSha256}`;
    throw new PacketboatError("RECEIPT_INVALID", `${what} was never sent to agency ${from}`, {
      facts,
    });
  }
  if (receipt.MessagesDigest !== undefined && receipt.MessagesDigest !== packet.messages_digest) {
    const sentence = `the receipt of packet ${packet.packet_id} is for other messages`;
    throw new PacketboatError("RECEIPT_INVALID", sentence, { facts });
  }
}

/** What the receipt says of a message; an envelope that was refused refuses all that was in it. */
function answerTo(row: MessageOutRow, receipt: Receipt): Answer | null {
  if (receipt.Acknowledgment === "Resubmit") return receipt;
  const answer = receipt.MessageReceipt?.find(({ Position }) => Number(Position) === row.position);
  if (!answer && !isReceipted(row.kind)) return null;
  if (!answer) {
    const sentence = `the receipt of packet ${row.packet_id} leaves out message ${row.position}`;
    throw new PacketboatError("RECEIPT_INVALID", sentence);
  }
  if (answer.MessageSha256 === row.sha256) return answer;
  throw new PacketboatError(
    "RECEIPT_INVALID",
    `the receipt's message ${answer.Position} is not the one that we sent`,
  );
}

async function settle(row: MessageOutRow, answer: Answer, answering: Answering): Promise<void> {
  const { desk, at } = answering;
  const isRefused = answer.Acknowledgment === "Resubmit";
  const code = answer.ErrorCode ?? "REFUSED";
  const write = async (db: LedgerTransaction): Promise<void> => {
    const state = isRefused ? "REFUSED" : "CONFIRMED";
    await answerMessage(db, row.message_id, { state, code: isRefused ? code : null, at });
  };
  if (row.state !== "PACKED") return;
  const posted = await postedOf(desk.ledger, row);
  const { requester_id: requesterId, transfer_id: transferId } = row;
  if (!posted || !requesterId || !transferId) {
    await desk.ledger.transaction().execute(write);
    return;
  }
  await enact(desk, {
    key: { requesterId, transferId },
    at,
    who: row.to_agency,
    decide: async (facts) => {
      const forward = await forwardInForce(posted, facts, answering);
      return followedBy(posted, isRefused ? code : null, facts, forward);
    },
    within: write,
  });
}

/** At an entity: what it passed on last about the transfer. */
async function forwardInForce(
  { kind }: Posted,
  { transfer }: Facts,
  { desk }: Answering,
): Promise<string | null> {
  if (kind !== "ForwardedRequest" || !transfer) return null;
  return (await keptForward(desk.ledger, transfer))?.MessageId ?? null;
}

/** A transfer whose row is gone has nothing to follow. */
function followedBy(
  posted: Posted,
  refusal: string | null,
  facts: Facts,
  forward: string | null,
): Effect[] {
  if (!facts.transfer) return [];
  return refusal === null ? confirmed(posted, facts) : refused(posted, refusal, facts, forward);
}

async function close(
  db: LedgerTransaction,
  packet: PacketOutRow,
  receipt: Receipt,
  at: Date,
): Promise<void> {
  if (packet.state === "ACKED" || packet.state === "REFUSED") return;
  const isRefused = receipt.Acknowledgment === "Resubmit";
  const state = isRefused ? "REFUSED" : "ACKED";
  await updatePacket(db, packet.packet_id, { state, answered_at: at.toISOString() });
  if (!isRefused) return;
  await raisePostAlert(db, {
    code: "PACKET_REFUSED_BY_PARTNER",
    subject: packet.packet_id,
    agencyId: packet.to_agency,
    facts: { code: receipt.ErrorCode ?? "REFUSED", sequence: packet.sequence },
    at,
  });
}
