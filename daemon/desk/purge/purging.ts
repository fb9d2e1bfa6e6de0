/** What retention is given, and what it says that it did. */
import type { DropFolderPaths } from "../../config.ts";
import { isRefusal, type PacketboatError } from "../../errors.ts";
import type { Ledger } from "../../ledger/connect.ts";
import { LEAST_SENT_DAYS } from "../../ledger/purging.ts";
import type { Side } from "../../transfer/effects.ts";
import type { Quarantine } from "../quarantine.ts";

/** How long what is kept, in days; what has no number stays. */
export interface Keep {
  readonly sentDays?: number;
  readonly recordsDays?: number;
  readonly quarantineDays?: number;
  readonly reportsDays?: number;
  /** Of an entity: requests that it forwarded or answered. */
  readonly forwardedRequestsDays?: number;
}

export interface Purging extends Quarantine {
  readonly ledger: Ledger;
  readonly keep: Keep;
  readonly at: Date;
  /** Say what would be deleted, and delete nothing. */
  readonly isDry: boolean;
  /** The drop folders by their names; the office's is what any other name means. */
  readonly dropFolders: ReadonlyMap<string, DropFolderPaths & { readonly path: string }>;
  readonly office: (DropFolderPaths & { readonly path: string }) | null;
  /** Both report folders. */
  readonly reports: readonly string[];
  readonly timeZone: string;
  /** Nothing more is begun when it fires. */
  readonly stop?: AbortSignal;
}

/** What was deleted. References and counts; nobody's name, and no name of a file that people gave. */
export interface Purged {
  readonly transfers: readonly {
    readonly reference: string;
    readonly side: Side;
    readonly endedAt: Date;
    readonly contents: number;
    readonly folders: number;
  }[];
  readonly documents: number;
  readonly quarantined: readonly string[];
  readonly exchanges: number;
  readonly alerts: number;
  /** Contents that belonged to no transfer. */
  readonly contents: number;
  /** What stays though its time is over, and why. */
  readonly left: readonly Left[];
}

export interface Left {
  /** A reference, or the id of a document. */
  readonly what: string;
  readonly why: string;
}

/** What we sent is kept for 45 days in any case (PROTOCOL 7). */
export const sentDays = ({ sentDays: days }: Keep): number | undefined =>
  days === undefined ? undefined : Math.max(days, LEAST_SENT_DAYS);

/** In words, for what stays though its time is over. */
export const reasonOf = (error: unknown): string => {
  if (!isRefusal(error)) throw error;
  return (error satisfies PacketboatError).message;
};
