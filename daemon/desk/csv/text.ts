/** From the bytes of a list to its text: as spreadsheets and student information systems write it. */
import type { DropFolder } from "../../config.ts";
import { decoded, markedEncoding } from "../../packet/encoding.ts";
import { faultyList } from "./faulty.ts";

export type CsvEncoding = DropFolder["csv"]["encoding"];

/**
 * A mark at the file's beginning counts for more than the setting, since our own answers have one.
 *
 * @param encoding `auto`: UTF-8 if it is, or else windows-1252
 * @throws PacketboatError DOCUMENT_INVALID: a name that was read wrongly would be sent so
 */
export function listText(bytes: Uint8Array, encoding: CsvEncoding): string {
  const marked = markedEncoding(bytes);
  const text = marked ? decoded(bytes, marked) : unmarkedText(bytes, encoding);
  if (text === null) throw faultyList(`the file is not ${marked}, though it begins with its mark`);
  if (text.includes("\0")) {
    throw faultyList("the file has zero bytes: if it is UTF-16, save it with a byte order mark");
  }
  return text.replace(/^\u{FEFF}/u, "");
}

/** The beginning of a list, good enough to see its header; what is cut in two at the end is not minded. */
export function listStart(bytes: Uint8Array, encoding: CsvEncoding): string {
  const likely = encoding === "windows-1252" ? encoding : "utf-8";
  const name = markedEncoding(bytes) ?? (encoding === "utf-16" ? order(bytes) : likely);
  return new TextDecoder(name).decode(bytes);
}

function unmarkedText(bytes: Uint8Array, encoding: CsvEncoding): string {
  if (encoding === "utf-16") {
    const text = decoded(bytes, order(bytes));
    if (text === null)
      throw faultyList("the file is not UTF-16, as the config says of this folder");
    return text;
  }
  const utf8 = decoded(bytes, "utf-8");
  if (encoding === "utf-8") {
    if (utf8 !== null) return utf8;
    throw faultyList("the file is not UTF-8, as the config says of this folder");
  }
  if (utf8 === null) return windowsText(bytes);
  const isPlain = bytes.every((byte) => byte < 0x80);
  if (encoding === "auto" || isPlain) return utf8;
  throw faultyList("the file is UTF-8, not windows-1252 as the config says of this folder");
}

/** Five of its bytes mean nothing, and are found soon in a file of another encoding. */
function windowsText(bytes: Uint8Array): string {
  const text = decoded(bytes, "windows-1252") ?? "";
  if (!/[\u0080-\u009f]/.test(text)) return text;
  throw faultyList("the file is neither UTF-8 nor windows-1252: save it as CSV UTF-8");
}

/** A header begins with a plain letter. */
const order = ([first]: Uint8Array): string => (first === 0 ? "utf-16be" : "utf-16le");
