/**
 * From bytes to text: strictly for what travels (PROTOCOL 3), forgivingly for what offices write
 * (PROTOCOL 9). Nothing is ever replaced by a question mark.
 */
import { PacketboatError } from "../errors.ts";

/**
 * @param bytes a packet or a signed text; UTF-8 without byte order mark
 * @throws PacketboatError XML_ENCODING
 */
export function strictText(bytes: Uint8Array): string {
  const text = decoded(bytes, "utf-8");
  if (text === null) throw encoding("the document is not UTF-8");
  refuseSigns(text);
  return text;
}

/**
 * @param bytes UTF-8 with or without byte order mark, UTF-16 with it, or windows-1252 if the XML
 *   declaration says so; a mark wins over the declaration, which PowerShell writes without looking
 * @returns the text without the mark; line ends of any kind as `\n`
 * @throws PacketboatError XML_ENCODING
 */
export function officeText(bytes: Uint8Array): string {
  const encodingName = markedEncoding(bytes) ?? declaredEncoding(bytes) ?? "utf-8";
  const text = decoded(bytes, encodingName);
  if (text === null) {
    throw encoding(
      `the document is not ${encodingName}; save it as UTF-8, or declare encoding="windows-1252"`,
    );
  }
  const plain = text.replace(/^\u{FEFF}/u, "").replaceAll(/\r\n?/g, "\n");
  refuseSigns(plain);
  return plain;
}

/**
 * A plain text as an office's editor saves it, which declares nothing.
 *
 * @param bytes UTF-8 with or without byte order mark, UTF-16 with it, else windows-1252
 * @returns the text without the mark; line ends of any kind as `\n`; `null` if it is no text
 */
export function editorText(bytes: Uint8Array): string | null {
  const marked = markedEncoding(bytes);
  const text =
    marked === null
      ? (decoded(bytes, "utf-8") ?? decoded(bytes, "windows-1252"))
      : decoded(bytes, marked);
  if (text === null || text.includes("\0")) return null;
  return text.replace(/^\u{FEFF}/u, "").replaceAll(/\r\n?/g, "\n");
}

/** `line 3, column 17` of an index in a text, both counted from one. */
export function lineAndColumn(text: string, index: number): string {
  const before = text.slice(0, index);
  return `line ${before.split("\n").length}, column ${index - before.lastIndexOf("\n")}`;
}

/** Both are valid UTF-8, and signs of something else: joined files, UTF-16 without its mark. */
function refuseSigns(text: string): void {
  const mark = text.indexOf("\u{FEFF}");
  if (mark >= 0)
    throw encoding(`the document has a byte order mark at ${lineAndColumn(text, mark)}`);
  const zero = text.indexOf("\0");
  if (zero >= 0) throw encoding(`the document has a zero byte at ${lineAndColumn(text, zero)}`);
}

/** What the byte order mark at the beginning says, if there is one. */
export function markedEncoding(bytes: Uint8Array): string | null {
  const [first, second, third] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  return first === 0xef && second === 0xbb && third === 0xbf ? "utf-8" : null;
}

/** What the declaration names, as the decoder knows it; the two others are parts of windows-1252. */
const DECLARED: Record<string, string> = {
  "utf-8": "utf-8",
  "windows-1252": "windows-1252",
  "iso-8859-1": "windows-1252",
  "us-ascii": "windows-1252",
};

function declaredEncoding(bytes: Uint8Array): string | null {
  const start = Buffer.from(bytes.subarray(0, 200)).toString("latin1");
  const name = /^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']/.exec(start)?.[1];
  if (name === undefined) return null;
  const known = DECLARED[name.toLowerCase()];
  if (known !== undefined) return known;
  throw encoding(`the document is declared as ${name}; save it as UTF-8`);
}

/**
 * The text in this encoding, or `null` if it is not in it. The byte order mark stays in the text: whether
 * it may be there is not the decoder's question.
 */
export function decoded(bytes: Uint8Array, encodingName: string): string | null {
  try {
    return new TextDecoder(encodingName, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

const encoding = (sentence: string): PacketboatError =>
  new PacketboatError("XML_ENCODING", sentence);
