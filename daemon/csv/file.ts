/**
 * A list of many rows, read twice and never held in memory: once for its digest and its encoding, once for its
 * rows. That it did not change in between is told by the digest.
 */
import { createHash } from "node:crypto";
import { constants, type FileHandle, open } from "node:fs/promises";
import { diskRefusal, errnoOf } from "../disk.ts";
import { PacketboatError } from "../errors.ts";
import type { Sha256 } from "../ids.ts";
import { markedEncoding } from "../packet/encoding.ts";
import { delimiterOf, START_CHARACTERS, withoutSeparatorLine } from "./form.ts";
import { type Refusal, rowsOf } from "./rows.ts";

export type { Refusal } from "./rows.ts";

export type FileEncoding = "auto" | "utf-8" | "utf-16" | "windows-1252";
export type FileDelimiter = "auto" | "tab" | "," | ";" | "|";

export interface Surveyed {
  readonly path: string;
  readonly sha256: Sha256;
  /** As a decoder knows it. */
  readonly encoding: string;
  readonly modifiedAt: Date;
  readonly size: number;
  readonly invalid: Refusal;
}

/** A row, or the header. */
export interface Line {
  /** As an editor counts, from one: where the row ends. */
  readonly number: number;
  readonly fields: readonly string[];
}

/**
 * @throws PacketboatError what `invalid` makes if it is empty or in another encoding than it is said to be;
 *   FILE_NOT_FOUND, FILE_UNREADABLE
 */
export async function survey(
  path: string,
  { encoding, invalid }: { readonly encoding: FileEncoding; readonly invalid: Refusal },
): Promise<Surveyed> {
  await using file = await opened(path);
  const hash = createHash("sha256");
  const utf8 = new Utf8();
  let first: Buffer | null = null;
  let hasZero = false;
  for await (const chunk of piecesOf(file, path)) {
    first ??= chunk;
    hash.update(chunk);
    utf8.read(chunk);
    hasZero ||= chunk.includes(0);
  }
  if (first === null) throw invalid("the file is empty");
  const marked = markedEncoding(first);
  if (marked === "utf-8" && !utf8.isWhole()) {
    throw invalid("the file is not utf-8, though it begins with its mark");
  }
  const { mtime, size } = await file.stat();
  return {
    path,
    sha256: hash.digest("hex") as Sha256,
    encoding: marked ?? unmarked(encoding, { isUtf8: utf8.isWhole(), hasZero, first, invalid }),
    modifiedAt: mtime,
    size,
    invalid,
  };
}

/** Told apart chunk by chunk: is it UTF-8? */
class Utf8 {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #isSo = true;

  read(chunk: Uint8Array): void {
    this.#isSo &&= this.#decodes(chunk, true);
  }

  isWhole(): boolean {
    return this.#isSo && this.#decodes(new Uint8Array(), false);
  }

  #decodes(chunk: Uint8Array, stream: boolean): boolean {
    try {
      this.#decoder.decode(chunk, { stream });
      return true;
    } catch (error) {
      if (error instanceof TypeError) return false;
      throw error;
    }
  }
}

function unmarked(
  encoding: FileEncoding,
  {
    isUtf8,
    hasZero,
    first,
    invalid,
  }: { isUtf8: boolean; hasZero: boolean; first: Buffer; invalid: Refusal },
): string {
  // A header begins with a plain letter.
  if (encoding === "utf-16") return first[0] === 0 ? "utf-16be" : "utf-16le";
  if (hasZero) {
    throw invalid("the file has zero bytes: if it is UTF-16, save it with a byte order mark");
  }
  if (encoding === "utf-8" && !isUtf8) {
    throw invalid("the file is not UTF-8, as the config says of it");
  }
  return encoding === "windows-1252" || !isUtf8 ? "windows-1252" : "utf-8";
}

/**
 * The header, and then every row that is not blank.
 *
 * @param isKnown is this a column that means something to us?
 * @param read hears of the bytes that were read, as many as a piece of the file has
 * @throws PacketboatError what the survey was told to make of it if it cannot be read as a list, or changed since it was surveyed
 */
export async function* linesOf(
  { path, sha256, encoding, invalid }: Surveyed,
  { delimiter: wanted }: { readonly delimiter: FileDelimiter },
  isKnown: (header: string) => boolean,
  read: (bytes: number) => void = () => undefined,
): AsyncGenerator<Line, void> {
  await using file = await opened(path);
  const hash = createHash("sha256");
  const texts = textsOf(file, { path, encoding, hash, read });
  const start = await startOf(texts);
  const { body, told } = withoutSeparatorLine(start);
  const skipped = start.length === body.length ? 0 : 1;
  const sign = told ?? (wanted === "auto" ? null : wanted === "tab" ? "\t" : wanted);
  const delimiter = delimiterOf(body, sign, isKnown);
  if (typeof delimiter !== "string") throw invalid(delimiter.fault);
  const rows = rowsOf(followed(body, texts), { delimiter, invalid });
  for await (const { line, fields } of rows) yield { number: line + skipped, fields };
  if (hash.digest("hex") !== sha256) throw invalid("the file changed while it was read");
}

async function startOf(texts: AsyncGenerator<string, void>): Promise<string> {
  let start = "";
  while (start.length < START_CHARACTERS) {
    const next = await texts.next();
    if (next.done) break;
    start += next.value;
  }
  return start;
}

async function* followed(
  body: string,
  texts: AsyncGenerator<string, void>,
): AsyncGenerator<string> {
  yield body;
  yield* texts;
}

async function* textsOf(
  file: FileHandle,
  about: Pick<Surveyed, "path" | "encoding"> & {
    readonly hash: ReturnType<typeof createHash>;
    readonly read: (bytes: number) => void;
  },
): AsyncGenerator<string, void> {
  const decoder = new TextDecoder(about.encoding);
  for await (const chunk of piecesOf(file, about.path)) {
    about.hash.update(chunk);
    about.read(chunk.length);
    yield decoder.decode(chunk, { stream: true });
  }
  yield decoder.decode();
}

async function* piecesOf(file: FileHandle, path: string): AsyncGenerator<Buffer, void> {
  try {
    for await (const chunk of file.createReadStream({ autoClose: false, start: 0 })) {
      yield chunk as Buffer;
    }
  } catch (error) {
    throw diskRefusal(error, path);
  }
}

async function opened(path: string): Promise<FileHandle> {
  try {
    // A pipe would keep us waiting for whoever writes into it.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if ((await file.stat()).isFile()) return file;
    await file.close();
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === null) throw cause;
    const code = errno === "ENOENT" ? "FILE_NOT_FOUND" : "FILE_UNREADABLE";
    throw new PacketboatError(code, `the file cannot be read (${errno})`, { cause });
  }
  throw new PacketboatError("FILE_UNREADABLE", "the file is not a plain file");
}
