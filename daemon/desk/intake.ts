/**
 * A file from a drop folder becomes ours by one rename into the private intake (PROTOCOL 9): the row
 * that says so is written before, and after a crash the intake shows whether it happened. Where the
 * outbox lies on another file system the file is copied, and removed there when the copy is safe.
 */
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { exists, moveDurably } from "../disk.ts";
import { isRefusal } from "../errors.ts";
import { newLocalId } from "../ids.ts";
import type { Ledger } from "../ledger/connect.ts";
import { claimDocuments, unclaimDocument } from "../ledger/documents.ts";
import type { DocumentRow } from "../ledger/tables.ts";
import { copyDurably, hashOf, isElsewhere, removeCopy, removeDurably } from "./carry.ts";
import { markerOf } from "./ready.ts";

export interface Intake {
  readonly ledger: Ledger;
  /** Private folder of the home. */
  readonly intake: string;
  readonly dropFolder: {
    readonly name: string;
    readonly outbox: string;
    /** The ending of the markers there, if it has them. */
    readonly marker?: string | undefined;
  };
  /** Called at each point of a document's way, in its order: what may be cut off there is mended later. */
  readonly passed?: (point: TakingPoint) => void;
}

/** The points between which a document's way can be cut off. */
export type TakingPoint =
  | "claimed"
  | "moved"
  | "read"
  | "staged"
  | "decided"
  | "cleared"
  | "prepared"
  | "settled"
  | "shown returned"
  | "shown document"
  | "shown faults"
  | "shown result"
  | "answered";

/** A file that is ours. */
export interface TakenFile {
  readonly row: DocumentRow;
  readonly path: string;
  /** The account that the file belonged to; `null` where a copy could not keep it. */
  readonly ownerUid: number | null;
}

type Id = Pick<DocumentRow, "document_id">;

const movedPath = ({ intake }: Intake, { document_id }: Id): string => join(intake, document_id);
/** The name remembers that the owner is not the one who dropped it. */
const copiedPath = (intake: Intake, id: Id): string => `${movedPath(intake, id)}.copy`;

/**
 * Write down that finished files are to be taken. Each is then to be brought in.
 *
 * @returns a row for each name, in their order
 * @throws PacketboatError DISK_FULL, DISK_FAILED; then nothing is claimed
 */
export async function claimAll(
  { ledger, dropFolder, passed }: Intake,
  fileNames: readonly string[],
  at: Date,
): Promise<DocumentRow[]> {
  const rows = await claimDocuments(
    ledger,
    fileNames.map((fileName) => ({
      documentId: newLocalId(),
      dropFolder: dropFolder.name,
      fileName,
      at,
    })),
  );
  for (const _ of rows) passed?.("claimed");
  return rows;
}

/**
 * Take a file that is claimed.
 *
 * @returns `null` if somebody took it away first
 * @throws PacketboatError DISK_FULL, DISK_FAILED, FILE_UNREADABLE; then nothing was taken
 */
export async function bringIn(intake: Intake, row: DocumentRow): Promise<TakenFile | null> {
  try {
    await move(intake, row);
  } catch (error) {
    if (await takenFile(intake, row)) throw error;
    await unclaimDocument(intake.ledger, row.document_id);
    if (isRefusal(error, "FILE_NOT_FOUND")) return null;
    throw error;
  }
  intake.passed?.("moved");
  await removeMarker(intake, row);
  return takenFile(intake, row);
}

/**
 * After a crash: what became of a claim?
 *
 * @returns `null` if nothing was taken, and nothing is claimed any more; a file that somebody removed
 *   from the intake is returned all the same, to be found missing
 */
export async function resume(intake: Intake, row: DocumentRow): Promise<TakenFile | null> {
  if (row.state !== "CLAIMED") return fileIn(intake, row);
  const taken = await takenFile(intake, row);
  if (taken) {
    await finishCopy(intake, row);
    // Another file of its name may have come since, with a marker of its own.
    if (!(await exists(sourceOf(intake, row)))) await removeMarker(intake, row);
    return taken;
  }
  await removeCopy(copiedPath(intake, row));
  await unclaimDocument(intake.ledger, row.document_id);
  return null;
}

/** A file that was taken, where it lies or should lie. */
export const fileIn = async (intake: Intake, row: DocumentRow): Promise<TakenFile> =>
  (await takenFile(intake, row)) ?? { row, path: movedPath(intake, row), ownerUid: null };

async function move(intake: Intake, row: DocumentRow): Promise<void> {
  const source = sourceOf(intake, row);
  try {
    await moveDurably(source, movedPath(intake, row));
  } catch (error) {
    if (!isElsewhere(error)) throw error;
    await copyDurably(source, copiedPath(intake, row));
    await removeDurably(source);
  }
}

/** The copy was safe, and perhaps the source was still to be removed. */
async function finishCopy(intake: Intake, row: DocumentRow): Promise<void> {
  const source = sourceOf(intake, row);
  const copy = copiedPath(intake, row);
  if (!(await exists(copy)) || !(await exists(source))) return;
  if ((await hashOf(source)) === (await hashOf(copy))) await removeDurably(source);
}

/** It has said what it had to say, and must not be there for the next file of that name. */
async function removeMarker(intake: Intake, row: DocumentRow): Promise<void> {
  const { marker } = intake.dropFolder;
  if (marker !== undefined) await removeDurably(markerOf(sourceOf(intake, row), marker));
}

const sourceOf = ({ dropFolder }: Intake, row: DocumentRow): string =>
  join(dropFolder.outbox, row.file_name);

async function takenFile(intake: Intake, row: DocumentRow): Promise<TakenFile | null> {
  const path = movedPath(intake, row);
  const moved = await lstat(path).catch(() => null);
  if (moved) return { row, path, ownerUid: moved.uid };
  const copy = copiedPath(intake, row);
  return (await exists(copy)) ? { row, path: copy, ownerUid: null } : null;
}
