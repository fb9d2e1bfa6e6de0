/** The releaser recalls records that it sent by mistake. */
import { parseUuid, type MessageId } from "../ids.ts";
import type { Recall } from "../packet/model.gen.ts";
import { raise, resolve, settle } from "./alerting.ts";
import { wireTime } from "./dates.ts";
import type { Effect, ResolveAlert, Send, Transfer } from "./effects.ts";
import type { ReceivedFacts } from "./facts.ts";
import { assertRoom, holding, marked } from "./releases.ts";
import { ourRequestSpokenOf } from "./speaker.ts";
import { stepRequester } from "./states.ts";

/**
 * Named records that have come are marked; those that have not are remembered, and refused when they
 * come. Either way the releaser is told so. No fault in its wording stops a recall.
 *
 * @throws PacketboatError TRANSFER_NOT_THEIRS, TRANSFER_UNKNOWN, REFERRAL_MISSING or REFERRAL_INVALID;
 *   TRANSFER_STATE if it names more than a transfer may have
 */
export function hearRecall(recall: Recall, facts: ReceivedFacts): Effect[] {
  const { transfer, learned } = ourRequestSpokenOf(recall, facts);
  const named = recall.RecalledMessageId.map((id) => parseUuid<MessageId>(id));
  const meant = new Set(named);
  const here = holding(transfer).filter((id) => meant.has(id));
  const event = eventFor(transfer, here);
  const state = stepRequester(transfer, event);
  if (state === "ignored") return [];
  const releases = marked(transfer, named, "recalled");
  assertRoom(transfer, releases, event);
  const wereShown = here.length > 0;
  const alertFacts = {
    reason: recall.ReasonCode,
    recalled: named.length,
    recalledHere: here.length,
    imported: transfer.state === "Imported",
  };
  return [
    ...(state === transfer.state ? [] : [...settle(transfer), ...nothingKept(transfer)]),
    {
      effect: "SetState",
      event,
      state,
      changes: { ...learned.changes, releases },
      ...learned.referral,
    },
    ...(wereShown ? ([{ effect: "Publish", what: "recall", recall }] as const) : []),
    raise("RECORDS_RECALLED", transfer, alertFacts, parseUuid<MessageId>(recall.MessageId)),
    confirm(recall, facts),
  ];
}

/** What was said of records that are to be used no more. */
const nothingKept = (transfer: Transfer): ResolveAlert[] => [
  resolve("STUDENT_DIFFERS", transfer),
  resolve("STILL_ENROLLED_AT_BOTH", transfer),
];

function eventFor(transfer: Transfer, here: readonly MessageId[]) {
  if (here.length === 0) return "RecallUnseen";
  return here.length === holding(transfer).length ? "Recall" : "RecallOfPart";
}

const confirm = (recall: Recall, facts: ReceivedFacts): Send => ({
  effect: "Send",
  to: facts.from,
  kind: "TransferResponse",
  message: {
    MessageId: facts.newMessageId(),
    TransferId: recall.TransferId,
    RequesterId: recall.RequesterId,
    RespondsTo: recall.MessageId,
    ResponseStatus: "RecallConfirmed",
    ResponseDateTime: wireTime(facts.at),
  },
});
