/** Is a file what the ending of its name says? Told by its first bytes, as every program tells it. */
import type { MediaType } from "../packet/model.gen.ts";

/** So many bytes from a file's beginning are looked at. */
export const START_BYTES = 1024;

const startsWith =
  (...starts: readonly (readonly number[])[]) =>
  (start: Buffer): boolean =>
    starts.some((bytes) => start.subarray(0, bytes.length).equals(Buffer.from(bytes)));

/** A text has no zero byte, unless it is declared to be in 16-bit units. */
const isText = (start: Buffer): boolean =>
  startsWith([0xff, 0xfe], [0xfe, 0xff])(start) || !start.includes(0);

const LOOKS_RIGHT: Readonly<Record<MediaType, (start: Buffer) => boolean>> = {
  // Readers allow for some bytes before it.
  "application/pdf": (start) => start.includes("%PDF-"),
  "image/tiff": startsWith(
    [0x49, 0x49, 0x2a, 0x00],
    [0x4d, 0x4d, 0x00, 0x2a],
    [0x49, 0x49, 0x2b, 0x00],
    [0x4d, 0x4d, 0x00, 0x2b],
  ),
  "image/jpeg": startsWith([0xff, 0xd8, 0xff]),
  "image/png": startsWith([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": startsWith([
    0x50, 0x4b, 0x03, 0x04,
  ]),
  "text/plain": isText,
  "text/csv": isText,
  "application/xml": isText,
};

/** @param start the first `START_BYTES` bytes, or all if there are fewer */
export const holds = (start: Buffer, mediaType: MediaType): boolean =>
  start.length > 0 && LOOKS_RIGHT[mediaType](start);
