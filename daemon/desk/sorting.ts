/**
 * Which files of an outbox are documents to be taken, and which lie there to be sent with a release. A
 * file that belongs to nothing is answered too, once nothing can come that would name it.
 */
import { extname } from "node:path";
import { isRefusal, PacketboatError } from "../errors.ts";
import { mediaTypeOf } from "../packet/model.ts";
import { startOf } from "./carry.ts";
import { looksLikeDecisions } from "./documents.ts";
import { PATIENCE_HOURS, patienceEnds } from "./fulfil.ts";
import { checkName } from "./names.ts";
import type { FinishedFile, Found } from "./ready.ts";

/** A declaration and some comments may stand before the root. */
const LOOK_BYTES = 4096;

const isXml = (name: string): boolean => extname(name).toLowerCase() === ".xml";

/** @returns documents, with what is refused for its name alone; and the others */
export async function sorted({
  ready,
}: Pick<Found, "ready">): Promise<{ documents: FinishedFile[]; others: FinishedFile[] }> {
  const documents: FinishedFile[] = [];
  const others: FinishedFile[] = [];
  for (const file of ready) {
    const isDocument =
      nameRefusal(file.name) !== null ||
      (isXml(file.name) && looksLikeDecisions(await startOf(file.path, LOOK_BYTES)));
    (isDocument ? documents : others).push(file);
  }
  return { documents, others };
}

/**
 * Files that belong to nothing: XML that is no outbox document, when nothing unfinished could name it;
 * other documents when a day has passed.
 *
 * @param awaited names of files for which a release waits
 */
export const misplaced = (
  others: readonly FinishedFile[],
  { found, awaited, at }: { found: Found; awaited: readonly string[]; at: Date },
): FinishedFile[] => {
  const expected = new Set(awaited);
  return others.filter(({ name, since }) => {
    if (expected.has(name)) return false;
    return isXml(name) ? found.notYet.length === 0 : patienceEnds(since) <= at;
  });
};

/**
 * What keeps a file from being read as an outbox document, told by its name.
 *
 * @throws PacketboatError DOCUMENT_NAME, ATTACHMENT_TYPE, or DOCUMENT_INVALID if no release named it
 */
export function checkPlace(name: string): void {
  const refusal = nameRefusal(name);
  if (refusal) throw refusal;
  if (isXml(name)) return;
  throw new PacketboatError(
    "DOCUMENT_INVALID",
    `no release named the file within ${PATIENCE_HOURS} hours`,
  );
}

function nameRefusal(name: string): PacketboatError | null {
  try {
    checkName(name);
  } catch (error) {
    if (isRefusal(error)) return error;
    throw error;
  }
  if (mediaTypeOf(name) !== null) return null;
  return new PacketboatError("ATTACHMENT_TYPE", "the file is of a kind that is not carried");
}
