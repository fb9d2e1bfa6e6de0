/** How a transfer moves at the entity between two districts; the prose is in `states.ts`. */
import { ignored, to, type Moves } from "./moves.ts";

export type EntityEvent =
  // said by the requester, and what the registry knows
  | "Forward"
  | "NoMatch"
  | "ManyMatch"
  | "Withdrawn"
  // said by the releaser: how it stands there
  | "Status"
  // in the post: the releaser's packetboat did not take what was passed on
  | "ForwardRefused"
  // in time
  | "Expire";

const ENDED = ["Delivered", "Imported", "Canceled", "Expired"] as const;
const OPEN = ["Forwarded", "RequestReceived", "OnHold", "ReleasePending", "Released"] as const;
const SAID_NO = ["Rejected", "NoRecord", "MultipleMatch"] as const;
const ANY = [...OPEN, ...SAID_NO, ...ENDED, "Recalled"] as const;

export const entityMoves: Readonly<Record<Exclude<EntityEvent, "Status">, Moves>> = {
  // A resubmission is matched anew.
  Forward: to("Forwarded", ["none", ...ANY]),
  NoMatch: to("NoRecord", ["none", ...ANY]),
  ManyMatch: to("MultipleMatch", ["none", ...ANY]),
  Withdrawn: to("Canceled", ["none", ...ANY]),
  ForwardRefused: {
    ...to("Rejected", ["Forwarded"]),
    ...ignored(ANY.filter((state) => state !== "Forwarded")),
  },
  Expire: { ...to("Expired", [...OPEN, "Recalled"]), ...ignored([...ENDED, ...SAID_NO]) },
};
