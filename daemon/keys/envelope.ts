/**
 * What a sealed file is, told from its frames and before a key is touched: sealed at all, whole, in a
 * format that is taken, and for whom (PROTOCOL 4, TRUST B1, B10, B12, B13, B15).
 */
import { PacketboatError } from "../errors.ts";
import { looksArmored, readArmor } from "./armor.ts";
import { type Framing, type Frame, framesOf, TAG } from "./frames.ts";

/** A session key and the data: a sealed file has two frames, anything more is looked at to name it. */
export const MOST_FRAMES = 16;

/** The key id of "whoever can" (gpg --throw-keyids). */
export const ANYBODY = "0000000000000000";

/**
 * The bytes of a sealed file without armour, and the key it was sealed for.
 *
 * @returns recipient: id of the encryption key, 16 upper-case hexadecimal digits
 * @throws PacketboatError PACKET_EMPTY, PACKET_NOT_SEALED, PACKET_CUT_SHORT, PACKET_DAMAGED,
 *   PACKET_FORMAT, PACKET_WEAK
 */
export function readEnvelope(file: Uint8Array): { sealed: Uint8Array; recipient: string } {
  assertNotPlain(file);
  const sealed = looksArmored(file) ? dearmored(file) : file;
  return { sealed, recipient: recipientOf(framesOf(sealed, MOST_FRAMES)) };
}

/**
 * Refuse what no tool sealed.
 *
 * @param start the file, or at least its first 512 bytes
 * @throws PacketboatError PACKET_EMPTY, PACKET_NOT_SEALED
 */
export function assertNotPlain(start: Uint8Array): void {
  const text = Buffer.from(start.subarray(0, 512)).toString("latin1");
  if (text.trim() === "") throw new PacketboatError("PACKET_EMPTY", "the file is empty");
  if (looksArmored(start) && !text.includes("BEGIN PGP SIGNED MESSAGE")) return;
  if (looksLikeText(start)) throw plain("the file is not sealed: it begins with readable text");
}

/**
 * The recipient of a file with these frames, if they are those of a sealed file: one session key for
 * one recipient, then data with an integrity check (SEIPDv1).
 *
 * @throws PacketboatError as `readEnvelope`, but for PACKET_EMPTY
 */
export function recipientOf({ frames: all, end }: Framing): string {
  const frames = all.filter(({ tag }) => tag !== TAG.marker && tag !== TAG.padding);
  const [first] = frames;
  if (!first && end !== "many") {
    throw end === "junk" ? damaged("the file is not OpenPGP") : cutShort();
  }
  if (!first) throw damaged("the file is put together of too many parts");
  const plainTags: readonly number[] = [
    TAG.literal,
    TAG.compressed,
    TAG.signature,
    TAG.onePassSignature,
  ];
  if (plainTags.includes(first.tag)) throw plain("the file is OpenPGP, but it is not encrypted");
  assertFormat(frames);

  const data = frames.findIndex(({ tag }) => tag === TAG.sealed);
  const isLast = data === frames.length - 1;
  if (data >= 0 && isLast && end === "many") {
    throw damaged("the file is put together of too many parts");
  }
  if (data >= 0 && (!isLast || end === "junk" || end === "many")) {
    throw damaged("something hangs behind the sealed data");
  }
  if (end === "junk" || end === "many") throw damaged("the file is put together wrongly");
  if (data < 0 || end === "cut") throw cutShort();
  return recipientIn(frames.slice(0, data));
}

function recipientIn(frames: readonly Frame[]): string {
  const [only] = frames;
  if (!only) throw format("it names no recipient", {});
  if (frames.length > 1) {
    throw format(`it is sealed for ${frames.length} recipients, not for one`, {
      recipients: frames.length,
    });
  }
  return Buffer.from(only.head.subarray(1, 9)).toString("hex").toUpperCase();
}

/** Refuse by name the formats that gpg 2.2 and RFC 4880 do not know, and those that guard nothing. */
function assertFormat(frames: readonly Frame[]): void {
  for (const { tag, head } of frames) {
    const version = head[0];
    if (tag === TAG.passwordSessionKey) throw format("it is sealed with a password", { tag });
    if (tag === TAG.sealedAead) throw format("it is sealed with AEAD (OCB)", { tag });
    if (tag === TAG.sealedUnprotected) {
      throw new PacketboatError("PACKET_WEAK", "its data has no integrity check", {
        facts: { tag },
      });
    }
    const expected = tag === TAG.sessionKey ? 3 : tag === TAG.sealed ? 1 : null;
    if (expected === null)
      throw format(`it has a part of kind ${tag}, which no packet has`, { tag });
    if (version !== undefined && version !== expected) {
      throw format(`its part of kind ${tag} has version ${version}, not ${expected}`, {
        tag,
        version,
      });
    }
  }
}

function dearmored(file: Uint8Array): Uint8Array {
  const armor = readArmor(Buffer.from(file).toString("latin1"));
  if (!armor || armor.end === "cut") throw cutShort();
  if (armor.kind !== "MESSAGE") throw format(`it is a PGP ${armor.kind}, not a message`, {});
  if (armor.end === "junk") throw damaged("its armour is broken, or something stands around it");
  return armor.bytes;
}

/** Told by its first bytes: XML in any encoding, CSV, a PDF … A seal begins with a byte above 127. */
function looksLikeText(bytes: Uint8Array): boolean {
  const [first = 0, second = 0, third = 0] = bytes;
  const hasByteOrderMark =
    (first === 0xef && second === 0xbb && third === 0xbf) ||
    (first === 0xff && second === 0xfe) ||
    (first === 0xfe && second === 0xff);
  const isPrintable = (byte: number): boolean =>
    (byte >= 0x20 && byte < 0x7f) || (byte >= 9 && byte <= 13);
  return hasByteOrderMark || [...bytes.subarray(0, 8)].every(isPrintable);
}

const plain = (sentence: string): PacketboatError =>
  new PacketboatError("PACKET_NOT_SEALED", sentence);

const damaged = (sentence: string): PacketboatError =>
  new PacketboatError("PACKET_DAMAGED", sentence);

const cutShort = (): PacketboatError =>
  new PacketboatError("PACKET_CUT_SHORT", "the file ends before its data does");

const format = (sentence: string, facts: Record<string, number>): PacketboatError =>
  new PacketboatError("PACKET_FORMAT", sentence, { facts });
