/** A signed request arrives at the releaser: a first one, a newer version of it, or its cancellation. */
import { PacketboatError } from "../errors.ts";
import { parseAgencyId, parseUuid, referenceOf } from "../ids.ts";
import type { MessageId, TransferId } from "../ids.ts";
import type { SignedRequest, TransferRequest } from "../packet/model.gen.ts";
import { raise, settle } from "./alerting.ts";
import { wireTime } from "./dates.ts";
import { disclosure } from "./disclosing.ts";
import type { Effect, Send, Transfer, TransferChanges } from "./effects.ts";
import type { ReceivedFacts } from "./facts.ts";
import { noNoticeDue, noticeDue } from "./parent-notice.ts";
import { holding, idsAt, takeBack, without } from "./releases.ts";
import { checkRequest } from "./rules.ts";
import { checkShown, notTheirs } from "./speaker.ts";
import { stepReleaser } from "./states.ts";
import { settleFirst } from "./two-persons.ts";

/** A SignedRequest, and the request in it, whose signature has been proved to be the sender's. */
export interface ReceivedRequest {
  readonly message: SignedRequest;
  readonly request: TransferRequest;
}

/**
 * @returns nothing if a newer version of the request came before
 * @throws PacketboatError TRANSFER_NOT_THEIRS, PACKET_MISADDRESSED, INNER_TEXT_INVALID, RULE_BROKEN or
 *   TRANSFER_STATE
 */
export function hearRequest({ message, request }: ReceivedRequest, facts: ReceivedFacts): Effect[] {
  checkEnvelope(message, request, facts);
  checkRequest(request, facts.at);
  const { transfer } = facts;
  const revision = Number(request.Revision);
  if (transfer && revision < transfer.revision) return [];
  if (transfer && revision === transfer.revision) {
    const sentence = `there is another request of Revision ${revision}; the next one is higher`;
    throw new PacketboatError("RULE_BROKEN", sentence, { facts: { revision } });
  }
  return request.TransmissionType === "Cancellation"
    ? canceled(request, facts)
    : asked(request, request.TransmissionType, facts);
}

function checkEnvelope(
  message: SignedRequest,
  request: TransferRequest,
  facts: ReceivedFacts,
): void {
  const { RequesterId: requester, To: addressee, DocumentProcessCode: code } = request;
  if (requester !== facts.from) throw notTheirs(facts, `a request of agency ${requester}`);
  checkShown(request.RequestingDistrict, "RequestingDistrict", facts);
  if (addressee !== facts.us.AgencyId) {
    throw new PacketboatError("PACKET_MISADDRESSED", `the request is addressed to ${addressee}`);
  }
  if (message.MessageId !== request.MessageId) {
    throw new PacketboatError("INNER_TEXT_INVALID", "the request inside has another MessageId");
  }
  if (code !== facts.processCode) {
    throw new PacketboatError(
      "RULE_BROKEN",
      `DocumentProcessCode is ${code}, not ${facts.processCode}`,
    );
  }
}

/** Original or Resubmission: somebody here has to decide, from the start. */
function asked(
  request: TransferRequest,
  event: "Original" | "Resubmission",
  facts: ReceivedFacts,
): Effect[] {
  const state = stepReleaser(facts.transfer, event);
  if (state === "ignored") return [];
  const transfer = openedBy(request, facts, state);
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
    ...moved(transfer, request, event, facts),
    say("RequestReceived", request, facts),
    { effect: "Publish", what: "request", request, isFlagged },
    raise("REQUEST_TO_RELEASE", transfer, alertFacts, transfer.requestMessageId),
    ...(isFlagged ? [raise("FLAGGED_STUDENT", transfer)] : []),
    ...noticeDue(transfer, request, facts.policy),
    disclosure("request", request, request.RequestingUser, facts.at),
  ];
}

/** If nobody here ever saw the request, nobody need hear of its end. */
function canceled(request: TransferRequest, facts: ReceivedFacts): Effect[] {
  const state = stepReleaser(facts.transfer, "Cancellation");
  if (state === "ignored") return [];
  const transfer = openedBy(request, facts, state);
  const effects: Effect[] = [
    ...moved(transfer, request, "Cancellation", facts),
    say("Canceled", request, facts),
  ];
  const before = facts.transfer;
  if (!before || before.state === "Canceled") return effects;
  effects.push({ effect: "Publish", what: "closedRequest", state: "Canceled" });
  const tooLate = before.state === "Released" || holding(before).length > 0;
  if (tooLate) return [...effects, raise("CANCEL_CAME_TOO_LATE", transfer)];
  return [...effects, noNoticeDue(transfer), raise("REQUEST_CANCELED", transfer)];
}

/** Open the transfer, or carry the one we have to the new version; a release still waiting is void. */
function moved(
  transfer: Transfer,
  request: TransferRequest,
  event: "Original" | "Resubmission" | "Cancellation",
  facts: ReceivedFacts,
): Effect[] {
  const before = facts.transfer;
  if (!before) return [{ effect: "OpenTransfer", event, transfer, request }];
  const { state, revision, requestMessageId, requestedAt, expiresAt, holdUntil } = transfer;
  const releases = without(before, idsAt(before, "waiting"));
  const times = { requestedAt, expiresAt, holdUntil };
  const fresh = { revision, requestMessageId, releases, firstPerson: null };
  const changes: TransferChanges = { ...fresh, ...times };
  return [
    ...takeBack(before),
    ...settle(before),
    ...settleFirst(before),
    { effect: "SetState", event, state, changes, request },
  ];
}

/** The transfer as this request makes it. */
function openedBy(
  request: TransferRequest,
  facts: ReceivedFacts,
  state: Transfer["state"],
): Transfer {
  const transferId = parseUuid<TransferId>(request.TransferId);
  return {
    requesterId: parseAgencyId(request.RequesterId),
    transferId,
    reference: referenceOf(transferId),
    side: "releaser",
    partnerId: facts.from,
    state,
    revision: Number(request.Revision),
    requestMessageId: parseUuid<MessageId>(request.MessageId),
    releases: facts.transfer?.releases ?? [],
    refusedMessageId: facts.transfer?.refusedMessageId ?? null,
    requestedAt: new Date(request.CreatedDateTime),
    expiresAt: new Date(request.ExpiresDateTime),
    holdUntil: null,
    firstPerson: null,
    entityId: null,
  };
}

const say = (
  status: "RequestReceived" | "Canceled",
  request: TransferRequest,
  facts: ReceivedFacts,
): Send => ({
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
  },
});
