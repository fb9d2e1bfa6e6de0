/**
 * Check: the envelope against who sealed it and whom we are, then each message by itself (PROTOCOL 4,
 * steps 4 to 6). A fault of the envelope refuses the packet; a fault of a message, that message alone.
 */
import { isRefusal, PacketboatError } from "../errors.ts";
import {
  type AgencyId,
  type Fingerprint,
  type MessageId,
  type PacketId,
  parseUuid,
} from "../ids.ts";
import { readSigned } from "../keys/signed.ts";
import type { PublicKey } from "../keys/key.ts";
import { CLOCK_SKEW_MS } from "../keys/standing.ts";
import type { CheckedMessage, CheckedPacket, Sound } from "../packet/checked.ts";
import { readDocument } from "../packet/document.ts";
import { readEnvelope, readMessage, type PacketMessage } from "../packet/envelope.ts";
import type { DocumentProcessCode, Header, TransferRequest } from "../packet/model.gen.ts";
import { TRANSFER_REQUEST, type Message } from "../packet/model.ts";

/** A signature may be this much younger than the packet says it is (PROTOCOL 4, "Times"). */
const SIGNED_WITHIN_MS = 60 * 60 * 1000;
/** No packet lives longer (PROTOCOL 3). */
const LONGEST_LIFE_MS = 90 * 24 * 60 * 60 * 1000;
/** A signed text inside a message is at most this long. */
const INNER_BYTES = 200_000;

export interface Checking {
  readonly us: AgencyId;
  /** Fingerprints of our present and retired keys. */
  readonly ourFingerprints: readonly Fingerprint[];
  readonly processCode: DocumentProcessCode;
  readonly maxBytes: number;
  readonly at: Date;
}

export interface Sealed {
  readonly signer: { readonly id: AgencyId; readonly key: PublicKey };
  readonly xml: Uint8Array;
  readonly signedAt: Date;
}

/**
 * @param firstSeen when the file was first listed: a packet that expired later was in time
 * @throws PacketboatError the envelope's refusals of `readEnvelope`; PACKET_HEADER_DIFFERS,
 *   PACKET_MISADDRESSED, PACKET_PROCESS_CODE, PACKET_SIGNED_AT_WRONG_TIME, PACKET_EXPIRED
 */
export async function check(
  sealed: Sealed,
  firstSeen: Date,
  checking: Checking,
): Promise<CheckedPacket> {
  const { header, messages, messagesDigest } = readEnvelope(sealed.xml, checking.maxBytes);
  checkParties(header, sealed, checking);
  checkTimes(header, sealed.signedAt, firstSeen, checking.at);
  const checked: CheckedMessage[] = [];
  for (const message of messages) {
    checked.push(await checkMessage(message, sealed.signer.key, checking.at));
  }
  return {
    from: sealed.signer.id,
    header,
    packetId: parseUuid<PacketId>(header.PacketId),
    messagesDigest,
    messages: checked,
  };
}

function checkParties(
  { From, To, DocumentProcessCode }: Header,
  sealed: Sealed,
  our: Checking,
): void {
  const { id, key } = sealed.signer;
  if (From.AgencyId !== id || From.Fingerprint !== key.fingerprint) {
    throw new PacketboatError(
      "PACKET_HEADER_DIFFERS",
      `the header names agency ${From.AgencyId}, but agency ${id} sealed the packet`,
    );
  }
  if (To.AgencyId !== our.us || !our.ourFingerprints.some((ours) => ours === To.Fingerprint)) {
    throw new PacketboatError(
      "PACKET_MISADDRESSED",
      `the packet is addressed to agency ${To.AgencyId}, key ${To.Fingerprint}`,
    );
  }
  if (DocumentProcessCode !== our.processCode) {
    throw new PacketboatError(
      "PACKET_PROCESS_CODE",
      `the packet is for ${DocumentProcessCode}, and this home for ${our.processCode}`,
    );
  }
}

function checkTimes(header: Header, signedAt: Date, firstSeen: Date, at: Date): void {
  checkSignedAt(signedAt, header.CreatedDateTime, at);
  const created = Date.parse(header.CreatedDateTime);
  const expires = Date.parse(header.ExpiresDateTime);
  if (expires <= created || expires - created > LONGEST_LIFE_MS) {
    throw new PacketboatError(
      "PACKET_EXPIRED",
      `a packet made at ${header.CreatedDateTime} may not live until ${header.ExpiresDateTime}`,
    );
  }
  if (expires <= firstSeen.getTime()) {
    throw new PacketboatError("PACKET_EXPIRED", `it expired at ${header.ExpiresDateTime}`);
  }
}

/** A request is signed when it leaves, which may be a night after it was made. */
function checkSignedWhileOpen(signedAt: Date, request: TransferRequest, at: Date): void {
  const { CreatedDateTime: created, ExpiresDateTime: expires } = request;
  const signed = signedAt.getTime();
  const isEarly = signed < Date.parse(created) - CLOCK_SKEW_MS;
  const isLate = signed > Date.parse(expires) || signed > at.getTime() + CLOCK_SKEW_MS;
  if (!isEarly && !isLate) return;
  throw new PacketboatError(
    "PACKET_SIGNED_AT_WRONG_TIME",
    `it was signed at ${signedAt.toISOString()}, and is a request from ${created} to ${expires}`,
  );
}

function checkSignedAt(signedAt: Date, createdDateTime: string, at: Date): void {
  const created = Date.parse(createdDateTime);
  const signed = signedAt.getTime();
  const early = signed < created - CLOCK_SKEW_MS;
  const late = signed > created + SIGNED_WITHIN_MS;
  if (!early && !late && signed <= at.getTime() + CLOCK_SKEW_MS) return;
  throw new PacketboatError(
    "PACKET_SIGNED_AT_WRONG_TIME",
    `it was signed at ${signedAt.toISOString()}, and says it was made at ${createdDateTime}`,
  );
}

/** One bad message never stops its neighbours: its fault is kept beside it. */
async function checkMessage(
  message: PacketMessage,
  signer: PublicKey,
  at: Date,
): Promise<CheckedMessage> {
  const { kind, position, sha256, bytes } = message;
  try {
    const sound = await opened(readMessage(message), signer, at);
    const messageId = parseUuid<MessageId>(sound.body.MessageId);
    return { kind, position, sha256, bytes, messageId, verdict: sound };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const { messageId: id } = error.facts;
    const messageId = typeof id === "string" ? (id as MessageId) : null;
    return { kind, position, sha256, bytes, messageId, verdict: error };
  }
}

/** The request inside a SignedRequest, proved to be the sender's own. */
async function opened(message: Message, signer: PublicKey, at: Date): Promise<Sound> {
  if (message.kind !== "SignedRequest") return message;
  const { MessageId: messageId, RequestText } = message.body;
  try {
    const signed = await readSigned(RequestText, { maxBytes: INNER_BYTES });
    const { content, signedAt } = await signed.verify(signer, at);
    const request = readDocument(content, TRANSFER_REQUEST);
    checkSignedWhileOpen(signedAt, request, at);
    return { ...message, request };
  } catch (cause) {
    if (!isRefusal(cause)) throw cause;
    throw new PacketboatError("INNER_TEXT_INVALID", `the signed request: ${cause.message}`, {
      facts: { messageId, because: cause.code },
      cause,
    });
  }
}
