/**
 * An answer arrives: at the requester the releaser's or the entity's, at the releaser that records were
 * imported or set aside.
 */
import { parseUuid, type MessageId } from "../ids.ts";
import type { ResponseStatus, TransferResponse, TransferState } from "../packet/model.gen.ts";
import type { AlertCode } from "./alert-codes.ts";
import { raise, resolve, settle } from "./alerting.ts";
import type { AlertFacts, Effect, Transfer } from "./effects.ts";
import type { ReceivedFacts } from "./facts.ts";
import { holding, idsAt, isRecalled } from "./releases.ts";
import { checkResponse } from "./rules.ts";
import { notTheirs, type Spoken, transferSpokenOf } from "./speaker.ts";
import { refusal, stepReleaser, stepRequester } from "./states.ts";

type ReleaserStatus = "Imported" | "RecallConfirmed";
type RequesterStatus = Exclude<ResponseStatus, ReleaserStatus>;

/** What the requester's registrar is told; a RequestReceived or Canceled needs nobody. */
const ALERT_FOR: Readonly<Record<RequesterStatus, AlertCode | null>> = {
  RequestReceived: null,
  Hold: "REQUEST_ON_HOLD",
  OfflineRecordSearch: "REQUEST_ON_HOLD",
  Rejected: "REQUEST_REJECTED",
  NoRecord: "NO_RECORD",
  MultipleMatch: "MULTIPLE_MATCH",
  Deceased: "STUDENT_DECEASED",
  Canceled: null,
  OfflineRecordSent: "RECORDS_SENT_OFFLINE",
  RecordSent: "RECORDS_SENT_OFFLINE",
};

/**
 * @returns nothing if the answer is late: for an older version of the request, or overtaken by another
 * @throws PacketboatError TRANSFER_NOT_THEIRS, TRANSFER_UNKNOWN, REFERRAL_MISSING, REFERRAL_INVALID,
 *   TRANSFER_STATE or RULE_BROKEN
 */
export function hearResponse(response: TransferResponse, facts: ReceivedFacts): Effect[] {
  const spoken = transferSpokenOf(response, facts);
  checkResponse(response);
  const { ResponseStatus: status } = response;
  const { transfer, speaker } = spoken;
  if (speaker === "requester") {
    if (!isReleaserStatus(status)) throw notTheirs(facts, `what the releaser says, ${status}`);
    return status === "Imported" ? imported(response, transfer) : recallConfirmed(transfer);
  }
  if (isReleaserStatus(status)) throw notTheirs(facts, `what the requester says, ${status}`);
  if (speaker === "entity" && !OF_ENTITY.includes(status)) {
    throw notTheirs(facts, `what the releaser says, ${status}`);
  }
  return atRequester(status, response, spoken);
}

/** The entity knows whether there is such a student, and whether its request was taken; nothing of records. */
const OF_ENTITY: readonly ResponseStatus[] = ["NoRecord", "MultipleMatch", "Canceled", "Rejected"];

const isReleaserStatus = (status: ResponseStatus): status is ReleaserStatus =>
  status === "Imported" || status === "RecallConfirmed";

function atRequester(
  status: RequesterStatus,
  response: TransferResponse,
  { transfer, learned, speaker }: Spoken,
): Effect[] {
  if (response.RespondsTo !== transfer.requestMessageId) return [];
  const state = stepRequester(transfer, status);
  if (state === "ignored") return [];
  const holdUntil = state === "OnHold" ? (response.HoldUntil ?? null) : null;
  const code = ALERT_FOR[status];
  return [
    ...settle(transfer),
    {
      effect: "SetState",
      event: status,
      state,
      changes: { ...learned.changes, holdUntil },
      ...learned.referral,
      answer: response.Comments === undefined ? null : response,
    },
    ...(code ? [raise(code, transfer, told(response, speaker), messageIdOf(response))] : []),
  ];
}

const told = (response: TransferResponse, speaker: Spoken["speaker"]): AlertFacts => ({
  status: response.ResponseStatus,
  ...(speaker === "entity" ? { registry: true } : {}),
  ...(response.ReasonCode ? { reason: response.ReasonCode } : {}),
  ...(response.HoldUntil ? { holdUntil: response.HoldUntil } : {}),
  hasComments: response.Comments !== undefined,
});

const messageIdOf = (response: TransferResponse): MessageId =>
  parseUuid<MessageId>(response.MessageId);

/** @throws PacketboatError TRANSFER_STATE if that was not released */
function imported({ RespondsTo: named }: TransferResponse, transfer: Transfer): Effect[] {
  const wasRecalled = named !== undefined && isRecalled(transfer, named);
  const event = wasRecalled ? "ImportedRecalled" : "Imported";
  const state = stepReleaser(transfer, event);
  if (state === "ignored") return [];
  if (!wasRecalled && named !== undefined && !holding(transfer).some((id) => id === named)) {
    throw refusal(transfer, event, "it names records that were not released");
  }
  return [
    { effect: "SetState", event, state, changes: {} },
    ...(wasRecalled ? [raise("RECALLED_RECORDS_IMPORTED", transfer)] : []),
  ];
}

/** @throws PacketboatError TRANSFER_STATE if nothing was recalled */
function recallConfirmed(transfer: Transfer): Effect[] {
  const state: TransferState | "ignored" = stepReleaser(transfer, "RecallConfirmed");
  if (state === "ignored") return [];
  if (idsAt(transfer, "recalled").length === 0) {
    throw refusal(transfer, "RecallConfirmed", "nothing was recalled");
  }
  return [
    { effect: "SetState", event: "RecallConfirmed", state, changes: {} },
    resolve("RECALL_NOT_CONFIRMED", transfer),
  ];
}
