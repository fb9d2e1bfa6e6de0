/**
 * May a sealed file be moved on to another state's server? Nothing but its name, its size and whose it is on our
 * server is known. Pure.
 */
import { takesPart } from "../../directory/address.ts";
import { PacketboatError } from "../../errors.ts";
import { type AgencyId, isOfState } from "../../ids.ts";
import type { AgencyStatus } from "../../ledger/tables.ts";

/** A file in the box of another state's entity. */
export interface SealedFile {
  /** What its name says, which proves nothing. */
  readonly from: AgencyId;
  readonly to: AgencyId;
  /** In bytes. */
  readonly size: number;
  /** Numeric id of the account that left it; `null` where the server does not say. */
  readonly owner: number | null;
}

export interface RelayFacts {
  readonly us: AgencyId;
  /** The entity of the other state. */
  readonly peer: AgencyId;
  readonly isTest: boolean;
  /** The most that a file of its kind may have, in bytes. */
  readonly maxBytes: number;
  /** The account that owns the sender's own box; `null` if it has none. */
  readonly senderOwner: number | null;
  /** The sender as our own directory has it; `null` if it does not. */
  readonly sender: Standing | null;
  /** The recipient as the other state's directory lists it; `null` if it does not. */
  readonly recipient: Standing | null;
}

/** An agency in a directory. */
export interface Standing {
  readonly isDistrict: boolean;
  readonly status: AgencyStatus;
}

/**
 * Why a file is not moved on.
 *
 * A file makes one hop only: from a district, or the entity, of our state to one of the peer's. Districts write to
 * districts, and to an entity only an entity (PROTOCOL 2).
 *
 * @returns `null` if it is to be moved on; else RELAY_LOOP, RELAY_OWNER_DIFFERS, RELAY_SENDER_UNKNOWN,
 *   RELAY_MISADDRESSED, RELAY_RECIPIENT_UNKNOWN, BOX_FILE_TOO_BIG (refuse) or AGENCY_NOT_PARTICIPATING (wait)
 */
export const relayFault = (file: SealedFile, facts: RelayFacts): PacketboatError | null =>
  senderFault(file, facts) ?? addressFault(file, facts) ?? hindrance(file, facts);

/** Is it of somebody who may leave files here? */
function senderFault(
  { from, owner }: SealedFile,
  { us, isTest, senderOwner, sender }: RelayFacts,
): PacketboatError | null {
  if (!isOfState(from, us)) {
    const sentence = `its name gives agency ${from} as the sender, which is not of our state`;
    return new PacketboatError("RELAY_LOOP", sentence, { facts: { from } });
  }
  if (owner !== null && senderOwner !== null && owner !== senderOwner) {
    const sentence = `account ${owner} left it, and the account of agency ${from} is ${senderOwner}`;
    return new PacketboatError("RELAY_OWNER_DIFFERS", sentence, { facts: { owner, from } });
  }
  if (from === us) return null;
  if (sender?.isDistrict && takesPart(sender.status, isTest)) return null;
  return new PacketboatError(
    "RELAY_SENDER_UNKNOWN",
    `agency ${from} takes no part in our directory: ${standingOf(sender)}`,
    { facts: { from } },
  );
}

function standingOf(sender: Standing | null): string {
  if (sender === null) return "it is not in it";
  return sender.isDistrict ? `its status is ${sender.status}` : "it is no district";
}

/** Is it for somebody to whom files are moved on from this box? */
function addressFault(
  { from, to }: SealedFile,
  { us, peer, recipient }: RelayFacts,
): PacketboatError | null {
  const misaddressed = (sentence: string): PacketboatError =>
    new PacketboatError("RELAY_MISADDRESSED", sentence, { facts: { from, to } });
  if (!isOfState(to, peer)) return misaddressed(`agency ${to} is not of the state of ${peer}`);
  if (from === us) {
    return to === peer
      ? null
      : misaddressed(`our entity writes to the entity ${peer}, not to ${to}`);
  }
  if (to === peer) return misaddressed(`agency ${from} may not write to the entity ${peer}`);
  if (recipient === null) {
    const sentence = `the directory of ${peer} does not list agency ${to}`;
    return new PacketboatError("RELAY_RECIPIENT_UNKNOWN", sentence, { facts: { to } });
  }
  return recipient.isDistrict ? null : misaddressed(`agency ${to} is an entity, not a district`);
}

/** Can it be moved on now? */
function hindrance(
  { to, size }: SealedFile,
  { peer, isTest, maxBytes, recipient }: RelayFacts,
): PacketboatError | null {
  if (size > maxBytes) {
    const sentence = `it has ${size} bytes, more than ${maxBytes}`;
    return new PacketboatError("BOX_FILE_TOO_BIG", sentence, { facts: { size, maxBytes } });
  }
  if (to === peer || recipient === null || takesPart(recipient.status, isTest)) return null;
  const sentence = `the directory of ${peer} gives agency ${to} the status ${recipient.status}`;
  return new PacketboatError("AGENCY_NOT_PARTICIPATING", sentence, { facts: { to } });
}
