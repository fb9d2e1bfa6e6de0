/** What the work on cases is given, and what it tells. */
import type { PacketboatError } from "../../errors.ts";
import type { Ledger } from "../../ledger/connect.ts";
import type { Transfer } from "../../transfer/effects.ts";
import type { Places } from "./places.ts";
import type { Decide } from "../decision.ts";

export interface Casework {
  readonly ledger: Ledger;
  readonly dropFolder: string;
  readonly places: Places;
  /** Private folder for copies. */
  readonly staging: string;
  readonly unchangedForSeconds: number;
  /** Of a record file, and of one document. */
  readonly documentBytes: number;
  readonly attachmentBytes: number;
  /** Of all that may be named behind Decided by. */
  readonly usernames: readonly string[];
  readonly timeZone: string;
  readonly at: Date;
  readonly decide: Decide;
  /** A decision was not taken, or no fault is left: to be told to people who do not look here. */
  readonly alert: (about: CaseAlert) => Promise<unknown>;
  /** `followCases` is called soon: nobody waits at a folder for what was not decided in it and leaves until then. */
  readonly isFollowed?: boolean;
  /** No further case is begun when it fires. */
  readonly stop?: AbortSignal;
}

export interface CaseAlert {
  readonly caseId: string;
  readonly transfer: Transfer;
  /** How many; none any more. */
  readonly faults: number;
}

export type Outcome = "decided" | "withdrawn" | "refused" | "waiting" | "moved" | "delayed";

/** What became of a case in which there was something to do. */
export interface WorkedCase {
  readonly caseId: string;
  readonly dropFolder: string;
  readonly transferId: string;
  readonly outcome: Outcome;
  /** How many, if it was refused. */
  readonly faults?: number;
  /** When to look again, if it waits until it has held still. */
  readonly until?: Date;
  /** Why it is left for another time. */
  readonly error?: PacketboatError;
}
