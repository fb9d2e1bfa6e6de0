/** The entity says whom it asked for the records that we want. */
import { PacketboatError } from "../errors.ts";
import { parseAgencyId } from "../ids.ts";
import type { Referral, SignedReferral } from "../packet/model.gen.ts";
import { settle } from "./alerting.ts";
import type { Effect } from "./effects.ts";
import { transferOf, type ReceivedFacts } from "./facts.ts";
import { enrolledAtBoth } from "./known-overlap.ts";
import { checkReferral, invalid } from "./referral.ts";
import { notTheirs } from "./speaker.ts";
import { stepRequester } from "./states.ts";

/** A SignedReferral, and the referral in it, whose signature has been proved to be the entity's. */
export interface ReceivedReferral {
  readonly message: SignedReferral;
  readonly referral: Referral;
}

/**
 * From now on the releaser is the other side of the transfer.
 *
 * @returns nothing if it is for an older version of the request, or nobody asks any more
 * @throws PacketboatError TRANSFER_NOT_THEIRS, TRANSFER_UNKNOWN, REFERRAL_INVALID
 */
export function hearReferral(
  { message, referral }: ReceivedReferral,
  facts: ReceivedFacts,
): Effect[] {
  if (referral.RequesterId !== facts.us.AgencyId) {
    throw notTheirs(facts, "a transfer between two others");
  }
  const transfer = transferOf(facts);
  if (transfer.side !== "requester" || transfer.entityId !== facts.from) {
    throw notTheirs(facts, "a transfer in which it is not the entity");
  }
  const { requesterId, partnerId } = transfer;
  checkReferral(referral, { entityId: facts.from, requesterId }, facts);
  const { current, earlier } = facts.sentRequests;
  if (earlier.some((digest) => digest === referral.RequestSha256)) return [];
  if (referral.RequestSha256 !== current) throw invalid("it is for another request", facts.from);
  const releaserId = parseAgencyId(referral.ReleaserId);
  if (partnerId !== facts.from && partnerId !== releaserId) {
    throw invalid("the entity has named another releaser", facts.from);
  }
  if (message.Releaser && message.Releaser.AgencyId !== releaserId) {
    throw new PacketboatError("REFERRAL_INVALID", "the Releaser shown is not the one referred to");
  }
  const state = stepRequester(transfer, "Referral");
  if (state === "ignored") return [];
  const referred = { ...transfer, partnerId: releaserId };
  return [
    ...(state === transfer.state ? [] : settle(transfer)),
    {
      effect: "SetState",
      event: "Referral",
      state,
      changes: { partnerId: releaserId },
      referral: { kind: "SignedReferral", message },
    },
    ...enrolledAtBoth(referred, message.Overlap),
  ];
}
