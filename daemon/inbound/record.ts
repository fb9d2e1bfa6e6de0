/**
 * Record: every message of a checked packet gets its outcome, each in a transaction with all that
 * follows from it; then the packet gets its receipt (PROTOCOL 6 and 10). Safe to repeat after a crash:
 * a message that has its outcome keeps it.
 */
import { raisePostAlert } from "../alerts/raise.ts";
import type { Documents } from "../desk/cases.ts";
import type { Hear } from "../desk/hearing.ts";
import { enact, type Desk } from "../desk/enact.ts";
import { isRefusal, PacketboatError } from "../errors.ts";
import type { AgencyId, MessageId, TransferId } from "../ids.ts";
import type { LedgerTransaction } from "../ledger/connect.ts";
import { addMessageIn, findMessageIn, messageConflict, type Outcome } from "../ledger/incoming.ts";
import type { MessageInRow } from "../ledger/tables.ts";
import { isReferenceOfAnother, type TransferKey } from "../ledger/transfers.ts";
import type { CheckedMessage, CheckedPacket, Sound } from "../packet/checked.ts";
import { isMessageKind, type MessageKind } from "../packet/model.ts";
import type { Receipt } from "../packet/model.gen.ts";
import { sideBySide } from "../side-by-side.ts";

/** What the post says to itself is settled by the post, not by the rules of a transfer. */
export interface PostHandlers {
  readonly Receipt: (receipt: Receipt, from: AgencyId) => Promise<void>;
}

export interface Recording {
  readonly desk: Desk;
  /** The rules of a district, or of an entity. */
  readonly hear: Hear;
  readonly post: PostHandlers;
  readonly claimId: string;
  readonly at: Date;
  /** The documents of a release, by its position, or why it is refused. */
  readonly documents: ReadonlyMap<CheckedMessage["position"], Documents | PacketboatError>;
  /** Has been waited long enough for what this code says is missing? Then the message is refused. */
  readonly isLastTime: (code: string) => boolean;
}

/** A message whose time has not come: it is looked at again, and so far has no outcome. */
export interface Parked {
  readonly position: number;
  readonly error: PacketboatError;
}

/**
 * The outcome of each message, in their order. One that is refused, or waits for what it follows from,
 * harms none beside it.
 */
export async function* recordMessages(
  packet: CheckedPacket,
  recording: Recording,
): AsyncGenerator<Outcome | Parked, void> {
  for (const messages of apart(packet, recording)) {
    yield* await sideBySide(messages, (each) => recordMessage(packet.from, each, recording));
  }
}

/** So many releases are recorded before anybody hears of them. */
const MOST_APART = 50;

/**
 * Messages that may be recorded side by side: releases about transfers that differ, for each writes its folder, and
 * under ids that differ. Whatever else is said may be about what was said before it.
 */
function apart({ from, messages }: CheckedPacket, recording: Recording): CheckedMessage[][] {
  const result: CheckedMessage[][] = [];
  let transfers = new Set<string>();
  let ids = new Set<MessageId | null>();
  for (const message of messages) {
    const transfer = transferReleased(from, message, recording);
    const last = result.at(-1);
    const isNew = transfer !== null && !transfers.has(transfer) && !ids.has(message.messageId);
    const isApart = isNew && transfers.size > 0;
    if (last && isApart && last.length < MOST_APART) last.push(message);
    else {
      result.push([message]);
      transfers = new Set();
      ids = new Set();
    }
    ids.add(message.messageId);
    if (transfer !== null) transfers.add(transfer);
  }
  return result;
}

/** `null` for another message, for a release that is refused, and for one with documents, which are copied. */
function transferReleased(
  from: AgencyId,
  { position, verdict }: CheckedMessage,
  { documents }: Recording,
): string | null {
  if (verdict instanceof PacketboatError || verdict.kind !== "TransferRelease") return null;
  if (documents.has(position)) return null;
  const key = keyOf(verdict, from);
  return key && `${key.requesterId} ${key.transferId}`;
}

async function recordMessage(
  from: AgencyId,
  message: CheckedMessage,
  recording: Recording,
): Promise<Outcome | Parked> {
  try {
    const known = await outcomeKnown(from, message, recording);
    if (known) return known;
    const { verdict } = message;
    if (verdict instanceof PacketboatError) throw verdict;
    return await taken(from, message, verdict, recording);
  } catch (error) {
    if (!isRefusal(error) || !isAboutMessage(error)) throw error;
    const isEarly = error.disposition === "wait" && !recording.isLastTime(error.code);
    if (isEarly) return { position: message.position, error };
    return refused(from, message, error, recording);
  }
}

/** Our disk, our ledger or the line failed: that is no fault of the message, and it is tried again. */
const isAboutMessage = ({ disposition }: PacketboatError): boolean =>
  disposition === "refuse" || disposition === "wait";

/**
 * The same message again has the same outcome.
 *
 * @throws PacketboatError MESSAGE_CONFLICT if it says something else (PROTOCOL 3)
 */
async function outcomeKnown(
  from: AgencyId,
  message: CheckedMessage,
  { desk }: Recording,
): Promise<Outcome | null> {
  if (!message.messageId) return null;
  const row = await findMessageIn(desk.ledger, from, message.messageId);
  if (!row) return null;
  const { state, code, reason, sha256 } = row;
  if (sha256 === message.sha256) return { ...brief(message), state, code, reason };
  throw messageConflict(message.messageId);
}

async function taken(
  from: AgencyId,
  message: CheckedMessage,
  sound: Sound,
  recording: Recording,
): Promise<Outcome> {
  if (sound.kind === "Manifest") {
    throw new PacketboatError("MESSAGE_KIND", "manifests are not exchanged yet");
  }
  if (sound.kind === "Receipt") {
    await recording.post.Receipt(sound.body, from);
    return { ...brief(message), state: "TAKEN", code: null, reason: null };
  }
  const { at, claimId } = recording;
  const key = keyOf(sound, from);
  if ("request" in sound && key && (await isReferenceOfAnother(recording.desk.ledger, key))) {
    const sentence = `TransferId ${key.transferId} has the reference of another transfer`;
    throw new PacketboatError("TRANSFER_NOT_THEIRS", sentence, { facts: { from } });
  }
  const within = async (db: LedgerTransaction): Promise<void> => {
    await addMessageIn(db, {
      ...rowOf(from, message, sound.kind, claimId, at),
      ...keyColumns(key),
    });
  };
  await enact(recording.desk, {
    key,
    at,
    who: from,
    decide: await recording.hear(sound, from),
    documents: documentsOf(message, recording),
    within,
  });
  return { ...brief(message), state: "TAKEN", code: null, reason: null };
}

/** The transfer a message speaks of: keyed by requester and id, never by the id alone (PROTOCOL 2). */
function keyOf(sound: Sound, from: AgencyId): TransferKey | null {
  if (sound.kind === "SignedRequest") {
    return { requesterId: from, transferId: sound.request.TransferId as TransferId };
  }
  const named = "TransferId" in sound.body ? sound.body : "referral" in sound && sound.referral;
  if (!named) return null;
  const { RequesterId, TransferId: id } = named;
  return { requesterId: RequesterId as AgencyId, transferId: id as TransferId };
}

/** @throws PacketboatError why the documents of a release could not be had */
function documentsOf({ position }: CheckedMessage, { documents }: Recording): Documents {
  const found = documents.get(position) ?? new Map<string, string>();
  if (found instanceof PacketboatError) throw found;
  return found;
}

/** Refused for ever: a correction is a new message. Only a message that has an id is remembered. */
async function refused(
  from: AgencyId,
  message: CheckedMessage,
  error: PacketboatError,
  { desk, claimId, at }: Recording,
): Promise<Outcome> {
  const outcome = outcomeOf(message, error);
  await desk.ledger.transaction().execute(async (db) => {
    // In a conflict the id is that of the message which came first.
    if (message.messageId && error.code !== "MESSAGE_CONFLICT") {
      const { state, code, reason } = outcome;
      const row = rowOf(from, message, knownKind(message.kind), claimId, at);
      await addMessageIn(db, { ...row, state, code, reason });
    }
    await raisePostAlert(db, {
      code: "MESSAGE_REFUSED",
      subject: `${claimId}/${message.position}`,
      agencyId: from,
      facts: { code: error.code, reason: error.message, kind: knownKind(message.kind) },
      at,
    });
  });
  return outcome;
}

/** The name of an unknown element is a stranger's word, and is not repeated. */
const knownKind = (kind: string): MessageKind | "unknown" =>
  isMessageKind(kind) ? kind : "unknown";

const outcomeOf = (message: CheckedMessage, error: PacketboatError): Outcome => ({
  ...brief(message),
  state: "REFUSED",
  code: error.code,
  reason: error.message,
});

const brief = ({ position, kind, messageId, sha256 }: CheckedMessage) => ({
  position,
  kind: knownKind(kind),
  messageId,
  sha256,
});

function rowOf(
  from: AgencyId,
  message: CheckedMessage,
  kind: MessageKind | "unknown",
  claimId: string,
  at: Date,
): MessageInRow {
  return {
    from_agency: from,
    message_id: message.messageId as MessageId,
    claim_id: claimId,
    position: message.position,
    kind,
    sha256: message.sha256,
    state: "TAKEN",
    requester_id: null,
    transfer_id: null,
    code: null,
    reason: null,
    recorded_at: at.toISOString(),
  };
}

const keyColumns = (key: TransferKey | null) => ({
  requester_id: key?.requesterId ?? null,
  transfer_id: key?.transferId ?? null,
});
