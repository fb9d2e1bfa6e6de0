/** What arrives at a district, and the rules that hear it. */
import { PacketboatError } from "../errors.ts";
import type { AgencyId } from "../ids.ts";
import type { Sound } from "../packet/checked.ts";
import type { Effect } from "../transfer/effects.ts";
import type { Facts } from "../transfer/facts.ts";
import { districtHandlers } from "../transfer/receive.ts";
import type { Decide } from "./enact.ts";

/**
 * What follows from a message, once the facts of its transfer are known; more may be looked up before.
 *
 * @param from proved by the seal
 */
export type Hear = (sound: Sound, from: AgencyId) => Promise<Decide>;

/** At a district the facts of the transfer are enough. */
export const hearAtDistrict: Hear = (sound, from) =>
  Promise.resolve((facts: Facts) => heard(sound, { ...facts, from }));

function heard(sound: Sound, received: Facts & { readonly from: AgencyId }): Effect[] {
  switch (sound.kind) {
    case "SignedRequest": {
      const { body: message, request } = sound;
      if (!request) throw new PacketboatError("INNER_TEXT_INVALID", "the request is not opened");
      return districtHandlers.SignedRequest({ message, request }, received);
    }
    case "SignedReferral":
      return districtHandlers.SignedReferral(sound.body, received);
    case "ForwardedRequest":
      return districtHandlers.ForwardedRequest(sound.body, received);
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
