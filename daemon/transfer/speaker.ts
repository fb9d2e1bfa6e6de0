/**
 * Who may speak about a transfer: the agencies named in its request or its referral, and nobody who merely
 * knows its id (PROTOCOL 2).
 */
import { PacketboatError } from "../errors.ts";
import type { AgencyId } from "../ids.ts";
import type { Agency } from "../packet/model.gen.ts";
import type { Transfer } from "./effects.ts";
import { transferOf, type ReceivedFacts } from "./facts.ts";
import { invalid, type Learned, learnedFrom } from "./referral.ts";

/** What a message is about, and what it taught us of the one who speaks. */
export interface Spoken {
  /** With whoever speaks as the other side. */
  readonly transfer: Transfer;
  readonly learned: Learned;
  /** `releaser` and `requester` are the other side; the `entity` stands between. */
  readonly speaker: "requester" | "releaser" | "entity";
}

interface AboutTransfer {
  readonly RequesterId: string;
  /** Of an answer: which request it answers. */
  readonly RespondsTo?: string;
}

const NOTHING_NEW: Learned = { changes: {} };

/**
 * The transfer that a message is about.
 *
 * @throws PacketboatError TRANSFER_NOT_THEIRS if the sender has no part in that transfer; TRANSFER_UNKNOWN
 * @throws PacketboatError REFERRAL_MISSING (wait) while the entity has named no releaser; REFERRAL_INVALID
 */
export function transferSpokenOf(message: AboutTransfer, facts: ReceivedFacts): Spoken {
  const { RequesterId: requesterId } = message;
  if (requesterId !== facts.us.AgencyId && requesterId !== facts.from) {
    throw notTheirs(facts, "a transfer between two others");
  }
  const transfer = transferOf(facts);
  if (transfer.side === "releaser" && transfer.partnerId === facts.from) {
    return { transfer, learned: NOTHING_NEW, speaker: "requester" };
  }
  if (transfer.side !== "requester") throw notTheirs(facts, "a transfer with another agency");
  if (facts.from === transfer.entityId) {
    return { transfer, learned: NOTHING_NEW, speaker: "entity" };
  }
  if (transfer.partnerId === facts.from) {
    return { transfer, learned: NOTHING_NEW, speaker: "releaser" };
  }
  return introduced(message, transfer, facts);
}

/** A stranger, but for what the entity says in a referral. */
function introduced(message: AboutTransfer, transfer: Transfer, facts: ReceivedFacts): Spoken {
  const { from, carried } = facts;
  if (!isThroughEntity(transfer)) throw notTheirs(facts, "a transfer with another agency");
  const isReferred = transfer.partnerId !== transfer.entityId;
  if (!carried && isReferred) throw notTheirs(facts, "a transfer with another agency");
  if (!carried) {
    const sentence = `agency ${from} speaks about a transfer for which the entity has named nobody yet`;
    throw new PacketboatError("REFERRAL_MISSING", sentence, { facts: { from } });
  }
  const learned = learnedFrom(carried, transfer, facts);
  if (learned && isReferred) throw invalid("the entity has named another releaser", from);
  if (!learned && message.RespondsTo === transfer.requestMessageId) {
    throw invalid("it is for an older version of the request", from);
  }
  return {
    transfer: { ...transfer, partnerId: from },
    learned: learned ?? NOTHING_NEW,
    speaker: "releaser",
  };
}

const isThroughEntity = (
  transfer: Transfer,
): transfer is Transfer & { readonly entityId: AgencyId } => transfer.entityId !== null;

/** As above, for what only a releaser may say, and only to the requester. */
export function ourRequestSpokenOf(message: AboutTransfer, facts: ReceivedFacts): Spoken {
  if (message.RequesterId !== facts.us.AgencyId) {
    throw notTheirs(facts, "records for a requester who is not us");
  }
  const spoken = transferSpokenOf(message, facts);
  if (spoken.speaker === "releaser") return spoken;
  throw notTheirs(facts, "records, which only a releaser has");
}

/** The agency that a message shows to people must be the one that says it. */
export function checkShown(
  shown: Agency,
  what: string,
  { from }: Pick<ReceivedFacts, "from">,
): void {
  if (shown.AgencyId === from) return;
  const sentence = `${what} is ${shown.AgencyId}, but the packet was sealed by ${from}`;
  throw new PacketboatError("TRANSFER_NOT_THEIRS", sentence, { facts: { from } });
}

export const notTheirs = ({ from }: Pick<ReceivedFacts, "from">, what: string): PacketboatError =>
  new PacketboatError("TRANSFER_NOT_THEIRS", `agency ${from} spoke about ${what}`, {
    facts: { from },
  });
