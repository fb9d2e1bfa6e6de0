/** Records arrive at the requester. */
import { parseUuid, type MessageId } from "../ids.ts";
import type { TransferRelease, TransferRequest } from "../packet/model.gen.ts";
import { aboutEnrollment, aboutStudent } from "./about-record.ts";
import { raise, settle } from "./alerting.ts";
import type { Effect } from "./effects.ts";
import { requestOf, type ReceivedFacts } from "./facts.ts";
import { assertRoom, isRecalled, marked } from "./releases.ts";
import { checkRelease } from "./rules.ts";
import { whatCame } from "./sections.ts";
import { checkShown, ourRequestSpokenOf } from "./speaker.ts";
import { refusal, stepRequester } from "./states.ts";

/**
 * Records are shown only if we ask for them now, in this version, from this agency.
 *
 * @throws PacketboatError TRANSFER_NOT_THEIRS, TRANSFER_UNKNOWN, REFERRAL_MISSING, REFERRAL_INVALID,
 *   TRANSFER_STATE (canceled, expired, recalled or asked anew meanwhile, or one too many), RELEASE_EMPTY or
 *   RULE_BROKEN
 */
export function hearRelease(release: TransferRelease, facts: ReceivedFacts): Effect[] {
  const { transfer, learned } = ourRequestSpokenOf(release, facts);
  checkShown(release.ReleasingDistrict, "ReleasingDistrict", facts);
  const event = release.TransmissionType === "Original" ? "Release" : "Supplement";
  if (isRecalled(transfer, release.MessageId)) {
    throw refusal(transfer, event, "these records were recalled before they came");
  }
  const state = stepRequester(transfer, event);
  if (state === "ignored") return [];
  if (release.RespondsTo !== undefined && release.RespondsTo !== transfer.requestMessageId) {
    throw refusal(transfer, event, "it answers an older version of the request");
  }
  const request = requestOf(facts);
  checkRelease(release, release.Attachment ?? [], request, facts.at);
  const messageId = parseUuid<MessageId>(release.MessageId);
  const releases = marked(transfer, [messageId], "received");
  assertRoom(transfer, releases, event);
  const changes = { ...learned.changes, releases, holdUntil: null };
  return [
    ...settle(transfer),
    { effect: "SetState", event, state, changes, ...learned.referral },
    { effect: "Publish", what: "record", release, request },
    raise("RECORDS_RELEASED", transfer, countsOf(release, request), messageId),
    ...aboutStudent(transfer, release, request, messageId),
    ...aboutEnrollment(transfer, release, request, facts.at),
  ];
}

function countsOf(release: TransferRelease, request: TransferRequest) {
  const outcomes = whatCame(request, [release]).filter(({ asked }) => asked);
  const came = outcomes.filter(({ outcome }) => outcome === "present" || outcome === "attached");
  return {
    supplement: release.TransmissionType === "Supplement",
    qualifier: release.DocumentQualifier,
    sectionsAsked: outcomes.length,
    sectionsCame: came.length,
    sectionsToFollow: outcomes.filter(({ outcome }) => outcome === "toFollow").length,
    attachments: release.Attachment?.length ?? 0,
  };
}
