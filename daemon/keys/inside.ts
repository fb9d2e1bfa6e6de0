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

const BLOCK_BYTES = 16;
/** In front of what is sealed: a block by chance, and its last two bytes once more (RFC 4880, 5.13). */
const PREFIX_BYTES = BLOCK_BYTES + 2;

/** Watches a sealed file go by, and its frames as soon as the key to them is known. */
export class InsideReader {
  readonly #outer = new FrameReader(MOST_FRAMES, (tag, body) => {
    if (tag === TAG.sealed) this.#sealed(body);
  });
  /** What came before the key. */
  #early: Uint8Array[] = [];
  #looks: Look[] | null = null;

  push(bytes: Uint8Array): void {
    this.#outer.push(bytes);
    if (this.#looks?.some(({ isTooMany }) => isTooMany)) throw tooMany();
  }

  /** @param keys several, if it is not known which; others than AES are refused elsewhere */
  unlock(keys: readonly SessionKey[]): void {
    this.#looks = keys.filter(({ algorithm }) => algorithm.startsWith("aes")).map(lookWith);
    for (const body of this.#early) this.#sealed(body);
    this.#early = [];
    this.push(new Uint8Array());
  }

  #sealed(body: Uint8Array): void {
    if (this.#looks === null) this.#early.push(Uint8Array.from(body));
    else for (const look of this.#looks) look.push(body);
  }
}

/** What one key makes of the sealed data. */
class Look {
  readonly #cipher: Decipheriv;
  readonly #frames = new FrameReader(MOST_FRAMES);
  #prefix = Buffer.alloc(0);
  #hasVersion = false;

  constructor(cipher: Decipheriv) {
    this.#cipher = cipher;
  }

  /** A wrong key shows noise: that is nothing to judge by. */
  get isTooMany(): boolean {
    const [before, after] = [this.#prefix.subarray(-4, -2), this.#prefix.subarray(-2)];
    return before.equals(after) && this.#frames.isTooMany;
  }

  push(body: Uint8Array): void {
    if (this.#frames.isTooMany) return;
    const sealed = this.#hasVersion ? body : body.subarray(1);
    this.#hasVersion ||= body.length > 0;
    const open = this.#cipher.update(sealed);
    const missing = PREFIX_BYTES - this.#prefix.length;
    if (missing > 0) this.#prefix = Buffer.concat([this.#prefix, open.subarray(0, missing)]);
    this.#frames.push(open.subarray(missing));
  }
}

const lookWith = ({ data, algorithm }: SessionKey): Look =>
  new Look(
    createDecipheriv(`aes-${algorithm.slice("aes".length)}-cfb`, data, Buffer.alloc(BLOCK_BYTES)),
  );

/** @throws PacketboatError PACKET_FORMAT if there are more frames under this seal than anybody needs */
export function assertFewInside(sealed: Uint8Array, keys: readonly SessionKey[]): void {
  const reader = new InsideReader();
  reader.unlock(keys);
  reader.push(sealed);
}

/** @throws PacketboatError PACKET_FORMAT if these are more frames than anybody needs */
export function assertFew(bytes: Uint8Array): void {
  if (framesOf(bytes, MOST_FRAMES).end === "many") throw tooMany();
}

const tooMany = (): PacketboatError =>
  new PacketboatError("PACKET_FORMAT", "it is put together of more parts than any packet has");
