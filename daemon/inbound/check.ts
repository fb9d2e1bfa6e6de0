/**
 * Check: the envelope against who sealed it and whom we are, then each message by itself (PROTOCOL 4,
 * steps 4 to 6). A fault of the envelope refuses the packet; a fault of a message, that message alone.
 */
import { type KeysOf, provedReferral, provedRequest } from "../directory/inner-texts.ts";
import { Patience } from "../directory/patience.ts";
import { isRefusal, PacketboatError } from "../errors.ts";
import {
  type AgencyId,
  type Fingerprint,
  type MessageId,
  type PacketId,
  parseUuid,
} from "../ids.ts";
import type { PublicKey } from "../keys/key.ts";
import type { Issuer } from "../keys/signature.ts";
import { CLOCK_SKEW_MS } from "../keys/standing.ts";
import type { CheckedMessage, CheckedPacket, Sound } from "../packet/checked.ts";
import { readEnvelope, type PacketMessage } from "../packet/envelope.ts";
import type {
  DocumentProcessCode,
  Header,
  MessageKind,
  Referral,
  TransferRelease,
  TransferRequest,
} from "../packet/model.gen.ts";
import { LONGEST_LIFE_DAYS, type Message } from "../packet/model.ts";
import { sideBySide } from "../side-by-side.ts";

/** A signature may be this much younger than the packet says it is (PROTOCOL 4, "Times"). */
const SIGNED_WITHIN_MS = 60 * 60 * 1000;
/** No packet lives longer (PROTOCOL 3). */
const LONGEST_LIFE_MS = LONGEST_LIFE_DAYS * 24 * 60 * 60 * 1000;

/**
 * Documents inside the messages of one packet that prove nothing. An honest packet has none: a district signs its own,
 * and an entity proves each before it passes it on. Those behind them are refused unread.
 */
const MOST_VAIN_TEXTS = 100;

export interface Checking {
  readonly us: AgencyId;
  /** Fingerprints of our present and retired keys. */
  readonly ourFingerprints: readonly Fingerprint[];
  readonly processCode: DocumentProcessCode;
  readonly maxBytes: number;
  readonly keysOf: KeysOf;
  /** Kinds of messages that are refused here, whatever they say. */
  readonly untaken: readonly MessageKind[];
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
  const patience = new Patience(MOST_VAIN_TEXTS);
  // What is signed inside a message is proved by threads beside this one.
  const checked = await sideBySide(messages, (each) =>
    checkMessage(each, sealed.signer, { ...checking, patience }),
  );
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

interface CheckingMessage extends Checking {
  readonly patience: Patience;
}

/** One bad message never stops its neighbours: its fault is kept beside it. */
async function checkMessage(
  message: PacketMessage,
  signer: Sealed["signer"],
  checking: CheckingMessage,
): Promise<CheckedMessage> {
  const { kind, position, sha256, bytes } = message;
  let messageId: MessageId | null = null;
  let namedFiles: string[] = [];
  try {
    const read = message.verdict;
    if (isRefusal(read)) throw read;
    messageId = parseUuid<MessageId>(read.body.MessageId);
    if (read.kind === "TransferRelease") namedFiles = filesIn(read.body);
    if (checking.untaken.includes(read.kind)) {
      const sentence = `a ${read.kind} is not taken here`;
      throw new PacketboatError("MESSAGE_KIND", sentence, { facts: { kind: read.kind } });
    }
    const verdict = await opened(read, signer, checking);
    return { kind, position, sha256, bytes, messageId, namedFiles, verdict };
  } catch (error) {
    // A key could not be fetched: that is no fault of the message.
    if (!isRefusal(error) || error.disposition === "retry") throw error;
    const { messageId: id } = error.facts;
    messageId ??= typeof id === "string" ? (id as MessageId) : null;
    return { kind, position, sha256, bytes, messageId, namedFiles, verdict: error };
  }
}

const filesIn = ({ Attachment: all = [] }: TransferRelease): string[] =>
  all.map(({ SealedFileName }) => SealedFileName);

function unproved(error: unknown): null {
  if (isRefusal(error) && error.disposition !== "retry") return null;
  throw error;
}

/** @throws PacketboatError INNER_TEXT_INVALID when there is no patience left, or what the work throws */
async function patiently<Proved>(
  patience: Patience,
  prove: () => Promise<Proved>,
): Promise<Proved> {
  if (patience.isOver) {
    const sentence = `${MOST_VAIN_TEXTS} signed documents of the packet prove nothing, so this one was not looked at`;
    throw new PacketboatError("INNER_TEXT_INVALID", sentence);
  }
  try {
    return await prove();
  } catch (error) {
    if (isRefusal(error) && error.disposition !== "retry") patience.lose();
    throw error;
  }
}

/** The documents inside a message, each proved to be of the agency that has to have signed it. */
async function opened(
  message: Message,
  signer: Sealed["signer"],
  { keysOf, at, patience }: CheckingMessage,
): Promise<Sound> {
  const keysAt = async (id: string, time: string, issuer: Issuer) => {
    const keys = await keysOf(id as AgencyId, new Date(time), issuer);
    return id === signer.id ? [signer.key, ...keys] : keys;
  };
  const referralIn = (text: string): Promise<Referral> =>
    patiently(patience, () =>
      provedReferral(text, (it, issuer) => keysAt(it.EntityId, it.IssuedDateTime, issuer), at),
    );
  const requestIn = (
    text: string,
    keys: (it: TransferRequest, issuer: Issuer) => Promise<readonly PublicKey[]>,
  ): Promise<TransferRequest> => patiently(patience, () => provedRequest(text, keys, at));
  switch (message.kind) {
    case "SignedRequest": {
      const keys = (it: TransferRequest, issuer: Issuer) =>
        keysAt(signer.id, it.CreatedDateTime, issuer);
      return { ...message, request: await requestIn(message.body.RequestText, keys) };
    }
    case "SignedReferral":
      return { ...message, referral: await referralIn(message.body.ReferralText) };
    case "ForwardedRequest": {
      const { RequestText, ReferralText } = message.body;
      const referral = await referralIn(ReferralText);
      // Signed when it left; its key may have been replaced before the entity saw it.
      const keys = async (it: TransferRequest, issuer: Issuer) => [
        ...(await keysAt(it.RequesterId, it.CreatedDateTime, issuer)),
        ...(await keysAt(it.RequesterId, referral.IssuedDateTime, issuer)),
      ];
      return { ...message, referral, request: await requestIn(RequestText, keys) };
    }
    case "TransferResponse":
    case "TransferRelease": {
      const { ReferralText: text } = message.body;
      return { ...message, referral: text === undefined ? null : await referralIn(text) };
    }
    case "Recall": {
      // Who sent the records may take them back, also when the entity's key has been revoked since.
      const { ReferralText: text } = message.body;
      const referral = text === undefined ? null : await referralIn(text).catch(unproved);
      return { ...message, referral };
    }
    case "TransferStatus":
    case "Receipt":
    case "Manifest":
    case "Ping":
      return message;
  }
}
