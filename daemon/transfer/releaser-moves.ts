/** How a transfer moves at the agency that answers; the prose is in `states.ts`. */
import { ignored, stays, to, type Moves } from "./moves.ts";

export type ReleaserEvent =
  // said by the requester
  | "Original"
  | "Resubmission"
  | "Cancellation"
  | "Imported"
  | "ImportedRecalled"
  | "RecallConfirmed"
  // said by the entity
  | "Replaced"
  // decided here
  | "Release"
  | "FirstRelease"
  | "FirstWithdrawn"
  | "Supplement"
  | "Hold"
  | "SearchOffline"
  | "Reject"
  | "NoRecord"
  | "MultipleMatch"
  | "Deceased"
  | "SendOffline"
  | "Withdraw"
  | "Recall"
  | "RecallOfPart"
  // in the post, and in time
  | "ReleaseSent"
  | "ReleaseConfirmed"
  | "ReleaseRefused"
  | "SupplementSent"
  | "SupplementConfirmed"
  | "SupplementRefused"
  | "HoldOver"
  | "Expire";

const UNDECIDED = ["RequestReceived", "OnHold"] as const;
const SAID_NO = ["Rejected", "NoRecord", "MultipleMatch"] as const;
const GONE = ["Released", "Delivered", "Imported"] as const;

/** After a recall the case is decided anew. */
const TO_DECIDE = [...UNDECIDED, "Recalled"] as const;

/** A yes may follow a no; a no never follows a yes. */
const MAY_RELEASE = [...TO_DECIDE, ...SAID_NO] as const;

/** The requester has not taken records, and may still ask again or give up. */
const NOT_TAKEN = [...MAY_RELEASE, "ReleasePending", "Released", "Canceled", "Expired"] as const;

export const releaserMoves: Readonly<Record<ReleaserEvent, Moves>> = {
  Original: to("RequestReceived", ["none"]),
  // It may overtake the original, or follow one that we refused.
  Resubmission: to("RequestReceived", ["none", ...NOT_TAKEN]),
  // Having overtaken the original it opens a canceled transfer, so that the original is late.
  Cancellation: to("Canceled", ["none", ...NOT_TAKEN]),
  Imported: {
    ...to("Imported", ["Released", "Delivered"]),
    ...ignored(["Imported"]),
  },
  // It crossed our recall, and somebody must know that those records were used.
  ImportedRecalled: stays([...NOT_TAKEN, "Delivered", "Imported"]),
  RecallConfirmed: stays([...NOT_TAKEN, "Delivered", "Imported"]),

  // A newer request was matched with another district: nobody asks here any more.
  Replaced: {
    ...to("Canceled", [...MAY_RELEASE, "ReleasePending", "Released", "Expired"]),
    ...ignored(["Canceled", "Delivered", "Imported"]),
  },

  Release: to("ReleasePending", MAY_RELEASE),
  Supplement: stays(GONE),
  // The first of two persons, also with a supplement. A hold would come too late after a no or a yes.
  FirstRelease: { ...to("OnHold", TO_DECIDE), ...stays([...SAID_NO, ...GONE]) },
  FirstWithdrawn: stays(["OnHold", ...SAID_NO, ...GONE]),
  Hold: to("OnHold", TO_DECIDE),
  SearchOffline: to("OnHold", TO_DECIDE),
  Reject: to("Rejected", TO_DECIDE),
  NoRecord: to("NoRecord", TO_DECIDE),
  MultipleMatch: to("MultipleMatch", TO_DECIDE),
  Deceased: to("Rejected", TO_DECIDE),
  SendOffline: to("Released", MAY_RELEASE),
  // From the states behind it, a supplement that has not left is withdrawn.
  Withdraw: { ...to("RequestReceived", ["ReleasePending"]), ...stays(GONE) },
  // Canceled after the release had left: a recall makes sure.
  Recall: { ...to("Recalled", GONE), ...stays(["Canceled"]) },
  RecallOfPart: stays([...GONE, "Canceled"]),

  // Refused here means: it must not leave.
  ReleaseSent: to("Released", ["ReleasePending"]),
  ReleaseConfirmed: {
    ...ignored([...MAY_RELEASE, "ReleasePending", "Canceled", "Expired", "Delivered", "Imported"]),
    ...to("Delivered", ["Released"]),
  },
  // Also when a supplement arrived before it: what was released first is not there.
  ReleaseRefused: {
    ...ignored([...MAY_RELEASE, "ReleasePending", "Canceled", "Expired"]),
    ...to("RequestReceived", GONE),
  },
  SupplementSent: stays(GONE),
  SupplementConfirmed: {
    ...ignored([...MAY_RELEASE, "ReleasePending", "Canceled", "Expired"]),
    ...to("Delivered", GONE),
  },
  SupplementRefused: {
    ...ignored([...MAY_RELEASE, "ReleasePending", "Canceled", "Expired"]),
    ...stays(GONE),
  },
  HoldOver: {
    ...ignored(["RequestReceived", "ReleasePending", ...GONE, ...SAID_NO]),
    ...ignored(["Canceled", "Recalled", "Expired"]),
    ...stays(["OnHold"]),
  },
  Expire: {
    ...to("Expired", [...TO_DECIDE, "ReleasePending"]),
    ...ignored([...GONE, ...SAID_NO, "Canceled", "Expired"]),
  },
};
