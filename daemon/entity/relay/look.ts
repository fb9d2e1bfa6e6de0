/** Look: what lies in the box of another state's entity on our server, and which of it comes first. */
import type { DropBox, WaitingFile } from "../../dropbox/contract.ts";
import type { AgencyId } from "../../ids.ts";
import type { RelayedFile } from "../../ledger/relays.ts";
import type { RelayRow } from "../../ledger/tables.ts";
import { parseAttachmentName, parseSealedName } from "../../packet/names.ts";
import {
  count,
  floodsIn,
  inTurns,
  isOf,
  type Share,
  type ShareLimits,
  type Shares,
} from "../../packet/shares.ts";

export interface Looking {
  /** The box. */
  readonly here: DropBox;
  /** Files that are known to have been there, and are not finished. */
  readonly open: readonly RelayRow[];
  /** So many new files are taken, and so much may wait of each sender. */
  readonly limits: { readonly files: number; readonly perSender: ShareLimits };
}

export interface Looked {
  /** New files in the order in which they are moved on; so many as one exchange takes. */
  readonly first: readonly RelayedFile[];
  /** So many new ones lie there for another exchange. */
  readonly more: number;
  /** Of the known ones: those that are there, and those that are there no more. */
  readonly there: readonly RelayRow[];
  readonly vanished: readonly RelayRow[];
  /** Senders with more in the box than they may have there. */
  readonly floods: readonly Share[];
  /** So many files have names that nobody of us gives. */
  readonly strangers: number;
}

/**
 * Go through the whole box, in memory that does not grow with it.
 *
 * The senders take turns, each with its attachments before its packets, and those that flood the box come after all
 * others. Attachments are listed after the packets: what a packet names was left before it, so that nothing of a
 * packet in this listing is overlooked; and of a sender with more of them than an exchange takes no packet goes.
 */
export async function look({ here, open, limits }: Looking): Promise<Looked> {
  const missing = new Map(open.map((row) => [keyOfRow(row), row]));
  const shares: Shares = new Map();
  let first: RelayedFile[] = [];
  let found = 0;
  let strangers = 0;
  let isWhole = true;
  for (const kind of ["packet", "attachment"] as const) {
    for await (const listing of here.list((name) => addressOf(name) !== null)) {
      if (listing.isCut) isWhole = false;
      const listed = listing.files.flatMap((file) => ofKind(kind, file));
      const fresh = listed.filter((file) => !missing.delete(keyOf(file)));
      first.push(...fresh);
      found += fresh.length;
      for (const file of listed) count(shares, file);
      // What is not among the first now will not be when more have come.
      if (first.length > 2 * limits.files) first = inTurn(first).slice(0, limits.files);
      if (kind === "attachment") continue;
      strangers += listing.strangers.length;
      for (const file of listing.strangers) count(shares, file);
    }
  }
  const floods = floodsIn(shares, limits.perSender);
  // Of what lies behind the end of a listing that was cut nothing is known.
  const vanished = new Set(isWhole ? missing.values() : []);
  first = floodsLast(inTurn(first).slice(0, limits.files), floods);
  return {
    first,
    more: found - first.length,
    there: open.filter((row) => !vanished.has(row)),
    vanished: [...vanished],
    floods: [...floods.values()],
    strangers,
  };
}

const inTurn = (files: readonly RelayedFile[]): RelayedFile[] => inTurns(files, (file) => file);

const floodsLast = (files: readonly RelayedFile[], floods: Shares): RelayedFile[] =>
  files.toSorted((one, other) => Number(isOf(floods, one)) - Number(isOf(floods, other)));

interface Address {
  readonly kind: "packet" | "attachment";
  readonly from: AgencyId;
  readonly to: AgencyId;
}

function ofKind(kind: Address["kind"], file: WaitingFile): RelayedFile[] {
  const address = addressOf(file.name);
  return address?.kind === kind ? [{ ...file, from: address.from, to: address.to }] : [];
}

/** What the name of a sealed file says; `null` of any other. */
function addressOf(name: string): Address | null {
  const packet = parseSealedName(name);
  if (packet) return { kind: "packet", from: packet.from, to: packet.to };
  const attachment = parseAttachmentName(name);
  return attachment && { kind: "attachment", from: attachment.from, to: attachment.to };
}

/** Is it the name of an attachment? */
export const isAttachment = ({ file_name }: RelayRow): boolean =>
  parseAttachmentName(file_name) !== null;

const keyOfRow = ({ file_name, size, modified_at }: RelayRow): string =>
  `${file_name} ${size} ${modified_at}`;

const keyOf = ({ name, size, modifiedAt }: WaitingFile): string =>
  `${name} ${size} ${modifiedAt.toISOString()}`;
