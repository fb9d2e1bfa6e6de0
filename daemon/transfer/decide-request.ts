/**
 * Decisions at the requester: ask, ask again, give up, and say that the records are imported. Of a transfer on
 * paper nothing is sent: what is asked stands in a letter, and people carry it.
 */
import { parseAgencyId, referenceOf } from "../ids.ts";
import type { AgencyId } from "../ids.ts";
import type {
  ExpediteReason,
  NewEnrollment,
  PreviousSchool,
  Purpose,
  SectionName,
  Student,
  TransferRequest,
} from "../packet/model.gen.ts";
import { raise, resolve, settle } from "./alerting.ts";
import { daysAfter, wireTime } from "./dates.ts";
import type { Effect, Send, Transfer, TransferChanges, Unsend } from "./effects.ts";
import { requestOf, transferOf, type DecisionFacts } from "./facts.ts";
import { given } from "./given.ts";
import { holding } from "./releases.ts";
import { checkRequest, checkResponse } from "./rules.ts";
import { refusal, stepRequester } from "./states.ts";

/** What a registrar asks for. The student comes from the student's record and is not edited. */
export interface RequestDecision {
  /** The district that is asked, or the entity that finds it; the caller has seen that we trust it. */
  readonly to: AgencyId;
  /** A state transfer: `to` is the entity. */
  readonly throughEntity: boolean;
  /** The district takes no part, and is asked by a letter. */
  readonly onPaper: boolean;
  readonly student: Student;
  readonly enrollment: NewEnrollment;
  readonly previousSchool?: PreviousSchool;
  readonly purpose: Purpose;
  readonly legitimateInterest: string;
  readonly expediteReason?: ExpediteReason;
  readonly requestedByParent?: boolean;
  /** All, if none is named. */
  readonly sections?: readonly SectionName[];
  readonly comments?: string;
}

/** What a new version of a request changes; the rest is asked as before. */
export type RequestChanges = Partial<Omit<RequestDecision, "to" | "throughEntity" | "onPaper">>;

/**
 * A new request, and the transfer that it opens; its reference is in the OpenTransfer effect.
 *
 * @throws PacketboatError RULE_BROKEN
 */
export function request(decision: RequestDecision, facts: DecisionFacts): Effect[] {
  const made = requestBy(decision, facts);
  checkRequest(made.request, facts.at);
  const transferId = made.transferId;
  const transfer: Transfer = {
    requesterId: parseAgencyId(facts.us.AgencyId),
    transferId,
    reference: referenceOf(transferId),
    side: "requester",
    partnerId: decision.to,
    state: "Requested",
    revision: 0,
    requestMessageId: made.messageId,
    releases: [],
    refusedMessageId: null,
    requestedAt: facts.at,
    expiresAt: new Date(made.request.ExpiresDateTime),
    holdUntil: null,
    firstPerson: null,
    entityId: decision.throughEntity ? decision.to : null,
    isOnPaper: decision.onPaper,
  };
  return [
    { effect: "OpenTransfer", event: "Request", transfer, request: made.request },
    ...asked(made.request, transfer),
  ];
}

function requestBy(decision: RequestDecision, facts: DecisionFacts) {
  const messageId = facts.newMessageId();
  const transferId = facts.newTransferId();
  const transferRequest: TransferRequest = {
    MessageId: messageId,
    TransferId: transferId,
    Revision: "0",
    TransmissionType: "Original",
    DocumentProcessCode: facts.processCode,
    RequesterId: facts.us.AgencyId,
    To: decision.to,
    ...writtenNow(facts),
    Student: decision.student,
    NewEnrollment: decision.enrollment,
    RequestingDistrict: facts.us,
    Purpose: decision.purpose,
    LegitimateInterest: decision.legitimateInterest,
    ...optionalParts(decision),
  };
  return { request: transferRequest, messageId, transferId };
}

/** When it is written, until when it holds, and by whom. */
const writtenNow = ({ at, policy, user }: DecisionFacts) => ({
  CreatedDateTime: wireTime(at),
  ExpiresDateTime: wireTime(daysAfter(at, policy.requestDays)),
  RequestingUser: user,
});

const optionalParts = (changes: RequestChanges) =>
  given({
    PreviousSchool: changes.previousSchool,
    ExpediteReason: changes.expediteReason,
    RequestedByParent: yesNo(changes.requestedByParent),
    RequestedSection: changes.sections === undefined ? undefined : [...changes.sections],
    Comments: changes.comments,
  });

const yesNo = (value: boolean | undefined): "true" | "false" | undefined =>
  value === undefined ? undefined : value ? "true" : "false";

/**
 * Ask again: corrected, or because nothing usable came. The releaser decides anew; an entity first looks for
 * it anew.
 *
 * @throws PacketboatError TRANSFER_UNKNOWN, TRANSFER_STATE or RULE_BROKEN
 */
export function resubmit(changes: RequestChanges, facts: DecisionFacts): Effect[] {
  const transfer = ours(facts, "Resubmit");
  const state = stepRequester(transfer, "Resubmit");
  if (state === "ignored") return [];
  const again: TransferRequest = {
    ...nextVersion(transfer, "Resubmission", facts),
    ...given({
      Student: changes.student,
      NewEnrollment: changes.enrollment,
      Purpose: changes.purpose,
      LegitimateInterest: changes.legitimateInterest,
    }),
    ...optionalParts(changes),
  };
  checkRequest(again, facts.at);
  const next = versionOf(again, transfer);
  return [
    ...settle(transfer),
    resolve("STILL_ENROLLED_AT_BOTH", transfer),
    ...takenBack(transfer, facts),
    {
      effect: "SetState",
      event: "Resubmit",
      state,
      changes: { ...next, partnerId: askedFirst(transfer) },
      request: again,
      referral: null,
      answer: null,
    },
    ...asked(again, transfer),
  ];
}

/**
 * Give up the request. Records that are on their way will be refused, unread.
 *
 * @returns nothing if it is canceled already
 * @throws PacketboatError TRANSFER_UNKNOWN or TRANSFER_STATE
 */
export function cancel(decision: { comments?: string }, facts: DecisionFacts): Effect[] {
  const transfer = ours(facts, "Cancel");
  const state = stepRequester(transfer, "Cancel");
  if (state === "ignored") return [];
  const cancellation: TransferRequest = {
    ...nextVersion(transfer, "Cancellation", facts),
    ...given({ Comments: decision.comments }),
  };
  checkRequest(cancellation, facts.at);
  const next = versionOf(cancellation, transfer);
  return [
    ...settle(transfer),
    resolve("STILL_ENROLLED_AT_BOTH", transfer),
    ...takenBack(transfer, facts),
    { effect: "SetState", event: "Cancel", state, changes: next, request: cancellation },
    ...(isToldNobody(transfer, facts) ? [] : [send(cancellation, transfer)]),
  ];
}

/** A request that has not left need not leave: the other district would learn of a student for nothing. */
const takenBack = (transfer: Transfer, { isRequestWaiting }: DecisionFacts): Unsend[] =>
  isRequestWaiting ? [{ effect: "Unsend", messageId: transfer.requestMessageId }] : [];

/** Nothing of the request has left, or it was a letter. An earlier version may have left before. */
const isToldNobody = (transfer: Transfer, { isRequestWaiting }: DecisionFacts): boolean =>
  transfer.isOnPaper || (isRequestWaiting === true && transfer.revision === 0);

/** The same request in its next revision, under a MessageId of its own. */
function nextVersion(
  transfer: Transfer,
  type: "Resubmission" | "Cancellation",
  facts: DecisionFacts,
): TransferRequest {
  const {
    MessageId: _id,
    Resubmits: _resubmits,
    Comments: _comments,
    ...before
  } = requestOf(facts);
  return {
    ...before,
    MessageId: facts.newMessageId(),
    ...given({ Resubmits: transfer.refusedMessageId ?? undefined }),
    Revision: String(transfer.revision + 1),
    TransmissionType: type,
    RequestingDistrict: facts.us,
    ...writtenNow(facts),
  };
}

const versionOf = (made: TransferRequest, transfer: Transfer): TransferChanges => ({
  revision: transfer.revision + 1,
  requestMessageId: made.MessageId as Transfer["requestMessageId"],
  refusedMessageId: null,
  requestedAt: new Date(made.CreatedDateTime),
  expiresAt: new Date(made.ExpiresDateTime),
  holdUntil: null,
});

/**
 * The records are in the student information system; the releaser is told.
 *
 * @returns nothing if that was said before
 * @throws PacketboatError TRANSFER_UNKNOWN or TRANSFER_STATE
 */
export function imported(decision: { comments?: string }, facts: DecisionFacts): Effect[] {
  const transfer = ours(facts, "Import");
  const state = stepRequester(transfer, "Import");
  if (state === "ignored") return [];
  const message = {
    MessageId: facts.newMessageId(),
    TransferId: transfer.transferId,
    RequesterId: transfer.requesterId,
    ...given({ RespondsTo: holding(transfer).at(-1) }),
    ResponseStatus: "Imported" as const,
    ResponseDateTime: wireTime(facts.at),
    RespondingUser: facts.user,
    ...given({ Comments: decision.comments }),
  };
  checkResponse(message);
  return [
    ...settle(transfer),
    // Who imports has compared.
    resolve("STUDENT_DIFFERS", transfer),
    { effect: "SetState", event: "Import", state, changes: {} },
    ...(transfer.isOnPaper
      ? []
      : [{ effect: "Send", to: transfer.partnerId, kind: "TransferResponse", message } as const]),
  ];
}

/** @throws PacketboatError TRANSFER_UNKNOWN, or TRANSFER_STATE if we are the one who is asked */
export function ours(facts: DecisionFacts, event: string): Transfer {
  const transfer = transferOf(facts);
  if (transfer.side === "requester") return transfer;
  throw refusal(transfer, event, `${event} is for the district that asked`);
}

/** Whom the request is addressed to: every version of it goes there. */
export const askedFirst = ({ entityId, partnerId }: Transfer): AgencyId => entityId ?? partnerId;

/** The request goes its way: as a message, or on paper as a letter that a person sends. */
const asked = (made: TransferRequest, transfer: Transfer): Effect[] =>
  transfer.isOnPaper
    ? [
        { effect: "Publish", what: "letter", request: made },
        raise("LETTER_TO_SEND", transfer, { again: made.TransmissionType === "Resubmission" }),
      ]
    : [send(made, transfer)];

const send = (made: TransferRequest, transfer: Transfer): Send => ({
  effect: "Send",
  to: askedFirst(transfer),
  kind: "TransferRequest",
  message: made,
});
