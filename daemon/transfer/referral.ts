/**
 * What an entity's referral is good for (PROTOCOL 2): it names one releaser for one request, and nobody
 * else. That the entity signed it has been proved before.
 */
import { PacketboatError } from "../errors.ts";
import type { AgencyId } from "../ids.ts";
import { parseAgencyId } from "../ids.ts";
import type { Referral } from "../packet/model.gen.ts";
import { daysAfter, minutesAfter } from "./dates.ts";
import { GRACE_DAYS } from "./deadlines.ts";
import type { SetState, Transfer } from "./effects.ts";
import type { CarriedReferral, Facts, ReceivedFacts } from "./facts.ts";

/** Another agency's clock may go wrong by as much (PROTOCOL 4, "Times"). */
export const SKEW_MINUTES = 10;

/** Whom it has to name; what is left out is judged by the caller. */
interface Named {
  readonly entityId: AgencyId;
  readonly requesterId: string;
  readonly releaserId?: string;
}

/** @throws PacketboatError REFERRAL_INVALID */
export function checkReferral(
  referral: Referral,
  { entityId, requesterId, releaserId = referral.ReleaserId }: Named,
  { processCode, at }: Pick<Facts, "processCode" | "at">,
): void {
  // What left in time is still taken for a while after the request expired.
  const until = daysAfter(new Date(referral.ExpiresDateTime), GRACE_DAYS);
  const from = minutesAfter(new Date(referral.IssuedDateTime), -SKEW_MINUTES);
  const faults: readonly (readonly [boolean, string])[] = [
    [
      referral.EntityId !== entityId,
      `agency ${referral.EntityId} is not the entity of this transfer`,
    ],
    [referral.RequesterId !== requesterId, "it is for another requester"],
    [referral.ReleaserId !== releaserId, "it names another releaser"],
    [referral.ReleaserId === referral.RequesterId, "it names the requester itself"],
    [
      referral.DocumentProcessCode !== processCode,
      `it is for ${referral.DocumentProcessCode}, and this home for ${processCode}`,
    ],
    [until <= at, `it expired at ${referral.ExpiresDateTime}`],
    [from > at, `it was issued in the future, at ${referral.IssuedDateTime}`],
  ];
  const [fault] = faults.filter(([isBroken]) => isBroken);
  if (fault) throw invalid(fault[1], entityId);
}

/** What a SetState takes over from a referral that names whom we speak with. */
export interface Learned {
  readonly changes: { readonly partnerId?: AgencyId };
  readonly referral?: Pick<SetState, "referral">;
}

/**
 * The referral that a releaser's own message carries, where it has overtaken the entity's.
 *
 * @returns `null` if it is for an older version of our request: it tells who once was asked, and no more
 * @throws PacketboatError REFERRAL_INVALID
 */
export function learnedFrom(
  { referral, text }: CarriedReferral,
  transfer: Transfer & { readonly entityId: AgencyId },
  facts: ReceivedFacts,
): Learned | null {
  const { entityId, requesterId } = transfer;
  checkReferral(referral, { entityId, requesterId, releaserId: facts.from }, facts);
  const { current, earlier } = facts.sentRequests;
  if (earlier.some((digest) => digest === referral.RequestSha256)) return null;
  if (referral.RequestSha256 !== current) throw invalid("it is for another request", facts.from);
  const message = { MessageId: referral.MessageId, ReferralText: text };
  return {
    changes: { partnerId: parseAgencyId(referral.ReleaserId) },
    referral: { referral: { kind: "SignedReferral", message } },
  };
}

export const invalid = (why: string, from: string): PacketboatError =>
  new PacketboatError("REFERRAL_INVALID", `the referral does not hold: ${why}`, {
    facts: { from },
  });
