/** Look: what lies in the box of another state's entity on our server, and which of it comes first. */
import type { DropBox, WaitingFile } from "../../dropbox/contract.ts";
import type { AgencyId } from "../../ids.ts";
import type { RelayedFile } from "../../ledger/relays.ts";
import type { RelayRow } from "../../ledger/tables.ts";
import { parseAttachmentName, parseSealedName } from "../../packet/names.ts";
import {
  type Flood,
  type OwnerOf,
  Senders,
  type SenderLimits,
  type SenderOfFiles,
} from "./senders.ts";

export interface Looking {
  /** The box. */
  readonly here: DropBox;
  readonly ownerOf: OwnerOf;
  /** Files that are known to have been there, and are not finished. */
  readonly open: readonly RelayRow[];
  /** So many new files are taken, and so much may wait of each sender. */
  readonly limits: { readonly files: number; readonly perSender: SenderLimits };
}

export interface Looked {
  /** New files in the order in which they are moved on; so many as one exchange takes. */
  readonly first: readonly RelayedFile[];
  /** So many new ones lie there for another exchange. */
  readonly more: number;
  /** Of the known ones: those that are there, and those that are there no more. */
  readonly there: readonly RelayRow[];
  readonly vanished: readonly RelayRow[];
  readonly floods: readonly Flood[];
  /** So many files have names that nobody of us gives. */
  readonly strangers: number;
}

type Kind = "packet" | "attachment";

/** A new file, with its sender. */
interface Candidate {
  readonly file: RelayedFile;
  readonly sender: SenderOfFiles;
}

/**
 * Go through the whole box, in memory that does not grow with it.
 *
 * The senders take turns, each with its attachments before its packets. Attachments are listed after the packets:
 * what a packet names was left before it, so that nothing of a packet in this listing is overlooked.
 */
export async function look(looking: Looking): Promise<Looked> {
  const { limits } = looking;
  const senders = new Senders(looking.ownerOf);
  const missing = new Map(looking.open.map((row) => [keyOfRow(row), row]));
  const packets = await newFiles("packet", looking, { senders, missing });
  const attachments = await newFiles("attachment", looking, { senders, missing });
  const first = inTurn(attachments, packets, limits.perSender).slice(0, limits.files);
  const vanished = new Set(missing.values());
  return {
    first: first.map(({ file }) => file),
    more: packets.count + attachments.count - first.length,
    there: looking.open.filter((row) => !vanished.has(row)),
    vanished: [...vanished],
    floods: senders.floods(limits.perSender),
    strangers: packets.strangers,
  };
}

interface NewFiles {
  /** Those that are first in turn among files of their kind. */
  readonly first: readonly Candidate[];
  readonly count: number;
  /** So many there are of each sender. */
  readonly counts: ReadonlyMap<SenderOfFiles, number>;
  readonly strangers: number;
}

async function newFiles(
  kind: Kind,
  { here, limits }: Looking,
  { senders, missing }: { readonly senders: Senders; readonly missing: Map<string, RelayRow> },
): Promise<NewFiles> {
  const counts = new Map<SenderOfFiles, number>();
  let first: Candidate[] = [];
  let strangers = 0;
  for await (const listing of here.list((name) => addressOf(name) !== null)) {
    for (const listed of listing.files) {
      const address = addressOf(listed.name);
      if (address?.kind !== kind) continue;
      const file = { ...listed, from: address.from, to: address.to };
      const sender = await senders.count(file);
      if (missing.delete(keyOf(file))) continue;
      counts.set(sender, (counts.get(sender) ?? 0) + 1);
      first.push({ file, sender });
    }
    strangers += listing.strangers.length;
    // What is not among the first now will not be when more have come.
    if (first.length > 2 * limits.files) first = firstInTurn(first, limits.files);
  }
  const count = [...counts.values()].reduce((sum, each) => sum + each, 0);
  return { first: firstInTurn(first, limits.files), count, counts, strangers };
}

interface Address {
  readonly kind: Kind;
  readonly from: AgencyId;
  readonly to: AgencyId;
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

const firstInTurn = (candidates: readonly Candidate[], most: number): Candidate[] =>
  withTurns(byName(candidates))
    .toSorted((one, other) => one.turn - other.turn)
    .slice(0, most)
    .map(({ candidate }) => candidate);

/** The senders in turn; what one has beyond its limits comes after everything else. */
function inTurn(
  attachments: NewFiles,
  packets: NewFiles,
  limits: SenderLimits,
): readonly Candidate[] {
  const listed = countsOf(attachments.first);
  // Of a sender with more attachments than this time are moved on, no packet goes before them.
  const isReady = ({ sender }: Candidate): boolean =>
    listed.get(sender) === attachments.counts.get(sender);
  const ordered = [...byName(attachments.first), ...byName(packets.first).filter(isReady)];
  const ranked = withTurns(ordered).map((each) => ({
    ...each,
    isBeyond: each.turn >= limits.waitingFiles || each.bytes > limits.waitingMegabytes * MEGABYTE,
  }));
  return ranked
    .toSorted(
      (one, other) => Number(one.isBeyond) - Number(other.isBeyond) || one.turn - other.turn,
    )
    .map(({ candidate }) => candidate);
}

const MEGABYTE = 1024 * 1024;

function countsOf(candidates: readonly Candidate[]): ReadonlyMap<SenderOfFiles, number> {
  const counts = new Map<SenderOfFiles, number>();
  for (const { sender } of candidates) counts.set(sender, (counts.get(sender) ?? 0) + 1);
  return counts;
}

/** Each with its number among those of its sender, from 0, and how many bytes these have up to it. */
function withTurns(candidates: readonly Candidate[]) {
  const totals = new Map<SenderOfFiles, { files: number; bytes: number }>();
  return candidates.map((candidate) => {
    const { sender, file } = candidate;
    const { files, bytes } = totals.get(sender) ?? { files: 0, bytes: 0 };
    const total = { files: files + 1, bytes: bytes + file.size };
    totals.set(sender, total);
    return { candidate, turn: files, bytes: total.bytes };
  });
}

/** Names hold sender, recipient and number, filled up with zeros: their order is the packets'. */
const byName = (candidates: readonly Candidate[]): Candidate[] =>
  candidates.toSorted(({ file: one }, { file: other }) =>
    one.name < other.name ? -1 : one.name > other.name ? 1 : 0,
  );

const keyOfRow = ({ file_name, size, modified_at }: RelayRow): string =>
  `${file_name} ${size} ${modified_at}`;

const keyOf = ({ name, size, modifiedAt }: WaitingFile): string =>
  `${name} ${size} ${modifiedAt.toISOString()}`;
