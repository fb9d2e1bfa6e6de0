/**
 * ASCII armour read strictly: one block, nothing before or behind it. openpgp.js is more forgiving
 * and passes over what stands around a block. The checksum is not looked at (RFC 9580, 6.1): what
 * is inside is signed, or guarded by the seal.
 */

export interface Armor {
  /** `MESSAGE`, `PUBLIC KEY BLOCK`, `SIGNED MESSAGE` … */
  readonly kind: string;
  readonly bytes: Uint8Array;
  /** `cut` before its last line; `junk` inside or behind it. */
  readonly end: "whole" | "cut" | "junk";
}

const FIRST_LINE = /^\s*-----BEGIN PGP ([A-Z ]{1,30})-----[ \t]*\r?\n/;
/** Some tools write more than five hyphens at the end; they carry nothing. */
const LAST_LINE = /^-----END PGP ([A-Z ]{1,30})-----+\s*$/;
const BLANK_LINE = /\r?\n[ \t]*\r?\n/;
const CHECKSUM = /\n=[A-Za-z0-9+/]{4}\s*$/;
const NOT_BASE64 = /[^A-Za-z0-9+/=\s]|=\s*[A-Za-z0-9+/]/;
const HEADERS_CHARS = 2000;

/** @returns null if the text does not begin like an armoured block. */
export function readArmor(text: string): Armor | null {
  const first = FIRST_LINE.exec(text);
  if (!first) return null;
  const kind = first[1] ?? "";
  const start = first[0].length;
  const end = text.indexOf("-----", start);

  const headersAndBody = `\n${text.slice(start, end < 0 ? undefined : end)}`;
  const blank = BLANK_LINE.exec(headersAndBody.slice(0, HEADERS_CHARS));
  const body = blank ? headersAndBody.slice(blank.index + blank[0].length) : "";
  const base64 = body.replace(CHECKSUM, "");
  const bytes = Uint8Array.from(Buffer.from(base64, "base64"));

  const tail = end < 0 ? "" : text.slice(end);
  const last = LAST_LINE.exec(tail);
  if (!last && `-----END PGP ${kind}-----`.startsWith(tail)) return { kind, bytes, end: "cut" };
  const isSound = last?.[1] === kind && blank !== null && !NOT_BASE64.test(base64);
  return { kind, bytes, end: isSound ? "whole" : "junk" };
}

/** Does it begin like armour? Told from the first bytes, so that binary files are not read as text. */
export const looksArmored = (bytes: Uint8Array): boolean =>
  /^\s*-----BEGIN PGP /.test(Buffer.from(bytes.subarray(0, 64)).toString("latin1"));
