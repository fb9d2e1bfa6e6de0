/**
 * What an entity does about a request: it passes it on to the district that it found, or says that there
 * is none. Pure, as the rules of a transfer; the referral is signed in between (PROTOCOL 2 and 10).
 */
import { PacketboatError } from "../errors.ts";
import { parseAgencyId, parseUuid, referenceOf, sha256 } from "../ids.ts";
import type { AgencyId, MessageId, TransferId } from "../ids.ts";
import type {
  ForwardedRequest,
  Referral,
  TransferState,
  TransferStatus,
} from "../packet/model.gen.ts";
import { wireTime } from "../transfer/dates.ts";
import type { EntityEvent } from "../transfer/entity-moves.ts";
import type { KeptReferral, Transfer } from "../transfer/effects.ts";
import { transferOf } from "../transfer/facts.ts";
import { given } from "../transfer/given.ts";
import { notTheirs } from "../transfer/speaker.ts";
import { stepEntity } from "../transfer/states.ts";
import { isOfOlderVersion } from "../transfer/tell-entity.ts";
import type { Asked, EntityFacts } from "./asking.ts";
import type { EntityEffect, EntitySend } from "./effects.ts";
import type { Match } from "./answering.ts";

/** Whom the entity names for a request; still to be signed. */
export function referralFor(
  { message, request }: Asked,
  releaserId: string,
  facts: EntityFacts,
): Referral {
  return {
    MessageId: facts.newMessageId(),
    TransferId: request.TransferId,
    RequestSha256: sha256(message.RequestText),
    EntityId: facts.us.AgencyId,
    RequesterId: request.RequesterId,
    ReleaserId: releaserId,
    DocumentProcessCode: request.DocumentProcessCode,
    IssuedDateTime: wireTime(facts.at),
    ExpiresDateTime: request.ExpiresDateTime,
  };
}

/** The student is found: requester and releaser get the same signed word. */
export function forwarded(
  asked: Asked,
  { releaser, verification }: Extract<Match, { kind: "refer" }>,
  referralText: string,
  facts: EntityFacts,
): EntityEffect[] {
  const releaserId = parseAgencyId(releaser.AgencyId);
  const forward = forwardOf(asked, { referralText, verification }, facts);
  return [
    ...moved("Forward", asked, facts, { partnerId: releaserId, referral: forward }),
    {
      effect: "Send",
      to: facts.from,
      kind: "SignedReferral",
      message: {
        MessageId: facts.newMessageId(),
        ReferralText: referralText,
        Releaser: releaser,
        ...given({ Overlap: verification.Overlap }),
      },
    },
    { effect: "Send", to: releaserId, ...forward },
  ];
}

/** No student, or more than one. */
export function answered(
  asked: Asked,
  { status, comments }: Extract<Match, { kind: "answer" }>,
  facts: EntityFacts,
): EntityEffect[] {
  const event = status === "NoRecord" ? "NoMatch" : "ManyMatch";
  return [
    ...moved(event, asked, facts, { partnerId: facts.from, referral: null }),
    answer(asked, status, comments, facts),
  ];
}

/**
 * A cancellation goes to whoever was asked; if nobody was, it ends here.
 *
 * @param kept what was forwarded before, and the new referral's text
 */
export function withdrawn(
  asked: Asked,
  kept: { readonly before: ForwardedRequest; readonly referralText: string } | null,
  facts: EntityFacts,
): EntityEffect[] {
  const { transfer } = facts;
  if (!kept || !transfer || !isReferred(transfer)) {
    return [
      ...moved("Withdrawn", asked, facts, { partnerId: facts.from, referral: null }),
      answer(asked, "Canceled", undefined, facts),
    ];
  }
  const { partnerId } = transfer;
  const { Verification: verification } = kept.before;
  const forward = forwardOf(asked, { referralText: kept.referralText, verification }, facts);
  return [
    ...moved("Withdrawn", asked, facts, { partnerId, referral: forward }),
    { effect: "Send", to: partnerId, ...forward },
  ];
}

/** Somebody else than the requester has been named. */
export const isReferred = ({ partnerId, requesterId }: Transfer): boolean =>
  partnerId !== requesterId;

/** A releaser's transfer begins when it is asked: these it never comes to. */
const BEFORE_RELEASER: readonly TransferState[] = ["Requested", "Forwarded"];

/**
 * The releaser says how the transfer stands.
 *
 * @param wasNamed the sender was named before, and does not know yet that another is now
 * @returns nothing if it stood so with an older version of the request
 * @throws PacketboatError TRANSFER_UNKNOWN, TRANSFER_NOT_THEIRS, RULE_BROKEN
 */
export function stands(
  status: TransferStatus,
  wasNamed: boolean,
  facts: EntityFacts,
): EntityEffect[] {
  const { TransferState: state } = status;
  const transfer = transferOf(facts);
  const isReleaser = transfer.side === "entity" && isReferred(transfer);
  if (!isReleaser || transfer.partnerId !== facts.from) {
    if (wasNamed) return [];
    throw notTheirs(facts, "a transfer in which it is not the releaser");
  }
  if (BEFORE_RELEASER.includes(state)) {
    throw new PacketboatError("RULE_BROKEN", `a releaser's request is never ${state}`);
  }
  if (isOfOlderVersion(status, transfer)) return [];
  return [{ effect: "SetState", event: "Status", state, changes: {} }];
}

const forwardOf = (
  { message }: Asked,
  more: {
    readonly referralText: string;
    readonly verification: ForwardedRequest["Verification"];
  },
  facts: EntityFacts,
): Extract<KeptReferral, { kind: "ForwardedRequest" }> => ({
  kind: "ForwardedRequest",
  message: {
    MessageId: facts.newMessageId(),
    RequestText: message.RequestText,
    ReferralText: more.referralText,
    Verification: more.verification,
  },
});

interface Moved {
  readonly partnerId: AgencyId;
  readonly referral: KeptReferral | null;
}

/** Open the transfer, or carry it to the new version; a releaser who is not asked any more is told. */
function moved(
  event: Exclude<EntityEvent, "Status">,
  { request }: Asked,
  facts: EntityFacts,
  { partnerId, referral }: Moved,
): EntityEffect[] {
  const before = facts.transfer;
  const state = stepEntity(before, event);
  if (state === "ignored") return [];
  const transferId = parseUuid<TransferId>(request.TransferId);
  const version = {
    partnerId,
    revision: Number(request.Revision),
    requestMessageId: parseUuid<MessageId>(request.MessageId),
    requestedAt: new Date(request.CreatedDateTime),
    expiresAt: new Date(request.ExpiresDateTime),
  };
  if (!before) {
    const transfer: Transfer = {
      requesterId: facts.from,
      transferId,
      reference: referenceOf(transferId),
      side: "entity",
      state,
      releases: [],
      refusedMessageId: null,
      holdUntil: null,
      firstPerson: null,
      entityId: null,
      isOnPaper: false,
      ...version,
    };
    return [
      {
        effect: "OpenTransfer",
        event,
        transfer,
        request,
        ...given({ referral: referral ?? undefined }),
      },
    ];
  }
  return [
    { effect: "SetState", event, state, changes: version, request, referral },
    ...(isReferred(before) && before.partnerId !== partnerId ? [replaced(before, facts)] : []),
  ];
}

/** Whoever was asked before has a case on the desk for which nobody waits any more. */
const replaced = ({ partnerId, transferId, requesterId }: Transfer, facts: EntityFacts) =>
  ({
    effect: "Send",
    to: partnerId,
    kind: "TransferStatus",
    message: {
      MessageId: facts.newMessageId(),
      TransferId: transferId,
      RequesterId: requesterId,
      TransferState: "Canceled",
      StatusDateTime: wireTime(facts.at),
    },
  }) satisfies EntitySend;

const answer = (
  { request }: Asked,
  status: "NoRecord" | "MultipleMatch" | "Canceled",
  comments: string | undefined,
  facts: EntityFacts,
): EntitySend => ({
  effect: "Send",
  to: facts.from,
  kind: "TransferResponse",
  message: {
    MessageId: facts.newMessageId(),
    TransferId: request.TransferId,
    RequesterId: request.RequesterId,
    RespondsTo: request.MessageId,
    ResponseStatus: status,
    ResponseDateTime: wireTime(facts.at),
    ...given({ Comments: comments }),
  },
});
