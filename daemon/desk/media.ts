/**
 * Is a file what the ending of its name says? Told by its first bytes, as every program tells it, and of an archive
 * by its table of contents. What else a document may hold is for the program that opens it: a list its formulas, a text
 * its links.
 */
import type { MediaType } from "../packet/model.gen.ts";
import { startOf } from "./carry.ts";
import { endsAsZip, namesInZip } from "./zip.ts";

/** So many bytes from a file's beginning are looked at. */
export const START_BYTES = 1024;
const DOCX =
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document" as const satisfies MediaType;

const startsWith =
  (...starts: readonly (readonly number[])[]) =>
  (start: Buffer): boolean =>
    starts.some((bytes) => start.subarray(0, bytes.length).equals(Buffer.from(bytes)));

/** A text has no zero byte, unless it is declared to be in 16-bit units. */
const isText = (start: Buffer): boolean =>
  startsWith([0xff, 0xfe], [0xfe, 0xff])(start) || !start.includes(0);

const LOOKS_RIGHT: Readonly<Record<MediaType, (start: Buffer) => boolean>> = {
  // Readers allow for anything before it, which would be another file in the same bytes.
  "application/pdf": (start) => /^(?:\u00ef\u00bb\u00bf)?\s*%PDF-/.test(start.toString("latin1")),
  "image/tiff": startsWith(
    [0x49, 0x49, 0x2a, 0x00],
    [0x4d, 0x4d, 0x00, 0x2a],
    [0x49, 0x49, 0x2b, 0x00],
    [0x4d, 0x4d, 0x00, 0x2b],
  ),
  "image/jpeg": startsWith([0xff, 0xd8, 0xff]),
  "image/png": startsWith([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  [DOCX]: startsWith([0x50, 0x4b, 0x03, 0x04]),
  "text/plain": isText,
  "text/csv": isText,
  "application/xml": isText,
};

/**
 * @param path of a plain file
 * @throws PacketboatError as `openRegular`
 */
export async function holds(path: string, mediaType: MediaType): Promise<boolean> {
  const start = await startOf(path, START_BYTES);
  if (start.length === 0 || !LOOKS_RIGHT[mediaType](start)) return false;
  return mediaType === DOCX ? isWordDocument(await namesInZip(path)) : !(await endsAsZip(path));
}

/** Macros and controls, which word processors run. */
const RUNS = /(?:^|\/)(?:vba[^/]*|activeX)(?:\/|$)/i;
/** Programs that are brought along, to be run by a click. */
const PROGRAM = /\.(?:bat|cmd|com|cpl|dll|exe|hta|jar|jse?|lnk|msi|ps1|scr|sh|vb[es]?|wsf)$/i;
/** Of an archive that would be unpacked beside its folder. */
const LEADS_OUT = /(?:^|\/)\.\.(?:\/|$)|^\/|[\\:]/;

const isWordDocument = (names: readonly string[] | null): boolean =>
  names !== null &&
  names.includes("[Content_Types].xml") &&
  names.some((name) => /^word\/[^/]+\.xml$/.test(name)) &&
  !names.some((name) => [RUNS, PROGRAM, LEADS_OUT].some((bad) => bad.test(name)));
