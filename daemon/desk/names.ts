/** Names of files in a drop folder: which are none of ours, and which we accept (PROTOCOL 9). */
import { PacketboatError } from "../errors.ts";

/** What offices' programs leave beside the files they work on, and uploads that are not finished. */
const IGNORED = [/^\./, /^~\$/, /^thumbs\.db$/i, /^desktop\.ini$/i, /\.tmp$/i];

export const isIgnored = (name: string): boolean => IGNORED.some((form) => form.test(name));

/**
 * Letters and digits of any script, and few signs: nothing that is read backwards, hides, or leads out
 * of the folder, on any file system. The answer's name is longer, and must fit too.
 */
const ACCEPTED = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._()-]{0,119}$/u;
/** Bytes that a name may have, less those of the longest ending we add. */
const MOST_BYTES = 255 - 40;

/** @throws PacketboatError DOCUMENT_NAME */
export function checkName(name: string): void {
  if (ACCEPTED.test(name) && !/[ .]$/.test(name) && Buffer.byteLength(name) <= MOST_BYTES) return;
  throw new PacketboatError("DOCUMENT_NAME", "the file's name is not one that packetboat takes", {
    facts: { shownName: acceptable(name) },
  });
}

/** A name of our own for a file whose name we do not accept, as near to it as may be. */
export function acceptable(name: string): string {
  const plain = name
    .replaceAll(/[^\p{L}\p{M}\p{N} ._()-]/gu, "_")
    .replace(/^[^\p{L}\p{N}]+/u, "")
    .slice(0, 80)
    .replace(/[ .]+$/, "");
  if (ACCEPTED.test(plain) && Buffer.byteLength(plain) <= MOST_BYTES) return plain;
  return "document";
}

/** `abrams.xml`, then `abrams (2).xml` … */
export function* variantsOf(name: string): Generator<string> {
  yield name;
  const dot = name.lastIndexOf(".");
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
  for (let number = 2; ; number++) yield `${stem} (${number})${ending}`;
}
