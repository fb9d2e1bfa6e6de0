/** What arrives at a district, and the rules that hear it. */
import { sentRequests } from "../directory/referrals.ts";
import type { AgencyId } from "../ids.ts";
import { findAgency, isJoined } from "../ledger/agencies.ts";
import type { Queries } from "../ledger/connect.ts";
import type { Sound } from "../packet/checked.ts";
import type { Effect } from "../transfer/effects.ts";
import type { CarriedReferral, ReceivedFacts } from "../transfer/facts.ts";
import { districtHandlers } from "../transfer/receive.ts";
import type { Decide } from "./enact.ts";

/**
 * What follows from a message, once the facts of its transfer are known; more may be looked up before.
 *
 * @param from proved by the seal
 */
export type Hear = (sound: Sound, from: AgencyId) => Promise<Decide>;

/** At a district: what other districts say, and its entity. */
export const hearingAtDistrict =
  ({ ledger }: { readonly ledger: Queries }): Hear =>
  async (sound, from) => {
    const sender = await findAgency(ledger, from);
    const ourEntityId = sender && isJoined(sender) ? from : null;
    return async (facts) => {
      const asked = await sentRequests(ledger, facts.transfer);
      const around = { from, ourEntityId, carried: carriedBy(sound), sentRequests: asked };
      return heard(sound, { ...facts, ...around });
    };
  };

function carriedBy(sound: Sound): CarriedReferral | null {
  const { kind } = sound;
  if (kind !== "TransferResponse" && kind !== "TransferRelease" && kind !== "Recall") return null;
  const { referral, body } = sound;
  return referral && { referral, text: body.ReferralText ?? "" };
}

function heard(sound: Sound, received: ReceivedFacts): Effect[] {
  switch (sound.kind) {
    case "SignedRequest":
      return districtHandlers.SignedRequest({ message: sound.body, ...sound }, received);
    case "SignedReferral":
      return districtHandlers.SignedReferral({ message: sound.body, ...sound }, received);
    case "ForwardedRequest":
      return districtHandlers.ForwardedRequest({ message: sound.body, ...sound }, received);
    case "TransferResponse":
      return districtHandlers.TransferResponse(sound.body, received);
    case "TransferRelease":
      return districtHandlers.TransferRelease(sound.body, received);
    case "Recall":
      return districtHandlers.Recall(sound.body, received);
    case "TransferStatus":
      return districtHandlers.TransferStatus(sound.body, received);
    case "Ping":
      return districtHandlers.Ping(sound.body, received);
    case "Receipt":
    case "Manifest":
      return [];
  }
}
