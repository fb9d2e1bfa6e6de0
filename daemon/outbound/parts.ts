/** The parts that the daemon builds for the way out, and what each step takes of them. */
import type { Desk } from "../desk/enact.ts";
import type { Partner, Partners } from "../directory/partners.ts";
import type { DropBox } from "../dropbox/contract.ts";
import { newMessageId, type AgencyId, type StreamId } from "../ids.ts";
import type { OurKeys } from "../keys/keyring.ts";
import type { OutgoingKind } from "../ledger/tables.ts";
import type { Log } from "../log.ts";
import type { Step } from "../steps.ts";

export interface Outbound {
  readonly desk: Desk;
  readonly stream: StreamId;
  readonly ourKeys: OurKeys;
  readonly partners: Partners;
  /** The box of an agency, where we may add and nothing else. */
  readonly boxOf: (agency: AgencyId) => DropBox;
  /** Connect anew, if the line was lost. */
  readonly mend: () => Promise<void>;
  readonly sealed: string;
  readonly limits: { readonly packetBytes: number; readonly messages: number };
  /** Kinds of messages that a collecting exchange does not pack. */
  readonly heldForNight: readonly OutgoingKind[];
  readonly now: () => Date;
  readonly random: () => number;
  readonly log: Log<Step>;
}

// What each step takes of them.

export const enclosing = ({ desk, ourKeys, sealed, now }: Outbound, { key }: Partner) => ({
  ledger: desk.ledger,
  us: desk.us.AgencyId,
  signWith: ourKeys.present,
  sealFor: key,
  processCode: desk.processCode,
  sealed,
  at: now(),
});

export const packing = ({ desk, stream, limits, now }: Outbound) => ({
  ledger: desk.ledger,
  stream,
  facts: { us: desk.us, processCode: desk.processCode, policy: desk.policy, newMessageId },
  flags: desk.flags,
  limits: { messages: limits.messages, bytes: limits.packetBytes },
  at: now(),
});

export const delivering = ({ desk, boxOf, sealed, now }: Outbound, { box }: Partner) => ({
  ledger: desk.ledger,
  box: boxOf(box),
  sealed,
  at: now(),
});
