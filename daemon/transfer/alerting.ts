/** Effects that tell a person something, and that take it back when a transfer moves on. */
import type { MessageId } from "../ids.ts";
import type { TransferState } from "../packet/model.gen.ts";
import { ALERT_AUDIENCE, type AlertCode } from "./alert-codes.ts";
import type { AlertFacts, RaiseAlert, ResolveAlert, Side, Transfer } from "./effects.ts";

/** The subject of an alert about a transfer, the same for all of them. */
const subjectOf = ({
  requesterId,
  transferId,
}: Pick<Transfer, "requesterId" | "transferId">): string => `${requesterId}/${transferId}`;

export const raise = (
  code: AlertCode,
  transfer: Transfer,
  facts: AlertFacts = {},
  messageId?: MessageId,
): RaiseAlert => ({
  effect: "RaiseAlert",
  code,
  audience: ALERT_AUDIENCE[code],
  subject: subjectOf(transfer),
  partnerId: transfer.partnerId,
  facts: { reference: transfer.reference, ...facts },
  ...(messageId === undefined ? {} : { messageId }),
});

export const resolve = (
  code: AlertCode,
  transfer: Pick<Transfer, "requesterId" | "transferId">,
): ResolveAlert => ({
  effect: "ResolveAlert",
  code,
  subject: subjectOf(transfer),
});

/** What a state asks of people, and no longer asks once the transfer leaves it. */
const OPEN_IN: Readonly<Record<Side, Partial<Record<TransferState, readonly AlertCode[]>>>> = {
  requester: {
    Requested: ["REQUEST_REFUSED", "LETTER_TO_SEND"],
    OnHold: ["REQUEST_ON_HOLD"],
    Released: ["RECORDS_SENT_OFFLINE"],
    Delivered: ["RECORDS_RELEASED"],
    Rejected: ["REQUEST_REJECTED", "REQUEST_REFUSED", "STUDENT_DECEASED"],
    NoRecord: ["NO_RECORD"],
    MultipleMatch: ["MULTIPLE_MATCH"],
    Canceled: ["REQUEST_REFUSED"],
    Expired: ["REQUEST_EXPIRED"],
  },
  releaser: {
    RequestReceived: ["REQUEST_TO_RELEASE", "RELEASE_REFUSED"],
    OnHold: ["REQUEST_TO_RELEASE"],
    Released: ["RELEASE_REFUSED"],
    Canceled: ["REQUEST_CANCELED", "CANCEL_CAME_TOO_LATE"],
    Expired: ["REQUEST_EXPIRED"],
  },
  entity: {},
};

/** Resolve what the state that is being left had asked of people. */
export const settle = (transfer: Transfer): ResolveAlert[] =>
  (OPEN_IN[transfer.side][transfer.state] ?? []).map((code) => resolve(code, transfer));
