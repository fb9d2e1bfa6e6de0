/**
 * Documents that a command names by their paths, to be sent with a release. They are copied to a private
 * place and looked into there; the originals stay where they are.
 */
import { realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf, removeQuietly } from "../disk.ts";
import { type ErrorCode, PacketboatError } from "../errors.ts";
import { newLocalId } from "../ids.ts";
import type { MediaType, SectionName } from "../packet/model.gen.ts";
import { mediaTypeOf, TRANSFER_SCHEMA } from "../packet/model.ts";
import { capped, checkerFor, type Fault, faultLines } from "../schema.ts";
import type { OutgoingDocument } from "../transfer/effects.ts";
import { given } from "../transfer/given.ts";
import { copyDurably } from "./carry.ts";
import { holds } from "./media.ts";

export interface HandedDocument {
  /** Whole path. */
  readonly path: string;
  /** As the other district will see it. */
  readonly fileName: string;
  readonly section?: SectionName;
  /** How it was named, for a fault: a path may hold somebody's name. */
  readonly place: string;
}

interface Doubt extends Fault {
  readonly code: ErrorCode;
}

export interface Staging {
  /** The private folder. */
  readonly staging: string;
  /** The size that one document may have. */
  readonly mostBytes: number;
  /** Whoever names a path may mean what a link leads to; whoever shares a folder with us may not. */
  readonly links: "followed" | "refused";
}

/** As many as a release may carry. */
const MOST_DOCUMENTS = 100;

const nameFaults = checkerFor(TRANSFER_SCHEMA, "FileName");

/**
 * Copy the documents, all or none, and look into the copies.
 *
 * @throws PacketboatError FILE_NOT_FOUND, DOCUMENT_NAME, ATTACHMENT_TYPE, ATTACHMENT_TOO_BIG with every
 *   fault in `facts.faults`; DISK_FULL, FILE_UNREADABLE
 */
export async function stageHanded(
  documents: readonly HandedDocument[],
  into: Staging,
): Promise<OutgoingDocument[]> {
  const found = await Promise.all(documents.map((each) => lookAt(each, into)));
  refuse([...countDoubts(documents), ...found.flatMap(({ doubts }) => doubts)]);
  const id = newLocalId();
  const staged = documents.map(({ fileName, section }, index) => ({
    fileName,
    mediaType: found[index]?.mediaType as MediaType,
    stagedPath: join(into.staging, `${id}-${index + 1}`),
    ...given({ section }),
  }));
  try {
    for (const [index, copy] of staged.entries()) {
      const path = found[index]?.realPath ?? "";
      await copyDurably(path, copy.stagedPath, { mostBytes: into.mostBytes });
      if (into.links === "refused") await assertInPlace(path, documents[index]?.place ?? "");
    }
    refuse(await contentDoubts(documents, staged));
  } catch (error) {
    await unstageHanded(staged);
    throw error;
  }
  return staged;
}

/** The release was refused: forget the copies. */
export async function unstageHanded(staged: readonly OutgoingDocument[]): Promise<void> {
  for (const { stagedPath } of staged) await removeQuietly(stagedPath);
}

async function lookAt(
  { path, fileName, place }: HandedDocument,
  { mostBytes, links }: Staging,
): Promise<{ realPath: string; mediaType: MediaType | null; doubts: Doubt[] }> {
  const doubts: Doubt[] = [];
  const doubt = (code: ErrorCode, sentence: string) => doubts.push({ code, place, sentence });
  const realPath = await realpath(path).catch(() => null);
  const size = realPath === null ? null : await sizeOf(realPath);
  if (links === "refused" && realPath !== null && realPath !== path) {
    doubt("FILE_UNREADABLE", "is a link, or lies behind one");
  }
  if (size === null) doubt("FILE_NOT_FOUND", "is not there");
  else if (size > mostBytes) {
    doubt("ATTACHMENT_TOO_BIG", `has ${size} bytes, more than ${mostBytes}`);
  }
  const mediaType = mediaTypeOf(fileName);
  const [fault] = nameFaults(fileName);
  if (fault) doubt("DOCUMENT_NAME", `its name ${fault.sentence}`);
  else if (mediaType === null) doubt("ATTACHMENT_TYPE", "is of a kind that is not carried");
  return { realPath: realPath ?? path, mediaType, doubts };
}

/** In bytes; `null` if it is gone. */
const sizeOf = (path: string): Promise<number | null> =>
  stat(path).then(
    ({ size }) => size,
    (error: unknown) => {
      if (errnoOf(error) === null) throw error;
      return null;
    },
  );

/**
 * A folder on the way could have been exchanged for a link while we copied; of what is gone by now nobody
 * can say that it was not.
 *
 * @param place as it was named
 */
async function assertInPlace(path: string, place: string): Promise<void> {
  const real = await realpath(path).catch((error: unknown) => {
    if (errnoOf(error) === null) throw error;
    return null;
  });
  if (real === path) return;
  if (real === null) {
    refuse([{ code: "FILE_NOT_FOUND", place, sentence: "was taken away while it was copied" }]);
  }
  refuse([{ code: "FILE_UNREADABLE", place, sentence: "is a link, or lies behind one" }]);
}

function countDoubts({ length }: readonly HandedDocument[]): Doubt[] {
  if (length <= MOST_DOCUMENTS) return [];
  const sentence = `${length} were named, more than ${MOST_DOCUMENTS}`;
  return [{ code: "ATTACHMENT_TOO_BIG", place: "documents", sentence }];
}

async function contentDoubts(
  documents: readonly HandedDocument[],
  staged: readonly OutgoingDocument[],
): Promise<Doubt[]> {
  const doubts: Doubt[] = [];
  for (const [index, { stagedPath, mediaType }] of staged.entries()) {
    if (await holds(stagedPath, mediaType)) continue;
    const sentence = `does not hold ${mediaType}, as the ending of its name says`;
    doubts.push({ code: "ATTACHMENT_TYPE", place: documents[index]?.place ?? "", sentence });
  }
  return doubts;
}

function refuse(doubts: readonly Doubt[]): void {
  const [first] = doubts;
  if (!first) return;
  const faults = faultLines(capped(doubts));
  throw new PacketboatError(first.code, faults.join("; "), { facts: { faults } });
}
