/**
 * What a district does about each kind of message, as a table (PROTOCOL 10). A handler returns effects,
 * none if the message is late, or refuses the message by throwing.
 */
import { PacketboatError } from "../errors.ts";
import type {
  ForwardedRequest,
  Ping,
  Recall,
  SignedReferral,
  TransferRelease,
  TransferResponse,
  TransferStatus,
} from "../packet/model.gen.ts";
import type { Effect } from "./effects.ts";
import type { ReceivedFacts } from "./facts.ts";
import { hearRecall } from "./hear-recall.ts";
import { hearRelease } from "./hear-release.ts";
import { hearRequest, type ReceivedRequest } from "./hear-request.ts";
import { hearResponse } from "./hear-response.ts";

/** Each kind of message that says something about a transfer (or, Ping, nothing), as its handler takes it. */
export interface ReceivedByKind {
  SignedRequest: ReceivedRequest;
  SignedReferral: SignedReferral;
  ForwardedRequest: ForwardedRequest;
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

const refuseKind = (kind: string) => (): never => {
  throw new PacketboatError("MESSAGE_KIND", `a ${kind} is not taken here`, { facts: { kind } });
};

/** Two districts that trust each other directly; what an entity says is not taken yet. */
export const districtHandlers: Handlers = {
  SignedRequest: hearRequest,
  SignedReferral: refuseKind("SignedReferral"),
  ForwardedRequest: refuseKind("ForwardedRequest"),
  TransferResponse: hearResponse,
  TransferRelease: hearRelease,
  Recall: hearRecall,
  TransferStatus: refuseKind("TransferStatus"),
  Ping: () => [],
};
