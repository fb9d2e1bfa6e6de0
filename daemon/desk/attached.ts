/**
 * The documents that a release names and that lie beside it in the outbox. They are copied to a private
 * place before the release is decided, and leave the outbox after it: refused or cut off in between,
 * they still lie where somebody put them.
 */
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { exists } from "../disk.ts";
import { type ErrorCode, PacketboatError } from "../errors.ts";
import type { Sha256 } from "../ids.ts";
import { capped, type Fault, faultLines } from "../schema.ts";
import { mediaTypeOf } from "../packet/model.ts";
import type { MediaType } from "../packet/model.gen.ts";
import type { OutgoingDocument } from "../transfer/effects.ts";
import { given } from "../transfer/given.ts";
import { areSame, copyDurably, hashOf, removeCopy, removeDurably } from "./carry.ts";
import { holds } from "./media.ts";
import type { ExpectedDocument } from "./outbox.ts";

export interface Attaching {
  readonly outbox: string;
  readonly staging: string;
  /** Of the outbox document that names them. */
  readonly documentId: string;
  /** Of one document. */
  readonly mostBytes: number;
}

/** Where the n-th document, counted from one, waits to be sealed. */
const stagedPath = ({ staging, documentId }: Attaching, number: number): string =>
  join(staging, `${documentId}-${number}`);

interface Doubt extends Fault {
  readonly code: ErrorCode;
}

/** A copy, and what is in it. */
export interface StagedDocument extends OutgoingDocument {
  readonly sha256: Sha256;
}

/**
 * Copy the documents, all or none, and look into the copies.
 *
 * @param expected finished files in the outbox
 * @throws PacketboatError ATTACHMENT_TYPE or ATTACHMENT_TOO_BIG with every fault in `facts.faults`, or
 *   FILE_NOT_FOUND if one has been taken away again
 */
export async function stage(
  attaching: Attaching,
  expected: readonly ExpectedDocument[],
): Promise<StagedDocument[]> {
  const types = typesOf(expected);
  const originals = expected.map(({ fileName }) => join(attaching.outbox, fileName));
  // One that is too big might not even fit on the disk.
  refuse(await sizeDoubts(originals, attaching.mostBytes));
  const staged: StagedDocument[] = [];
  try {
    for (const [index, { fileName, section }] of expected.entries()) {
      const path = stagedPath(attaching, index + 1);
      const { mostBytes } = attaching;
      const sha256 = await copyDurably(originals[index] as string, path, { mostBytes });
      const mediaType = types[index] as MediaType;
      staged.push({ fileName, mediaType, stagedPath: path, sha256, ...given({ section }) });
    }
    refuse(await contentDoubts(staged));
  } catch (error) {
    await unstage(attaching, expected);
    throw error;
  }
  return staged;
}

/** The release was refused: forget the copies. */
export async function unstage(
  attaching: Attaching,
  expected: readonly ExpectedDocument[],
): Promise<void> {
  for (const index of expected.keys()) await removeCopy(stagedPath(attaching, index + 1));
}

/**
 * The release is decided: its documents leave the outbox. One that was exchanged for another since is
 * left where it is.
 */
export async function removeOriginals(
  attaching: Attaching,
  expected: readonly ExpectedDocument[],
): Promise<void> {
  for (const [index, { fileName }] of expected.entries()) {
    const original = join(attaching.outbox, fileName);
    const copy = stagedPath(attaching, index + 1);
    if (!(await exists(original)) || !(await exists(copy))) continue;
    if (await areSame(original, copy)) await removeDurably(original);
  }
}

/** Digests of the copies, by which the same documents are known when they come again. */
export const digestsOf = async (staged: readonly StagedDocument[]): Promise<Sha256[]> =>
  staged.map(({ sha256 }) => sha256);

/** Do any of them lie in the outbox, whether or not they are finished? */
export async function arrives(
  { outbox }: Pick<Attaching, "outbox">,
  documents: readonly ExpectedDocument[],
): Promise<boolean> {
  const there = await Promise.all(documents.map(({ fileName }) => exists(join(outbox, fileName))));
  return there.includes(true);
}

/**
 * The release was sent before, and came again with its documents: they leave the outbox.
 *
 * @param digests of those that were sent, in the order of `expected`
 * @throws PacketboatError DOCUMENT_CHANGED if one of them is another now; then all are left where they are
 */
export async function removeSame(
  { outbox }: Pick<Attaching, "outbox">,
  expected: readonly ExpectedDocument[],
  digests: readonly string[],
): Promise<void> {
  const originals = expected.map(({ fileName }) => join(outbox, fileName));
  const there = await Promise.all(originals.map(exists));
  const doubts: Doubt[] = [];
  for (const [index, path] of originals.entries()) {
    if (!there[index] || (await hashOf(path)) === digests[index]) continue;
    doubts.push(doubt("DOCUMENT_CHANGED", index, "is another document than the one that was sent"));
  }
  refuse(doubts);
  for (const [index, path] of originals.entries()) if (there[index]) await removeDurably(path);
}

/**
 * What the names say the documents are.
 *
 * @throws PacketboatError ATTACHMENT_TYPE with every fault in `facts.faults`
 */
export function typesOf(expected: readonly ExpectedDocument[]): MediaType[] {
  const types = expected.map(({ fileName }) => mediaTypeOf(fileName));
  refuse(
    types.flatMap((type, index) =>
      type === null ? [doubt("ATTACHMENT_TYPE", index, "is of a kind that is not carried")] : [],
    ),
  );
  return types.filter((type) => type !== null);
}

async function sizeDoubts(paths: readonly string[], mostBytes: number): Promise<Doubt[]> {
  const doubts: Doubt[] = [];
  for (const [index, path] of paths.entries()) {
    const size = (await lstat(path).catch(() => null))?.size ?? 0;
    const sentence = `has ${size} bytes, more than ${mostBytes}`;
    if (size > mostBytes) doubts.push(doubt("ATTACHMENT_TOO_BIG", index, sentence));
  }
  return doubts;
}

async function contentDoubts(staged: readonly OutgoingDocument[]): Promise<Doubt[]> {
  const doubts: Doubt[] = [];
  for (const [index, { stagedPath: path, mediaType }] of staged.entries()) {
    if (await holds(path, mediaType)) continue;
    const sentence = `does not hold ${mediaType}, as the ending of its name says`;
    doubts.push(doubt("ATTACHMENT_TYPE", index, sentence));
  }
  return doubts;
}

const doubt = (code: ErrorCode, index: number, sentence: string): Doubt => ({
  code,
  place: `Release/Document[${index + 1}]`,
  sentence,
});

function refuse(doubts: readonly Doubt[]): void {
  const [first] = doubts;
  if (!first) return;
  const faults = faultLines(capped(doubts));
  throw new PacketboatError(first.code, faults.join("; "), { facts: { faults } });
}
