/**
 * Whose files wait in a box, who has too many there, and in which order they are worked on, so that nobody
 * waits behind a flood. Pure.
 *
 * A file is the account's that left it, where the server says so. Else there is only its name, which whoever
 * leaves a file may choose: a hint, good enough to share by, and not to blame by.
 */
import type { AgencyId } from "../ids.ts";
import { parseAttachmentName, parseSealedName } from "./names.ts";

/** What is known of a file that waits. */
export interface Left {
  /** Not of a stranger's file: names that none of ours gives are not handed on. */
  readonly name?: string;
  /** in bytes */
  readonly size: number;
  /** Numeric id of the account that left it, where the server says so. */
  readonly owner?: number;
}

/** Who left files in a box, as far as it is known. */
export interface Sender {
  /** The number of the account that left them, where the server says so. */
  readonly account: number | null;
  /** What their names give as their sender. */
  readonly named: AgencyId | null;
  /** Do all the names that give a sender give this one? */
  readonly isNamedAlike: boolean;
}

/** What waits of one sender. */
export interface Share {
  readonly sender: Sender;
  readonly files: number;
  readonly bytes: number;
}

/** What one sender may have waiting. */
export interface ShareLimits {
  readonly files: number;
  readonly bytes: number;
}

/** By what senders are told apart: the number of an account, or what a name gives. */
export type SenderKey = number | AgencyId;

/** Each sender's share of a box, by who it is. */
export type Shares = Map<SenderKey, Share>;

/** More than there are districts in the country; a server that names more owners than these makes them up. */
export const MOST_SENDERS = 50_000;

/** Whose a file is: the account's that left it, or else of whom its name says; `null` if nothing does. */
export const senderOf = (file: Omit<Left, "size">): SenderKey | null =>
  file.owner ?? senderNamed(file);

/** All whose a file may be: the account's that left it, and of whom its name says. */
export const sendersOf = (file: {
  readonly name: string;
  readonly owner?: number | null;
}): SenderKey[] =>
  [file.owner, senderNamed(file)].filter((key) => key !== undefined && key !== null);

/** Add one file to its sender's share; one of which no sender is known is nobody's. */
export function count(shares: Shares, file: Left): void {
  const named = senderNamed(file);
  const key = senderOf(file);
  if (key === null || (shares.size >= MOST_SENDERS && !shares.has(key))) return;
  const before = shares.get(key);
  shares.set(key, {
    sender: {
      account: file.owner ?? null,
      named: before?.sender.named ?? named,
      isNamedAlike: before ? isAlike(before.sender, named) : named !== null,
    },
    files: (before?.files ?? 0) + 1,
    bytes: (before?.bytes ?? 0) + file.size,
  });
}

const isAlike = (sender: Sender, named: AgencyId | null): boolean => {
  if (sender.named === null) return named !== null;
  return sender.isNamedAlike && (named === null || named === sender.named);
};

const senderNamed = ({ name }: Pick<Left, "name">): AgencyId | null =>
  name === undefined ? null : ((parseSealedName(name) ?? parseAttachmentName(name))?.from ?? null);

/** The senders of which more waits than one may have waiting. */
export const floodsIn = (shares: Shares, { files, bytes }: ShareLimits): Shares =>
  new Map([...shares].filter(([, share]) => share.files > files || share.bytes > bytes));

/** Is this file one of theirs? */
export function isOf(senders: Shares, file: Omit<Left, "size">): boolean {
  const key = senderOf(file);
  return key !== null && senders.has(key);
}

/**
 * The first file of each sender, then the second of each, and so on; those of one account by what they are
 * named in the same way. Names hold sender, recipient and number, filled up with zeros: their order is the
 * packets'. Attachments come before the packets of whom they are named after: one of these may name them.
 *
 * What does not stand among the first so many does not do so either when files are added: a long list may
 * be cut while it grows.
 */
export function inTurns<Item>(
  items: readonly Item[],
  fileOf: (item: Item) => { readonly name: string; readonly owner?: number },
): Item[] {
  const sorted = items
    .map((item) => {
      const { name, owner } = fileOf(item);
      const [named = ""] = name.split("_", 1);
      const account = owner === undefined ? named : String(owner);
      return { item, name, named, account, isPacket: parseAttachmentName(name) === null };
    })
    .toSorted((one, other) => compare(one.name, other.name))
    .toSorted((one, other) => Number(one.isPacket) - Number(other.isPacket));
  const byName = inRounds(sorted, ({ account, named }) => `${account} ${named}`);
  const byAccount = byName.toSorted((one, other) => compare(one.account, other.account));
  return inRounds(byAccount, ({ account }) => account).map(({ item }) => item);
}

/** The first of each group, then the second of each: within a round, and within a group, as they stood. */
function inRounds<Item>(items: readonly Item[], groupOf: (item: Item) => string): Item[] {
  const counts = new Map<string, number>();
  const rounds = new Map<Item, number>();
  for (const item of items) {
    const group = groupOf(item);
    const round = counts.get(group) ?? 0;
    counts.set(group, round + 1);
    rounds.set(item, round);
  }
  return items.toSorted((one, other) => (rounds.get(one) ?? 0) - (rounds.get(other) ?? 0));
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
