/** How a transfer moves at the agency that asks; the prose is in `states.ts`. */
import { ignored, stays, to, type Moves } from "./moves.ts";

export type RequesterEvent =
  // decided here
  | "Request"
  | "Resubmit"
  | "Cancel"
  | "Import"
  // said by the entity or the releaser
  | "Referral"
  | "RequestReceived"
  | "Hold"
  | "OfflineRecordSearch"
  | "Rejected"
  | "NoRecord"
  | "MultipleMatch"
  | "Deceased"
  | "Canceled"
  | "OfflineRecordSent"
  | "RecordSent"
  | "Release"
  | "Supplement"
  | "Recall"
  | "RecallOfPart"
  | "RecallUnseen"
  // in the post, and in time
  | "RequestRefused"
  | "Expire";

/** No answer with which somebody could work has come. */
const OPEN = ["Requested", "Forwarded", "RequestReceived", "OnHold"] as const;
const SAID_NO = ["Rejected", "NoRecord", "MultipleMatch"] as const;
const HERE = ["Delivered", "Imported"] as const;

/** An answer below these has been overtaken. */
const PAST_ANSWERING = ["Released", ...HERE, ...SAID_NO, "Canceled", "Expired"] as const;

/** After a recall the releaser decides anew. */
const UNANSWERED = [...OPEN, "Recalled"] as const;

const EVERY_STATE = [...UNANSWERED, ...PAST_ANSWERING] as const;

export const requesterMoves: Readonly<Record<RequesterEvent, Moves>> = {
  Request: to("Requested", ["none"]),
  // Once records are here, the rest is a new request (purpose R12): the list keeps showing what came.
  Resubmit: to("Requested", [...OPEN, "Released", ...SAID_NO, "Canceled", "Recalled", "Expired"]),
  Cancel: { ...to("Canceled", [...OPEN, "Released", "Recalled"]), ...ignored(["Canceled"]) },
  Import: { ...to("Imported", ["Released", "Delivered"]), ...ignored(["Imported"]) },

  // Overtaken by the releaser's own messages it still tells whom we speak with, and of the overlap.
  Referral: {
    ...to("Forwarded", ["Requested"]),
    ...stays(["Forwarded", "RequestReceived", "OnHold", "Recalled", "Released"]),
    ...stays([...HERE, ...SAID_NO]),
    ...ignored(["Canceled", "Expired"]),
  },
  RequestReceived: {
    ...to("RequestReceived", ["Requested", "Forwarded"]),
    ...ignored(["RequestReceived", "OnHold", "Recalled", ...PAST_ANSWERING]),
  },
  // On hold again is a new day or reason.
  Hold: { ...to("OnHold", UNANSWERED), ...ignored(PAST_ANSWERING) },
  OfflineRecordSearch: { ...to("OnHold", UNANSWERED), ...ignored(PAST_ANSWERING) },
  Rejected: { ...to("Rejected", UNANSWERED), ...ignored(PAST_ANSWERING) },
  NoRecord: { ...to("NoRecord", UNANSWERED), ...ignored(PAST_ANSWERING) },
  MultipleMatch: { ...to("MultipleMatch", UNANSWERED), ...ignored(PAST_ANSWERING) },
  Deceased: { ...to("Rejected", UNANSWERED), ...ignored(PAST_ANSWERING) },
  // It confirms our cancellation; we never stop asking because somebody else says so.
  Canceled: ignored(["Canceled"]),
  // Paper is on its way whatever was said before, and somebody here must expect it.
  OfflineRecordSent: {
    ...to("Released", [...UNANSWERED, ...SAID_NO, "Expired"]),
    ...ignored(["Released", ...HERE, "Canceled"]),
  },
  RecordSent: {
    ...to("Released", [...UNANSWERED, ...SAID_NO, "Expired"]),
    ...ignored(["Released", ...HERE, "Canceled"]),
  },

  // Records that were asked for are taken, late or repeated, in any order with their supplements. They
  // are refused unread where nobody asks any more.
  Release: to("Delivered", [...UNANSWERED, "Released", ...SAID_NO, ...HERE]),
  Supplement: to("Delivered", [...UNANSWERED, "Released", ...SAID_NO, ...HERE]),
  Recall: to("Recalled", HERE),
  RecallOfPart: stays(HERE),
  // The recall has overtaken the release: the release will be refused when it comes.
  RecallUnseen: stays(EVERY_STATE),

  RequestRefused: {
    ...ignored(["Forwarded", "RequestReceived", "OnHold", "Recalled", ...PAST_ANSWERING]),
    ...to("Rejected", ["Requested"]),
    // The cancellation was refused: nothing changes here, but somebody must know.
    ...stays(["Canceled"]),
  },
  Expire: {
    ...to("Expired", [...UNANSWERED, "Released"]),
    ...ignored([...HERE, ...SAID_NO, "Canceled", "Expired"]),
  },
};
