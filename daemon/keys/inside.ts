/**
 * The frames under a seal, counted before openpgp.js reads them: it takes microseconds and memory for each,
 * also for those it passes over, and eight megabytes hold four million. Nothing here is believed: whether the
 * data is whole and whose it is, is found out afterwards.
 */
import { createDecipheriv, type Decipheriv } from "node:crypto";
import { PacketboatError } from "../errors.ts";
import { MOST_FRAMES } from "./envelope.ts";
import { FrameReader, framesOf, TAG } from "./frames.ts";

export interface SessionKey {
  readonly data: Uint8Array;
  readonly algorithm: string;
}

export const BLOCK_BYTES = 16;
/** In front of what is sealed: a block by chance, and its last two bytes once more (RFC 4880, 5.13). */
export const PREFIX_BYTES = BLOCK_BYTES + 2;
/** SEIPDv1 does without a starting value: the prefix does what that is for. */
export const NO_START = Buffer.alloc(BLOCK_BYTES);

/** What one key makes of sealed data, as its body comes. */
export class Look {
  readonly #cipher: Decipheriv;
  readonly #frames = new FrameReader(MOST_FRAMES);
  #prefix = Buffer.alloc(0);
  #hasVersion = false;

  constructor({ data, algorithm }: SessionKey) {
    this.#cipher = createDecipheriv(cipherNamed(algorithm), data, NO_START);
  }

  /** A wrong key shows noise: that is nothing to judge by. */
  get isTooMany(): boolean {
    const [before, after] = [this.#prefix.subarray(-4, -2), this.#prefix.subarray(-2)];
    return before.equals(after) && this.#frames.isTooMany;
  }

  /** @returns the bytes under the seal, from the prefix to the check */
  push(body: Uint8Array): Buffer {
    const sealed = this.#hasVersion ? body : body.subarray(1);
    this.#hasVersion ||= body.length > 0;
    const open = this.#cipher.update(sealed);
    const missing = PREFIX_BYTES - this.#prefix.length;
    if (missing > 0) this.#prefix = Buffer.concat([this.#prefix, open.subarray(0, missing)]);
    this.#frames.push(open.subarray(missing));
    return open;
  }
}

/** By openpgp.js's name for it, without the mode. */
export const cipherNamed = (algorithm: string): string =>
  `aes-${algorithm.slice("aes".length)}-cfb`;

/** @throws PacketboatError PACKET_FORMAT if there are more frames under this seal than anybody needs */
export function assertFewInside(sealed: Uint8Array, keys: readonly SessionKey[]): void {
  // Others than AES are refused elsewhere.
  const looks = keys
    .filter(({ algorithm }) => algorithm.startsWith("aes"))
    .map((key) => new Look(key));
  const reader = new FrameReader(MOST_FRAMES, (tag, body) => {
    if (tag === TAG.sealed) for (const look of looks) look.push(body);
  });
  reader.push(sealed);
  if (looks.some(({ isTooMany }) => isTooMany)) throw tooMany();
}

/** @throws PacketboatError PACKET_FORMAT if these are more frames than anybody needs */
export function assertFew(bytes: Uint8Array): void {
  if (framesOf(bytes, MOST_FRAMES).end === "many") throw tooMany();
}

export const tooMany = (): PacketboatError =>
  new PacketboatError("PACKET_FORMAT", "it is put together of more parts than any packet has");
