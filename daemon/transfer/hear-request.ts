/** A signed request arrives at the releaser: a first one, a newer version of it, or its cancellation. */
import { parseAgencyId, parseUuid, referenceOf, sha256 } from "../ids.ts";
import type { AgencyId, MessageId, TransferId } from "../ids.ts";
import type {
  ForwardedRequest,
  Referral,
  SignedRequest,
  TransferRequest,
} from "../packet/model.gen.ts";
import { raise, resolve, settle } from "./alerting.ts";
import { checkAddressee, checkDirect, checkProcessCode, isLate } from "./asked.ts";
import { wireTime } from "./dates.ts";
import { disclosure } from "./disclosing.ts";
import type { AlertFacts, Effect, Send, Transfer, TransferChanges } from "./effects.ts";
import type { ReceivedFacts } from "./facts.ts";
import { given } from "./given.ts";
import { enrolledAtBoth } from "./known-overlap.ts";
import { noNoticeDue, noticeDue } from "./parent-notice.ts";
import { checkReferral, invalid } from "./referral.ts";
import { holding, idsAt, takeBack, without } from "./releases.ts";
import { checkRequest } from "./rules.ts";
import { notTheirs } from "./speaker.ts";
import { stepReleaser } from "./states.ts";
import { settleFirst } from "./two-persons.ts";

/** A SignedRequest, and the request in it, whose signature has been proved to be the sender's. */
export interface ReceivedRequest {
  readonly message: SignedRequest;
  readonly request: TransferRequest;
}

/** A ForwardedRequest, its request proved to be the requester's, and its referral the sender's. */
export interface ReceivedForward {
  readonly message: ForwardedRequest;
  readonly request: TransferRequest;
  readonly referral: Referral;
}

/** Through whom the request came, and what the entity sent with it; `null` if it came from the requester. */
type Way = { readonly entityId: AgencyId; readonly forwarded: ForwardedRequest } | null;

/**
 * @returns nothing if a newer version of the request came before
 * @throws PacketboatError TRANSFER_NOT_THEIRS, PACKET_MISADDRESSED, INNER_TEXT_INVALID, RULE_BROKEN or
 *   TRANSFER_STATE
 */
export function hearRequest(received: ReceivedRequest, facts: ReceivedFacts): Effect[] {
  checkDirect(received, facts);
  // It stands between districts, and never has a record (PROTOCOL 10).
  if (facts.from === facts.ourEntityId) throw notTheirs(facts, "records that no entity may have");
  return taken(received.request, facts, null);
}

/**
 * The same, where the entity has found the student here and passed the request on.
 *
 * @throws PacketboatError as `hearRequest`, and REFERRAL_INVALID
 */
export function hearForwarded(received: ReceivedForward, facts: ReceivedFacts): Effect[] {
  const { message: forwarded, request, referral } = received;
  const { from } = facts;
  if (from !== facts.ourEntityId) throw notTheirs(facts, "a request that only our entity forwards");
  const named = { entityId: from, requesterId: request.RequesterId, releaserId: facts.us.AgencyId };
  checkReferral(referral, named, facts);
  if (
    referral.RequestSha256 !== sha256(forwarded.RequestText) ||
    referral.TransferId !== request.TransferId
  ) {
    throw invalid("it is for another request", from);
  }
  checkAddressee(request, from);
  checkProcessCode(request, facts);
  return taken(request, facts, { entityId: from, forwarded });
}

function taken(request: TransferRequest, facts: ReceivedFacts, way: Way): Effect[] {
  checkRequest(request, facts.at);
  const { transfer } = facts;
  if (transfer && transfer.entityId !== (way?.entityId ?? null)) {
    throw notTheirs(facts, "a transfer that was asked for in another way");
  }
  if (isLate(request, transfer)) return [];
  return request.TransmissionType === "Cancellation"
    ? canceled(request, facts, way)
    : asked(request, request.TransmissionType, facts, way);
}

/** Original or Resubmission: somebody here has to decide, from the start. */
function asked(
  request: TransferRequest,
  event: "Original" | "Resubmission",
  facts: ReceivedFacts,
  way: Way,
): Effect[] {
  const state = stepReleaser(facts.transfer, event);
  if (state === "ignored") return [];
  const transfer = openedBy(request, facts, state, way);
  const verification = way?.forwarded.Verification;
  // Where nobody can tell, IT hears of it, and nothing is released.
  const isFlagged = facts.isFlagged(request.Student) === true;
  const alertFacts = {
    resubmission: event === "Resubmission",
    alreadyReleased: facts.transfer !== null && holding(facts.transfer).length > 0,
    purpose: request.Purpose,
    userAuthentication: request.RequestingUser.UserAuthentication,
    requestedByParent: request.RequestedByParent === "true",
    ...(request.ExpediteReason ? { expediteReason: request.ExpediteReason } : {}),
  };
  return [
    ...moved(transfer, request, event, facts, way),
    say("RequestReceived", transfer, facts),
    { effect: "Publish", what: "request", request, isFlagged, ...given({ verification }) },
    raise("REQUEST_TO_RELEASE", transfer, alertFacts, transfer.requestMessageId),
    ...(isFlagged ? [raise("FLAGGED_STUDENT", transfer)] : []),
    ...enrolledAtBoth(transfer, verification?.Overlap),
    ...noticeDue(transfer, request, facts.policy),
    disclosure("request", request, request.RequestingUser, facts.at),
  ];
}

/** If nobody here ever saw the request, nobody need hear of its end. */
function canceled(request: TransferRequest, facts: ReceivedFacts, way: Way): Effect[] {
  const state = stepReleaser(facts.transfer, "Cancellation");
  if (state === "ignored") return [];
  const transfer = openedBy(request, facts, state, way);
  return [
    ...moved(transfer, request, "Cancellation", facts, way),
    say("Canceled", transfer, facts),
    ...closed(transfer, facts.transfer),
  ];
}

/**
 * Nobody asks any more: the case closes, and whoever had it hears of it.
 *
 * @param before the transfer as it stood; `null` if nobody here ever saw the request
 * @param about facts for the alert
 */
export function closed(
  transfer: Transfer,
  before: Transfer | null,
  about: AlertFacts = {},
): Effect[] {
  if (!before || before.state === "Canceled") return [];
  const tooLate = before.state === "Released" || holding(before).length > 0;
  return [
    { effect: "Publish", what: "closedRequest", state: "Canceled" },
    resolve("STILL_ENROLLED_AT_BOTH", transfer),
    ...(tooLate
      ? [raise("CANCEL_CAME_TOO_LATE", transfer, about)]
      : [noNoticeDue(transfer), raise("REQUEST_CANCELED", transfer, about)]),
  ];
}

/** Open the transfer, or carry the one we have to the new version; a release still waiting is void. */
function moved(
  transfer: Transfer,
  request: TransferRequest,
  event: "Original" | "Resubmission" | "Cancellation",
  facts: ReceivedFacts,
  way: Way,
): Effect[] {
  const before = facts.transfer;
  const referral = way
    ? { referral: { kind: "ForwardedRequest" as const, message: way.forwarded } }
    : {};
  if (!before) return [{ effect: "OpenTransfer", event, transfer, request, ...referral }];
  const { state, revision, requestMessageId, requestedAt, expiresAt, holdUntil } = transfer;
  const releases = without(before, idsAt(before, "waiting"));
  const times = { requestedAt, expiresAt, holdUntil };
  const fresh = { revision, requestMessageId, releases, firstPerson: null };
  const changes: TransferChanges = { ...fresh, ...times };
  return [
    ...takeBack(before),
    ...settle(before),
    ...settleFirst(before),
    { effect: "SetState", event, state, changes, request, ...referral },
  ];
}

/** The transfer as this request makes it. */
function openedBy(
  request: TransferRequest,
  facts: ReceivedFacts,
  state: Transfer["state"],
  way: Way,
): Transfer {
  const transferId = parseUuid<TransferId>(request.TransferId);
  const requesterId = parseAgencyId(request.RequesterId);
  return {
    requesterId,
    transferId,
    reference: referenceOf(transferId),
    side: "releaser",
    partnerId: requesterId,
    state,
    revision: Number(request.Revision),
    requestMessageId: parseUuid<MessageId>(request.MessageId),
    releases: facts.transfer?.releases ?? [],
    refusedMessageId: facts.transfer?.refusedMessageId ?? null,
    requestedAt: new Date(request.CreatedDateTime),
    expiresAt: new Date(request.ExpiresDateTime),
    holdUntil: null,
    firstPerson: null,
    entityId: way?.entityId ?? null,
    isOnPaper: false,
  };
}

const say = (
  status: "RequestReceived" | "Canceled",
  { transferId, requesterId, requestMessageId }: Transfer,
  facts: ReceivedFacts,
): Send => ({
  effect: "Send",
  to: requesterId,
  kind: "TransferResponse",
  message: {
    MessageId: facts.newMessageId(),
    TransferId: transferId,
    RequesterId: requesterId,
    RespondsTo: requestMessageId,
    ResponseStatus: status,
    ResponseDateTime: wireTime(facts.at),
  },
});
