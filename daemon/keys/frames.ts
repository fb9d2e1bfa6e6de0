/**
 * The frames of an OpenPGP file, read without opening any (RFC 4880, section 4.2; there they are
 * called packets, a word that here means something else). They tell what a file is, whether it is
 * whole and whether something hangs behind it, before a key is touched.
 */

export interface Frame {
  /** What it is: 1 a session key for a recipient, 2 a signature, 18 sealed data … */
  readonly tag: number;
  /** The first bytes of the body, at most 16: versions, key ids, algorithms. */
  readonly head: Uint8Array;
}

export interface Framing {
  readonly frames: readonly Frame[];
  /**
   * How the file ends: `whole` after a whole frame, `cut` within one, or with `junk` that is no frame;
   * `many` when there were more of them, or of pieces, than anybody needs: the rest was not looked at.
   */
  readonly end: "whole" | "cut" | "junk" | "many";
}

export const TAG = {
  sessionKey: 1,
  signature: 2,
  passwordSessionKey: 3,
  onePassSignature: 4,
  secretKey: 5,
  publicKey: 6,
  secretSubkey: 7,
  compressed: 8,
  sealedUnprotected: 9,
  marker: 10,
  literal: 11,
  trust: 12,
  userId: 13,
  publicSubkey: 14,
  userAttribute: 17,
  sealed: 18,
  sealedAead: 20,
  padding: 21,
} as const;

const HEAD_BYTES = 16;

/** A body in pieces has them by the half kilobyte at least, but for its last (RFC 4880, 4.2.2.4). */
const PIECE_BYTES = 256;
const FEW_PIECES = 64;

/** Reads frames from bytes that arrive in pieces, keeping none of them. */
export class FrameReader {
  readonly #most: number;
  readonly #frames: { tag: number; head: number[] }[] = [];
  /** Bytes of the frame's header, or of a length between two parts of it, that came so far. */
  #header: number[] = [];
  /** Bytes of the body that must still come; between two frames -1. */
  #left = -1;
  #isPartial = false;
  #pieces = 0;
  #bytes = 0;
  #stopped: "junk" | "many" | null = null;
  readonly #hear: (tag: number, body: Uint8Array) => void;

  /**
   * @param most frames that are looked at
   * @param hear is given the body of each frame, as it comes
   */
  constructor(most: number, hear: (tag: number, body: Uint8Array) => void = () => undefined) {
    this.#most = most;
    this.#hear = hear;
  }

  get isTooMany(): boolean {
    return this.#stopped === "many";
  }

  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length && this.#stopped === null) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, bytes.length - at);
        const body = bytes.subarray(at, at + taken);
        this.#keepHead(body);
        this.#bytes += taken;
        this.#hear(this.#frames.at(-1)?.tag ?? 0, body);
        this.#left -= taken;
        at += taken;
      } else {
        this.#header.push(bytes[at] ?? 0);
        at += 1;
        this.#readHeader();
      }
      if (this.#left === 0 && !this.#isPartial) this.#left = -1;
    }
  }

  end(): Framing {
    const frames = this.#frames.map(({ tag, head }) => ({ tag, head: Uint8Array.from(head) }));
    const isCut =
      this.#header.length > 0 || this.#isPartial || (this.#left > 0 && this.#left !== Infinity);
    return { frames, end: this.#stopped ?? (isCut ? "cut" : "whole") };
  }

  #keepHead(bytes: Uint8Array): void {
    const head = this.#frames.at(-1)?.head;
    if (head && head.length < HEAD_BYTES) head.push(...bytes.subarray(0, HEAD_BYTES - head.length));
  }

  #readHeader(): void {
    if (this.#isPartial) {
      this.#take(newLength(this.#header));
      return;
    }
    const [first = 0, ...octets] = this.#header;
    const isNew = (first & 0x40) !== 0;
    if (octets.length === 0) {
      if ((first & 0x80) === 0) this.#stopped = "junk";
      else if (this.#frames.length >= this.#most) this.#stopped = "many";
      else this.#frames.push({ tag: isNew ? first & 0x3f : (first & 0x3f) >> 2, head: [] });
    }
    if (this.#stopped !== null) return;
    this.#take(isNew ? newLength(octets) : oldLength(first & 3, octets));
  }

  #take(length: Length | null): void {
    if (length === null) return;
    this.#left = length.bytes;
    this.#isPartial = length.isPartial;
    this.#header = [];
    if (!length.isPartial) return;
    this.#pieces++;
    if (this.#pieces > FEW_PIECES + this.#bytes / PIECE_BYTES) this.#stopped = "many";
  }
}

/** A frame with a header of the new form, whole. */
export function frameOf(tag: number, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(0xc0 | tag), lengthOf(body.length), body]);
}

/** A length in the form of five octets, which is never too short. */
export function lengthOf(bytes: number): Buffer {
  const length = Buffer.alloc(5, 0xff);
  length.writeUInt32BE(bytes, 1);
  return length;
}

/** The frames of a whole file. */
export function framesOf(bytes: Uint8Array, most = 16): Framing {
  const reader = new FrameReader(most);
  reader.push(bytes);
  return reader.end();
}

interface Length {
  readonly bytes: number;
  /** The body goes on after these bytes, with another length (RFC 4880, 4.2.2.4). */
  readonly isPartial: boolean;
}

const whole = (bytes: number): Length => ({ bytes, isPartial: false });

/** @returns null while octets of the length are missing. */
function newLength(octets: readonly number[]): Length | null {
  const [first, second] = octets;
  if (first === undefined) return null;
  if (first < 192) return whole(first);
  if (first < 224) return second === undefined ? null : whole(((first - 192) << 8) + second + 192);
  if (first < 255) return { bytes: 2 ** (first & 0x1f), isPartial: true };
  return octets.length < 5 ? null : whole(bigEndian(octets.slice(1)));
}

/** @param kind 0, 1, 2 for a length of 1, 2, 4 octets; 3 for a body that ends with the file */
function oldLength(kind: number, octets: readonly number[]): Length | null {
  if (kind === 3) return whole(Infinity);
  return octets.length < 2 ** kind ? null : whole(bigEndian(octets));
}

const bigEndian = (octets: readonly number[]): number =>
  octets.reduce((sum, octet) => sum * 256 + octet, 0);
