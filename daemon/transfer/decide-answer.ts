/** Decisions at the releaser that carry no records: hold, reject, and the other answers. */
import type { ReasonCode, ResponseStatus, TransferResponse } from "../packet/model.gen.ts";
import { PacketboatError } from "../errors.ts";
import { settle } from "./alerting.ts";
import { dateOf, wireTime, type PlainDate } from "./dates.ts";
import { disclosure } from "./disclosing.ts";
import type { DisclosureKind, Effect, Transfer } from "./effects.ts";
import { requestOf, transferOf, type DecisionFacts } from "./facts.ts";
import { given } from "./given.ts";
import { noNoticeDue } from "./parent-notice.ts";
import type { ReleaserEvent } from "./releaser-moves.ts";
import { checkReason } from "./reasons.ts";
import { checkResponse } from "./rules.ts";
import { refusal, stepReleaser } from "./states.ts";
import { awaitSecondPerson, otherPerson, settleFirst } from "./two-persons.ts";

/** The answers that a person may give; the program itself says RequestReceived and Canceled. */
export type AnswerStatus = Exclude<
  ResponseStatus,
  "RequestReceived" | "Canceled" | "Imported" | "RecallConfirmed"
>;

export interface AnswerDecision {
  readonly status: AnswerStatus;
  /** Owed with Hold and Rejected. */
  readonly reason?: ReasonCode;
  /** With Hold: when it will be looked at again. */
  readonly until?: PlainDate;
  readonly comments?: string;
}

interface AnswerRule {
  readonly event: ReleaserEvent;
  /** What stands in the register; a hold discloses and denies nothing. */
  readonly disclosure: DisclosureKind | null;
}

const ANSWERS: Readonly<Record<AnswerStatus, AnswerRule>> = {
  Hold: { event: "Hold", disclosure: null },
  OfflineRecordSearch: { event: "SearchOffline", disclosure: null },
  Rejected: { event: "Reject", disclosure: "rejection" },
  NoRecord: { event: "NoRecord", disclosure: "rejection" },
  MultipleMatch: { event: "MultipleMatch", disclosure: "rejection" },
  Deceased: { event: "Deceased", disclosure: "rejection" },
  OfflineRecordSent: { event: "SendOffline", disclosure: "offlineRelease" },
  RecordSent: { event: "SendOffline", disclosure: "offlineRelease" },
};

/**
 * Answer without records.
 *
 * @throws PacketboatError TRANSFER_UNKNOWN, TRANSFER_STATE, or RULE_BROKEN (no reason, a day that is past)
 */
export function answer(decision: AnswerDecision, facts: DecisionFacts): Effect[] {
  const transfer = theirs(facts, decision.status);
  const rule = ANSWERS[decision.status];
  const state = stepReleaser(transfer, rule.event);
  if (state === "ignored") return [];
  const message = responseTo(transfer, decision, facts);
  checkResponse(message);
  checkReason(decision.status, decision.reason, facts.policy);
  checkDay(decision, facts.at);
  const request = requestOf(facts);
  const discloses = rule.disclosure === "offlineRelease";
  const halfway = discloses ? awaitSecondPerson(transfer, [request.Student], facts) : null;
  if (halfway) return halfway;
  const holdUntil = state === "OnHold" ? (decision.until ?? null) : null;
  const changes = { holdUntil, firstPerson: null };
  const by = discloses ? { firstPerson: otherPerson(transfer, facts) } : {};
  return [
    ...settle(transfer),
    ...settleFirst(transfer),
    ...(rule.disclosure === "rejection" ? [noNoticeDue(transfer)] : []),
    { effect: "SetState", event: rule.event, state, changes },
    { effect: "Send", to: transfer.partnerId, kind: "TransferResponse", message },
    ...(rule.disclosure ? [disclosure(rule.disclosure, request, facts.user, facts.at, by)] : []),
  ];
}

const responseTo = (
  transfer: Transfer,
  decision: AnswerDecision,
  facts: DecisionFacts,
): TransferResponse => ({
  MessageId: facts.newMessageId(),
  TransferId: transfer.transferId,
  RequesterId: transfer.requesterId,
  RespondsTo: transfer.requestMessageId,
  ResponseStatus: decision.status,
  ResponseDateTime: wireTime(facts.at),
  ...given({ ReasonCode: decision.reason, HoldUntil: decision.until }),
  RespondingUser: facts.user,
  ...given({ Comments: decision.comments }),
});

function checkDay({ until }: AnswerDecision, at: Date): void {
  if (until === undefined || until >= dateOf(at)) return;
  throw new PacketboatError("RULE_BROKEN", `Hold: HoldUntil ${until} is past`);
}

/** @throws PacketboatError TRANSFER_UNKNOWN, or TRANSFER_STATE if we are the one who asks */
export function theirs(facts: DecisionFacts, event: string): Transfer {
  const transfer = transferOf(facts);
  if (transfer.side === "releaser") return transfer;
  throw refusal(transfer, event, `${event} is for the district that was asked`);
}
