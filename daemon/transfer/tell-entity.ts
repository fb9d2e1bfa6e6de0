/** The entity is told how a transfer stands at the releaser, and nothing of the student (PROTOCOL 2). */
import type { MessageId } from "../ids.ts";
import type { TransferStatus } from "../packet/model.gen.ts";
import { minutesAfter, wireTime } from "./dates.ts";
import type { Effect, Send, Transfer } from "./effects.ts";
import { SKEW_MINUTES } from "./referral.ts";

/**
 * What follows from effects in a transfer that goes through an entity: one message if its state changes.
 *
 * @param before the transfer as the effects found it
 */
export function toldEntity(
  before: Transfer | null,
  effects: readonly Effect[],
  { at, newMessageId }: { readonly at: Date; readonly newMessageId: () => MessageId },
): Send[] {
  let after = before;
  for (const effect of effects) {
    if (effect.effect === "OpenTransfer") after = effect.transfer;
    if (effect.effect === "SetState" && after) after = { ...after, state: effect.state };
  }
  if (after?.side !== "releaser" || after.entityId === null) return [];
  if (after.state === before?.state || isEntitysWord(effects)) return [];
  return [
    {
      effect: "Send",
      to: after.entityId,
      kind: "TransferStatus",
      message: {
        MessageId: newMessageId(),
        TransferId: after.transferId,
        RequesterId: after.requesterId,
        TransferState: after.state,
        StatusDateTime: wireTime(at),
      },
    },
  ];
}

/**
 * Was it said before there was the version of the request that we have? A TransferStatus names none, and may
 * have been held up.
 */
export const isOfOlderVersion = (
  { StatusDateTime }: TransferStatus,
  { requestedAt }: Pick<Transfer, "requestedAt">,
): boolean => minutesAfter(new Date(StatusDateTime), SKEW_MINUTES) < requestedAt;

/** What it said itself it need not be told: it has named another releaser. */
const isEntitysWord = (effects: readonly Effect[]): boolean =>
  effects.some((effect) => effect.effect === "SetState" && effect.event === "Replaced");
