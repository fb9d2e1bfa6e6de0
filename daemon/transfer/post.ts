/**
 * What the post and the clock do to a transfer: a message of ours left, the other side's receipt came, a
 * day passed. Each is told once per message.
 */
import type { MessageId } from "../ids.ts";
import type { ReleaseCover } from "./cover.ts";
import { raise, resolve, settle } from "./alerting.ts";
import { dateOf, daysAfter, wireTime } from "./dates.ts";
import { GRACE_DAYS } from "./deadlines.ts";
import { disclosure } from "./disclosing.ts";
import type { Effect, Posted, Transfer } from "./effects.ts";
import { requestOf, transferOf, type Facts } from "./facts.ts";
import { noNoticeDue } from "./parent-notice.ts";
import { idsAt, isRecalled, marked, takeBack, without } from "./releases.ts";
import { disclosedSections } from "./sections.ts";
import { refusal, stepEntity, stepReleaser, stepRequester } from "./states.ts";
import { isFlagged, settleFirst } from "./two-persons.ts";

type Release = Extract<Posted, { kind: "TransferRelease" }>;

/**
 * A message is being fixed in a packet: from now on it cannot be withdrawn. Told in the transaction that
 * fixes it, so that what must not leave any more does not.
 *
 * @returns for a release: it is in the register, and its state, or that it is taken back because two
 *   persons must release it; for any other message nothing
 * @throws PacketboatError TRANSFER_STATE for a release that nobody asks for any more; FLAGS_UNREADABLE
 *   while nobody can tell whether it may leave
 */
export function sent(posted: Posted, facts: Facts): Effect[] {
  if (posted.kind !== "TransferRelease") return [];
  const transfer = transferOf(facts);
  const { message } = posted;
  const event = message.TransmissionType === "Original" ? "ReleaseSent" : "SupplementSent";
  const id = idOf(message);
  if (!idsAt(transfer, "waiting").includes(id) || isSuperseded(message, transfer)) {
    throw refusal(transfer, event, "this release was withdrawn, or its request replaced");
  }
  const state = stepReleaser(transfer, event);
  if (state === "ignored") return [];
  const firstPerson = firstPersonOf(transfer, id);
  const students = [requestOf(facts).Student, message.StudentRecord.Student];
  // Flagged after the one person's release: it stays here, and two decide anew.
  if (isFlagged(facts, students) && firstPerson === null) return stopped(transfer, id);
  return [
    { effect: "SetState", event, state, changes: { releases: marked(transfer, [id], "sent") } },
    disclosureOf(posted, firstPerson, facts),
  ];
}

const firstPersonOf = ({ releases }: Transfer, id: MessageId): string | null =>
  releases.find(({ messageId }) => messageId === id)?.firstPerson ?? null;

function stopped(transfer: Transfer, id: MessageId): Effect[] {
  const state = stepReleaser(transfer, "Withdraw");
  if (state === "ignored") return [];
  const reopened = state === "RequestReceived";
  return [
    ...takeBack({
      ...transfer,
      releases: transfer.releases.filter((each) => each.messageId === id),
    }),
    {
      effect: "SetState",
      event: "Withdraw",
      state,
      changes: { releases: without(transfer, [id]) },
    },
    ...(reopened ? [raise("REQUEST_TO_RELEASE", transfer, { withdrawn: true })] : []),
    raise("FLAGGED_STUDENT", transfer, { stopped: true }),
  ];
}

function disclosureOf(
  { message, documents }: Release,
  firstPerson: string | null,
  facts: Facts,
): Effect {
  const what = message.DocumentQualifier === "Full" ? "release" : "partialRelease";
  const sections = new Set(disclosedSections(message));
  for (const { section } of documents) if (section) sections.add(section);
  return disclosure(what, requestOf(facts), message.ReleasingUser, facts.at, {
    sections: [...sections],
    firstPerson,
    student: message.StudentRecord.Student,
  });
}

/** The other side's receipt says that it has the message durably. */
export function confirmed(posted: Posted, facts: Facts): Effect[] {
  if (posted.kind !== "TransferRelease") return [];
  const transfer = transferOf(facts);
  const { message } = posted;
  if (!isStillHolding(message, transfer)) return [];
  const event =
    message.TransmissionType === "Original" ? "ReleaseConfirmed" : "SupplementConfirmed";
  const state = stepReleaser(transfer, event);
  return state === "ignored" ? [] : [{ effect: "SetState", event, state, changes: {} }];
}

/**
 * The other side's receipt refuses the message for ever; what is said instead is a new message.
 *
 * @param code the other side's word for why, as its receipt gives it
 * @param forwardInForce at an entity: MessageId of what was last passed on; `null` if nothing is
 */
export function refused(
  posted: Posted,
  code: string,
  facts: Facts,
  forwardInForce: string | null = null,
): Effect[] {
  const transfer = transferOf(facts);
  const { kind, message } = posted;
  if (kind === "TransferRequest") return requestRefused(message.MessageId, code, transfer);
  if (kind === "TransferRelease") return releaseRefused(message, code, transfer);
  if (kind === "ForwardedRequest") {
    return forwardRefused(message.MessageId === forwardInForce, code, facts);
  }
  const what = kind === "TransferResponse" ? message.ResponseStatus : kind;
  return [raise("ANSWER_REFUSED", transfer, { code, message: what })];
}

/** At the entity: nobody will answer the request in force, so whoever asked is told by the entity. */
function forwardRefused(isInForce: boolean, code: string, facts: Facts): Effect[] {
  const transfer = transferOf(facts);
  const told = raise("ANSWER_REFUSED", transfer, { code, message: "ForwardedRequest" });
  const event = "ForwardRefused";
  const state = stepEntity(transfer, event);
  if (!isInForce || state === "ignored") return [told];
  return [
    { effect: "SetState", event, state, changes: {} },
    {
      effect: "Send",
      to: transfer.requesterId,
      kind: "TransferResponse",
      message: {
        MessageId: facts.newMessageId(),
        TransferId: transfer.transferId,
        RequesterId: transfer.requesterId,
        RespondsTo: transfer.requestMessageId,
        ResponseStatus: "Rejected",
        ResponseDateTime: wireTime(facts.at),
        ReasonCode: "Other",
        Comments: `The program of district ${transfer.partnerId}, whom the registry names, did not take the request (${code}). Call the district; when that is mended, ask again.`,
      },
    },
    told,
  ];
}

function requestRefused(messageId: string, code: string, transfer: Transfer): Effect[] {
  if (messageId !== transfer.requestMessageId) return [];
  const event = "RequestRefused";
  const state = stepRequester(transfer, event);
  if (state === "ignored") return [];
  const { requestMessageId: refusedMessageId } = transfer;
  return [
    { effect: "SetState", event, state, changes: { refusedMessageId } },
    raise("REQUEST_REFUSED", transfer, { code, cancellation: state === "Canceled" }),
  ];
}

/** What was refused was shown to nobody: it counts no longer, unless its recall is still to be confirmed. */
function releaseRefused(message: ReleaseCover, code: string, transfer: Transfer): Effect[] {
  const id = idOf(message);
  const releases = isRecalled(transfer, id) ? transfer.releases : without(transfer, [id]);
  const event = message.TransmissionType === "Original" ? "ReleaseRefused" : "SupplementRefused";
  const state = isStillHolding(message, transfer) ? stepReleaser(transfer, event) : "ignored";
  if (state === "ignored") {
    return [
      { effect: "SetState", event, state: transfer.state, changes: { releases } },
      // A supplement may have followed paper, which nobody can refuse unread.
      ...(event === "ReleaseRefused" ? [resolve("CANCEL_CAME_TOO_LATE", transfer)] : []),
    ];
  }
  // Decided anew, and with it what was to follow.
  const reopened = state === "RequestReceived";
  const kept = reopened ? without({ releases }, idsAt(transfer, "waiting")) : releases;
  const alertFacts = { code, supplement: event === "SupplementRefused" };
  return [
    ...(reopened ? [...takeBack(transfer), ...settleFirst(transfer)] : []),
    {
      effect: "SetState",
      event,
      state,
      changes: { releases: kept, refusedMessageId: id, ...(reopened ? { firstPerson: null } : {}) },
    },
    raise("RELEASE_REFUSED", transfer, alertFacts, id),
    ...(reopened ? [raise("REQUEST_TO_RELEASE", transfer, { refused: true })] : []),
  ];
}

const idOf = (message: ReleaseCover): MessageId => message.MessageId as MessageId;

const isSuperseded = (message: ReleaseCover, transfer: Transfer): boolean =>
  message.RespondsTo !== transfer.requestMessageId;

const isStillHolding = (message: ReleaseCover, transfer: Transfer): boolean =>
  !isSuperseded(message, transfer) && idsAt(transfer, "sent").includes(idOf(message));

/** Nothing, until the request's time is over on our side; then it is closed, and a person told. */
export function expired(facts: Facts): Effect[] {
  const transfer = transferOf(facts);
  const isAsking = transfer.side === "requester";
  const isDeciding = transfer.side === "releaser";
  const end = isDeciding ? transfer.expiresAt : daysAfter(transfer.expiresAt, GRACE_DAYS);
  if (facts.at < end) return [];
  const event = "Expire";
  if (transfer.side === "entity") return forgotten(transfer);
  const state = isAsking ? stepRequester(transfer, event) : stepReleaser(transfer, event);
  if (state === "ignored") return [];
  const releases = without(transfer, idsAt(transfer, "waiting"));
  return [
    ...takeBack(transfer),
    ...settle(transfer),
    ...settleFirst(transfer),
    { effect: "SetState", event, state, changes: { releases, holdUntil: null, firstPerson: null } },
    ...(isAsking
      ? []
      : ([
          noNoticeDue(transfer),
          { effect: "Publish", what: "closedRequest", state: "Expired" },
        ] as const)),
    raise("REQUEST_EXPIRED", transfer, { stoodAt: transfer.state }),
  ];
}

/** Nobody told the entity how it ended; there is nothing that anybody there could do. */
function forgotten(transfer: Transfer): Effect[] {
  const state = stepEntity(transfer, "Expire");
  return state === "ignored" ? [] : [{ effect: "SetState", event: "Expire", state, changes: {} }];
}

/** Nothing, until the day that a hold named; then somebody decides again. */
export function holdOver(facts: Facts): Effect[] {
  const transfer = transferOf(facts);
  if (transfer.side !== "releaser") return [];
  const { holdUntil } = transfer;
  if (holdUntil === null || dateOf(facts.at) < holdUntil) return [];
  const event = "HoldOver";
  const state = stepReleaser(transfer, event);
  if (state === "ignored") return [];
  return [
    { effect: "SetState", event, state, changes: { holdUntil: null } },
    raise("REQUEST_TO_RELEASE", transfer, { holdOver: true }),
  ];
}
