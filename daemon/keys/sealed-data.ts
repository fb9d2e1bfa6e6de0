/**
 * Sealed data of any length, piece by piece (RFC 4880, 5.13 and 5.14: SEIPDv1): AES in CFB mode over a prefix made by
 * chance, the content, and a SHA-1 of both. openpgp.js can do it too, but its streams hand every piece on a dozen
 * times, which took most of the time of a large attachment.
 *
 * Whoever is given a piece is done with it before asking for the next: its memory is used again.
 */
import { createCipheriv, createHash, randomBytes } from "node:crypto";
import { PacketboatError } from "../errors.ts";
import { MOST_FRAMES } from "./envelope.ts";
import { FrameReader, lengthOf, TAG } from "./frames.ts";
import {
  BLOCK_BYTES,
  cipherNamed,
  Look,
  NO_START,
  PREFIX_BYTES,
  type SessionKey,
  tooMany,
} from "./inside.ts";

/** The header of the frame of the check: its tag, 19, and its length. */
const CHECK_HEADER = Buffer.of(0xd3, 0x14);
const CHECK_BYTES = CHECK_HEADER.length + 20;

/** A body in parts has them by powers of two. */
const PART_BITS = 20;
const PART_BYTES = 2 ** PART_BITS;

/** The frame of sealed data for a content, with a key of AES-256. */
export async function* sealedData(
  content: AsyncIterable<Uint8Array>,
  key: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const part = Buffer.allocUnsafe(1 + PART_BYTES);
  part[0] = 0xe0 | PART_BITS;
  let end = 1;
  yield Buffer.of(0xc0 | TAG.sealed);
  for await (const piece of bodyOf(content, key)) {
    for (let at = 0; at < piece.length;) {
      const taken = piece.subarray(at, at + part.length - end);
      part.set(taken, end);
      at += taken.length;
      end += taken.length;
      if (end < part.length) continue;
      yield part;
      end = 1;
    }
  }
  yield Buffer.concat([lengthOf(end - 1), part.subarray(1, end)]);
}

async function* bodyOf(
  content: AsyncIterable<Uint8Array>,
  key: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const cipher = createCipheriv(cipherNamed("aes256"), key, NO_START);
  const check = createHash("sha1");
  const sealed = (piece: Uint8Array): Uint8Array => {
    check.update(piece);
    return cipher.update(piece);
  };
  const chance = randomBytes(BLOCK_BYTES);
  yield Buffer.of(1);
  yield sealed(Buffer.concat([chance, chance.subarray(-2)]));
  for await (const piece of content) yield sealed(piece);
  yield sealed(CHECK_HEADER);
  yield cipher.update(check.digest());
}

/** Opens the sealed data of one file, and finds out at its end whether it is whole. */
export class SealedDataReader {
  readonly #look: Look;
  readonly #check = createHash("sha1");
  /** How much stands under the seal before the frame of the check. */
  readonly #checkAt: number;
  #at = 0;
  #end = Buffer.alloc(0);

  /** @param bodyBytes of the frame of sealed data, with its version */
  constructor(key: SessionKey, bodyBytes: number) {
    this.#look = new Look(key);
    this.#checkAt = bodyBytes - 1 - CHECK_BYTES;
  }

  /**
   * The content of a sealed file; nothing of it is proved before the end.
   *
   * @throws PacketboatError PACKET_FORMAT if there are more frames under the seal than anybody needs; PACKET_DAMAGED
   */
  async *contentOf(file: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let bodies: Uint8Array[] = [];
    const frames = new FrameReader(MOST_FRAMES, (tag, body) => {
      if (tag === TAG.sealed) bodies.push(body);
    });
    for await (const piece of file) {
      frames.push(piece);
      const content = this.#open(bodies);
      if (content.length > 0) yield content;
      bodies = [];
    }
    if (!this.isWhole) throw new PacketboatError("PACKET_DAMAGED", "its integrity check fails");
  }

  /** Was all of it read, and does the check hold? */
  get isWhole(): boolean {
    const check = Buffer.concat([CHECK_HEADER, this.#check.copy().digest()]);
    return this.#end.equals(check);
  }

  #open([first = NOTHING, ...more]: readonly Uint8Array[]): Buffer {
    const open = this.#look.push(more.length === 0 ? first : Buffer.concat([first, ...more]));
    if (this.#look.isTooMany) throw tooMany();
    const between = (from: number, to: number): Buffer =>
      open.subarray(Math.max(0, from - this.#at), Math.max(0, to - this.#at));
    const checked = between(0, this.#checkAt + CHECK_HEADER.length);
    const content = between(PREFIX_BYTES, this.#checkAt);
    this.#check.update(checked);
    this.#end = Buffer.concat([this.#end, between(this.#checkAt, Infinity)]);
    this.#at += open.length;
    return content;
  }
}

const NOTHING = Buffer.alloc(0);
