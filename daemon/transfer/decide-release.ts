/** Decisions at the releaser about records: release, supplement, withdraw, recall. */
import { PacketboatError } from "../errors.ts";
import type { MessageId } from "../ids.ts";
import type { ReasonCode, ReleaseTransmissionType, TransferRelease } from "../packet/model.gen.ts";
import { raise, resolve, settle } from "./alerting.ts";
import { minutesAfter, wireTime } from "./dates.ts";
import { theirs } from "./decide-answer.ts";
import { disclosure } from "./disclosing.ts";
import type { Effect, ResolveAlert, Transfer } from "./effects.ts";
import { requestOf, type DecisionFacts } from "./facts.ts";
import { given } from "./given.ts";
import { aboutEnrollment, aboutStudent } from "./about-record.ts";
import { noticeDue } from "./parent-notice.ts";
import { REDISCLOSURE_NOTICE } from "./notice.ts";
import { recordOf, type ReleaseDecision } from "./record.ts";
import { assertRoom, holding, idsAt, marked, takeBack, without } from "./releases.ts";
import { checkReason } from "./reasons.ts";
import { checkRecall, checkRelease } from "./rules.ts";
import { askedSections, qualifierOf } from "./sections.ts";
import { refusal, stepReleaser } from "./states.ts";
import { awaitSecondPerson, otherPerson, settleFirst, withdrawFirst } from "./two-persons.ts";

/**
 * Release the records. They wait for the hold-back of the policy, and can be withdrawn until they leave.
 *
 * @throws PacketboatError TRANSFER_UNKNOWN, TRANSFER_STATE, PERSON_NOT_ALLOWED, RELEASE_EMPTY or RULE_BROKEN
 */
export const release = (decision: ReleaseDecision, facts: DecisionFacts): Effect[] =>
  releaseAs("Original", decision, facts);

/**
 * Send what was to follow, or was forgotten, after a release. It waits as a release does.
 *
 * @throws as `release`
 */
export const supplement = (decision: ReleaseDecision, facts: DecisionFacts): Effect[] =>
  releaseAs("Supplement", decision, facts);

function releaseAs(
  type: ReleaseTransmissionType,
  decision: ReleaseDecision,
  facts: DecisionFacts,
): Effect[] {
  const event = type === "Original" ? "Release" : "Supplement";
  const transfer = theirs(facts, event);
  const state = stepReleaser(transfer, event);
  if (state === "ignored") return [];
  checkReleaser(facts);
  const messageId = facts.newMessageId();
  const message = compose(messageId, type, transfer, decision, facts);
  const request = requestOf(facts);
  const { documents } = decision;
  checkRelease(
    message,
    documents.map(({ fileName, section }) => ({
      FileName: fileName,
      ...given({ SectionName: section }),
    })),
    request,
    facts.at,
  );
  const halfway = awaitSecondPerson(
    transfer,
    [request.Student, message.StudentRecord.Student],
    facts,
  );
  if (halfway) return halfway;
  const { holdBackMinutes } = facts.policy;
  const wait = holdBackMinutes > 0 ? { notBefore: minutesAfter(facts.at, holdBackMinutes) } : {};
  const standing = {
    messageId,
    standing: "waiting",
    ...given({ firstPerson: otherPerson(transfer, facts) ?? undefined }),
  } as const;
  const releases = [...transfer.releases, standing];
  assertRoom(transfer, releases, event);
  const to = transfer.partnerId;
  const doubts = [
    ...aboutStudent(transfer, message, request, messageId),
    ...aboutEnrollment(transfer, message, request, facts.at),
  ];
  return [
    ...settle(transfer),
    ...settleFirst(transfer),
    resolve("RELEASE_REFUSED", transfer),
    {
      effect: "SetState",
      event,
      state,
      changes: { releases, refusedMessageId: null, holdUntil: null, firstPerson: null },
    },
    { effect: "Send", to, kind: "TransferRelease", message, documents, ...wait },
    ...doubts,
    ...(SAID_NO.includes(transfer.state) ? noticeDue(transfer, request, facts.policy) : []),
  ];
}

/** A yes may follow a no, with which the notice to the parents was off the table. */
const SAID_NO: readonly Transfer["state"][] = ["Rejected", "NoRecord", "MultipleMatch"];

function checkReleaser({ user, policy }: DecisionFacts): void {
  if (user.UserAuthentication !== "Declared" || policy.allowDeclaredUser) return;
  throw new PacketboatError(
    "PERSON_NOT_ALLOWED",
    "a release needs a person known to the system; the name in a file is not enough here",
  );
}

function compose(
  messageId: MessageId,
  type: ReleaseTransmissionType,
  transfer: Transfer,
  decision: ReleaseDecision,
  facts: DecisionFacts,
): TransferRelease {
  const request = requestOf(facts);
  const asked = askedSections(request);
  const record = recordOf(decision, request, type);
  return {
    MessageId: messageId,
    ...given({ Resubmits: transfer.refusedMessageId ?? undefined }),
    TransferId: transfer.transferId,
    RequesterId: transfer.requesterId,
    RespondsTo: transfer.requestMessageId,
    TransmissionType: type,
    ReleaseDateTime: wireTime(facts.at),
    DocumentQualifier: type === "Original" ? qualifierOf(record, asked) : "Partial",
    ReleasingDistrict: facts.us,
    ReleasingUser: facts.user,
    RedisclosureNotice: REDISCLOSURE_NOTICE,
    StudentRecord: record,
    ...given({ Comments: decision.comments }),
  };
}

/**
 * Take back what has not left yet: the requester never hears of it.
 *
 * @throws PacketboatError TRANSFER_UNKNOWN, or TRANSFER_STATE if nothing waits
 */
export function withdraw(facts: DecisionFacts): Effect[] {
  const transfer = theirs(facts, "Withdraw");
  const waiting = idsAt(transfer, "waiting");
  if (waiting.length === 0 && transfer.firstPerson !== null) return withdrawFirst(transfer);
  const state = stepReleaser(transfer, "Withdraw");
  if (waiting.length === 0) {
    throw refusal(transfer, "Withdraw", "the records have left; `recall` asks for them back");
  }
  if (state === "ignored") return [];
  const reopened = state === "RequestReceived";
  return [
    ...takeBack(transfer),
    ...settleFirst(transfer),
    {
      effect: "SetState",
      event: "Withdraw",
      state,
      changes: { releases: without(transfer, waiting), firstPerson: null },
    },
    ...(reopened ? [raise("REQUEST_TO_RELEASE", transfer, { withdrawn: true })] : []),
  ];
}

export interface RecallDecision {
  readonly reason: ReasonCode;
  /** The releases that were a mistake; all that have left, if none is named. */
  readonly messageIds?: readonly MessageId[];
  readonly comments?: string;
}

/**
 * Ask for records back that should not have left. What still waits is withdrawn with a recall of all.
 *
 * @throws PacketboatError TRANSFER_UNKNOWN, RULE_BROKEN, or TRANSFER_STATE if nothing of that has left
 */
export function recall(decision: RecallDecision, facts: DecisionFacts): Effect[] {
  const transfer = theirs(facts, "Recall");
  const gone = holding(transfer);
  const recalled = gone.filter((id) => decision.messageIds?.includes(id) ?? true);
  const isWhole = recalled.length === gone.length;
  const event = isWhole ? "Recall" : "RecallOfPart";
  const state = stepReleaser(transfer, event);
  if (state === "ignored") return [];
  if (recalled.length === 0) throw refusal(transfer, event, "no such records have left");
  const withdrawn = isWhole ? idsAt(transfer, "waiting") : [];
  const releases = marked({ releases: without(transfer, withdrawn) }, recalled, "recalled");
  const message = {
    MessageId: facts.newMessageId(),
    TransferId: transfer.transferId,
    RequesterId: transfer.requesterId,
    RecalledMessageId: recalled,
    RecallDateTime: wireTime(facts.at),
    ReasonCode: decision.reason,
    RecallingUser: facts.user,
    ...given({ Comments: decision.comments }),
  };
  checkRecall(message);
  checkReason("Recall", decision.reason, facts.policy);
  return [
    ...(isWhole ? [...takeBack(transfer), ...nothingSent(transfer)] : []),
    ...(isWhole ? settleFirst(transfer) : []),
    {
      effect: "SetState",
      event,
      state,
      changes: { releases, ...(isWhole ? { firstPerson: null } : {}) },
    },
    { effect: "Send", to: transfer.partnerId, kind: "Recall", message },
    raise("RECALL_NOT_CONFIRMED", transfer, { reason: decision.reason }),
    disclosure("recall", requestOf(facts), facts.user, facts.at),
  ];
}

/** What was said of records that are all asked back. */
const nothingSent = (transfer: Transfer): ResolveAlert[] => [
  resolve("STUDENT_DIFFERS", transfer),
  resolve("RELEASE_REFUSED", transfer),
];
