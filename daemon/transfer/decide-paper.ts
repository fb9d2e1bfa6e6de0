/**
 * What came of a letter. The district takes no part, so nothing of it comes by packetboat: a person here
 * reads its answer on paper, or hears it on the telephone, and notes it.
 */
import type { ResponseStatus, TransferResponse, TransferState } from "../packet/model.gen.ts";
import { raise, settle } from "./alerting.ts";
import { wireTime } from "./dates.ts";
import type { Effect, Transfer } from "./effects.ts";
import { ours } from "./decide-request.ts";
import type { DecisionFacts } from "./facts.ts";
import { given } from "./given.ts";
import { checkResponse } from "./rules.ts";
import { refusal, stepRequester } from "./states.ts";

/** What a district may have answered on paper. */
export const PAPER_ANSWERS = [
  "OfflineRecordSent",
  "NoRecord",
  "Rejected",
] as const satisfies readonly ResponseStatus[];

export type PaperAnswerStatus = (typeof PAPER_ANSWERS)[number];

export interface PaperAnswer {
  readonly status: PaperAnswerStatus;
  readonly comments?: string;
}

/**
 * Note what the other district answered on paper.
 *
 * @returns nothing if that was noted before
 * @throws PacketboatError TRANSFER_UNKNOWN; TRANSFER_STATE if it was not asked on paper, or if another answer
 *   counts already; RULE_BROKEN
 */
export function notePaperAnswer(decision: PaperAnswer, facts: DecisionFacts): Effect[] {
  const { status, comments } = decision;
  const transfer = ours(facts, status);
  if (!transfer.isOnPaper) {
    const why = "it was not asked on paper: the other district's packetboat gives its answer";
    throw refusal(transfer, status, why);
  }
  const state = stepRequester(transfer, status);
  if (state === "ignored") {
    if (transfer.state === stateAnswered(decision)) return [];
    throw refusal(transfer, status, `${status} does not go with ${transfer.state}`);
  }
  const answer = answerNoted(transfer, decision, facts);
  checkResponse(answer);
  return [
    ...settle(transfer),
    {
      effect: "SetState",
      event: status,
      state,
      changes: {},
      answer: comments === undefined ? null : answer,
    },
    // Of the others whoever notes them knows; here something is left to be done.
    ...(status === "OfflineRecordSent" ? [raise("RECORDS_SENT_OFFLINE", transfer)] : []),
  ];
}

/** Where an answer on paper leads. */
export const stateAnswered = ({ status }: PaperAnswer): TransferState =>
  status === "OfflineRecordSent" ? "Released" : status;

/** As if it had come in a packet; why they reject stands in the comments. */
const answerNoted = (
  transfer: Transfer,
  { status, comments }: PaperAnswer,
  facts: DecisionFacts,
): TransferResponse => ({
  MessageId: facts.newMessageId(),
  TransferId: transfer.transferId,
  RequesterId: transfer.requesterId,
  RespondsTo: transfer.requestMessageId,
  ResponseStatus: status,
  ResponseDateTime: wireTime(facts.at),
  ...(status === "Rejected" ? { ReasonCode: "Other" as const } : {}),
  RespondingUser: facts.user,
  ...given({ Comments: comments }),
});
