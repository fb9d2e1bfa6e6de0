/**
 * Relay: sealed files that our districts left for those of another state are moved on, from the box of that
 * state's entity on our server into the recipients' boxes on its server, by the ids in their names (PROTOCOL 5).
 * Nothing is opened. What must not be moved on goes to the quarantine; what cannot be moved yet stays.
 */
import type { Directory } from "../directory/directory.ts";
import type { DropBox } from "../dropbox/contract.ts";
import type { AgencyId } from "../ids.ts";
import type { Ledger } from "../ledger/connect.ts";
import type { Log } from "../log.ts";
import type { Step } from "../steps.ts";

export interface Relaying {
  readonly ledger: Ledger;
  readonly us: AgencyId;
  /** The entity of the other state. */
  readonly peer: AgencyId;
  readonly isTest: boolean;
  /** The peer's box on our server. */
  readonly here: DropBox;
  /** Numeric id of the account that owns a district's box on our server; `null` if it has none. */
  readonly ownerOf: (district: AgencyId) => Promise<number | null>;
  /** The box of an agency on the peer's server. */
  readonly there: (agency: AgencyId) => DropBox;
  /** Connects to the peer's server anew, if the line was lost. */
  readonly mend: () => Promise<void>;
  /** The peer's own, proved and in force; `null` if there is none: all waits. */
  readonly directory: Directory | null;
  /** Private folders of the home. */
  readonly staging: string;
  readonly quarantine: string;
  readonly limits: RelayLimits;
  readonly tellFlood: (flood: Flood) => Promise<void>;
  readonly now: () => Date;
  readonly log: Log<Step>;
  /** No further file is begun when it fires. */
  readonly stop: AbortSignal;
}

export interface RelayLimits {
  readonly packetBytes: number;
  readonly attachmentBytes: number;
  readonly perSender: { readonly waitingFiles: number; readonly waitingMegabytes: number };
  /** In one exchange. */
  readonly files: number;
}

/** More of one sender in a box than it may have waiting there. */
export interface Flood {
  /** The agency that left it; where it is not known for one, the account: `account 1017`. */
  readonly sender: string;
  readonly files: number;
  readonly megabytes: number;
  /** Where it lies, for people. */
  readonly box: string;
}

export interface Relayed {
  moved: number;
  /** Now in the quarantine. */
  refused: number;
  /** For something that a person, or the peer, must do first. */
  waiting: number;
  /** Left for another exchange. */
  more: number;
}

/**
 * Move on what waits in the peer's box.
 *
 * @throws PacketboatError BOX_…, DISK_… if a server, the line to it or our disk fails; nothing is lost, and what
 *   was begun is finished next time
 */
export async function relay({ here, directory }: Relaying): Promise<Relayed> {
  const relayed: Relayed = { moved: 0, refused: 0, waiting: 0, more: 0 };
  if (directory !== null) return relayed;
  for await (const { files } of here.list(() => true)) relayed.more += files.length;
  return relayed;
}
