/**
 * Which files of an outbox are documents to be taken, and which lie there to be sent with a release. A
 * file that belongs to nothing is answered too, once nothing can come that would name it.
 */
import { extname } from "node:path";
import { isRefusal, PacketboatError } from "../errors.ts";
import { mediaTypeOf } from "../packet/model.ts";
import { startOf } from "./carry.ts";
import { type ListForm, looksLikeRequestList } from "./csv-requests.ts";
import { looksLikeDecisions } from "./documents.ts";
import { PATIENCE_HOURS, patienceEnds } from "./fulfil.ts";
import { sideBySide } from "../side-by-side.ts";
import { acceptable, checkName } from "./names.ts";
import { type FinishedFile, type Found, markerOf } from "./ready.ts";

/** A declaration and some comments may stand before the root. */
const LOOK_BYTES = 4096;

/** The header of a list may be long, and in UTF-16. */
const LOOK_INTO_LIST_BYTES = 32 * 1024;
/** A list whose header we do not know might lie there for a release. */
const LIST_PATIENCE_MS = 3_600_000;

const isXml = (name: string): boolean => extname(name).toLowerCase() === ".xml";

/** Is it read as a list of requests, if no release names it? */
export const isList = (name: string): boolean => extname(name).toLowerCase() === ".csv";

/**
 * @param lists how lists of requests are written here
 * @returns documents, with what is refused for its name alone, and lists last, so that a release takes
 *   away what looks like one; and the others
 */
export async function sorted(
  { ready }: Pick<Found, "ready">,
  lists: ListForm,
): Promise<{ documents: FinishedFile[]; others: FinishedFile[] }> {
  const documents: FinishedFile[] = [];
  const others: FinishedFile[] = [];
  const areDocuments = await sideBySide(
    ready,
    async (file) => nameRefusal(file.name) !== null || looksLikeDocument(file, lists),
  );
  for (const [index, file] of ready.entries()) {
    (areDocuments[index] ? documents : others).push(file);
  }
  const isLast = ({ name }: FinishedFile): number => Number(isList(name));
  return { documents: documents.toSorted((one, other) => isLast(one) - isLast(other)), others };
}

async function looksLikeDocument({ name, path }: FinishedFile, lists: ListForm): Promise<boolean> {
  if (isXml(name)) return looksLikeDecisions(await startOf(path, LOOK_BYTES));
  if (!isList(name)) return false;
  return looksLikeRequestList(await startOf(path, LOOK_INTO_LIST_BYTES), lists);
}

/**
 * Files that belong to nothing: XML that is no outbox document, when nothing unfinished could name it;
 * a list that we cannot read, after an hour; other documents when a day has passed.
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
    if (isXml(name)) return found.notYet.length === 0 && found.unmarked.length === 0;
    if (isList(name)) return since.getTime() + LIST_PATIENCE_MS <= at.getTime();
    return patienceEnds(since) <= at;
  });
};

/**
 * Names of files that a release may name. Where markers count, the release's own speaks for all that it
 * names: whoever writes it has written those before.
 */
export const mayBeNamed = ({ ready, unmarked: others }: Found): ReadonlySet<string> =>
  new Set([...ready, ...others].map(({ name }) => name));

/** Files whose marker did not come within a day, and that no release waits for. */
export const unmarked = (
  { unmarked: files }: Pick<Found, "unmarked">,
  { awaited, at }: { awaited: readonly string[]; at: Date },
): FinishedFile[] =>
  files.filter(({ name, since }) => !awaited.includes(name) && patienceEnds(since) <= at);

export const withoutMarker = (
  { dropFolder }: { readonly dropFolder: { readonly marker?: string | undefined } },
  name: string,
): PacketboatError => {
  const marker = markerOf(acceptable(name), dropFolder.marker ?? "");
  const sentence = `${marker} did not come within ${PATIENCE_HOURS} hours: in this folder it says that the file is finished`;
  return new PacketboatError("DOCUMENT_INVALID", sentence);
};

/**
 * What keeps a file from being read as an outbox document, told by its name.
 *
 * @throws PacketboatError DOCUMENT_NAME, ATTACHMENT_TYPE, or DOCUMENT_INVALID if no release named it
 */
export function checkPlace(name: string): void {
  const refusal = nameRefusal(name);
  if (refusal) throw refusal;
  if (isXml(name) || isList(name)) return;
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
