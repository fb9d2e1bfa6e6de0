/**
 * What a district does about each kind of message, as a table (PROTOCOL 10). A handler returns effects,
 * none if the message is late, or refuses the message by throwing.
 */
import type {
  Ping,
  Recall,
  TransferRelease,
  TransferResponse,
  TransferStatus,
} from "../packet/model.gen.ts";
import type { Effect } from "./effects.ts";
import type { ReceivedFacts } from "./facts.ts";
import { hearRecall } from "./hear-recall.ts";
import { hearRelease } from "./hear-release.ts";
import { hearReferral, type ReceivedReferral } from "./hear-referral.ts";
import {
  hearForwarded,
  hearRequest,
  type ReceivedForward,
  type ReceivedRequest,
} from "./hear-request.ts";
import { hearResponse } from "./hear-response.ts";
import { hearStatus } from "./hear-status.ts";

/** Each kind of message that says something about a transfer (or, Ping, nothing), as its handler takes it. */
export interface ReceivedByKind {
  SignedRequest: ReceivedRequest;
  SignedReferral: ReceivedReferral;
  ForwardedRequest: ReceivedForward;
  TransferResponse: TransferResponse;
  TransferRelease: TransferRelease;
  Recall: Recall;
  TransferStatus: TransferStatus;
  Ping: Ping;
}

export type Handlers = {
  readonly [Kind in keyof ReceivedByKind]: (
    message: ReceivedByKind[Kind],
    facts: ReceivedFacts,
  ) => Effect[];
};

/** A district: what other districts say, and its entity. */
export const districtHandlers: Handlers = {
  SignedRequest: hearRequest,
  SignedReferral: hearReferral,
  ForwardedRequest: hearForwarded,
  TransferResponse: hearResponse,
  TransferRelease: hearRelease,
  Recall: hearRecall,
  TransferStatus: hearStatus,
  Ping: () => [],
};
