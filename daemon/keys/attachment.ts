/**
 * Attachments: files of any size, sealed and opened piece by piece. What is written lies under a
 * temporary name until all of it is proved, and is gone if it is not (PROTOCOL 3, "Attachments").
 */
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { diskRefusal, errnoOf, moveDurably, removeQuietly } from "../disk.ts";
import { PacketboatError } from "../errors.ts";
import type { Sha256 } from "../ids.ts";
import { looksArmored } from "./armor.ts";
import { assertNotPlain, MOST_FRAMES, recipientOf } from "./envelope.ts";
import { FrameReader } from "./frames.ts";
import { InsideReader } from "./inside.ts";
import { materialOf, type PrivateKey, type PublicKey, secretOf } from "./key.ts";
import { ANY_TIME, decrypt, decryptSessionKeys, readMessage, settingsOf } from "./pgp.ts";
import { sealAny, type Sealing } from "./seal.ts";
import { factsOf, type SignatureFacts } from "./signature.ts";
import { assertProvable, broken } from "./signed.ts";
import { assertMeantForUs, assertStrong, openersFor } from "./unseal.ts";

export interface SealedAttachment {
  /** Of the content. */
  readonly bytes: number;
  readonly sha256: Sha256;
  readonly sealedBytes: number;
  readonly sealedSha256: Sha256;
}

export interface OpenedAttachment extends SealedAttachment {
  /** What the signer's clock said; the caller judges it. */
  readonly signedAt: Date;
}

/**
 * Seal one file for one recipient, as `seal` does a packet.
 *
 * @param paths.to must not be there; whole and synced when this returns, absent when it throws
 * @returns sizes and digests of exactly what was read and written
 * @throws PacketboatError KEY_EXPIRED, KEY_REVOKED, FILE_NOT_FOUND, FILE_EXISTS, DISK_…
 */
export async function sealFile(
  paths: { from: string; to: string },
  sealing: Sealing,
): Promise<SealedAttachment> {
  const content = new Meter(Infinity);
  const sealed = new Meter(Infinity);
  await writing(paths.to, async (file) => {
    await using source = await reading(paths.from, content);
    const stream = await sealAny(webStreamOf(source.pieces), sealing);
    await file.writeFile(sealed.through(stream));
  });
  return {
    bytes: content.bytes,
    sha256: content.digest(),
    sealedBytes: sealed.bytes,
    sealedSha256: sealed.digest(),
  };
}

/**
 * Open one sealed file and prove who sealed it.
 *
 * @param paths.to must not be there; whole, synced and proved when this returns, absent when it throws
 * @param by.signer the agency whose packet named the file
 * @param by.at our clock now
 * @param by.maxBytes of the content, also when it is compressed
 * @throws PacketboatError as `unseal` and its `verify`; FILE_NOT_FOUND, FILE_EXISTS, DISK_…
 */
export async function unsealFile(
  paths: { from: string; to: string },
  by: { ourKeys: readonly PrivateKey[]; signer: PublicKey; at: Date; maxBytes: number },
): Promise<OpenedAttachment> {
  const { recipient, ...sealed } = await surveyed(paths.from);
  const ourKeys = openersFor(recipient, by.ourKeys);
  const content = new Meter(by.maxBytes);
  const facts = await writing(paths.to, async (file) => {
    await using source = await reading(paths.from, new Meter(Infinity));
    try {
      const opened = await opening(source.pieces, { ...by, ourKeys });
      await file.writeFile(content.through(opened.content));
      return await provedBy(opened, by);
    } catch (error) {
      if (error instanceof PacketboatError || errnoOf(error) !== null) throw error;
      return broken(error);
    }
  });
  return { ...sealed, bytes: content.bytes, sha256: content.digest(), signedAt: facts.signedAt };
}

/** Look at the whole sealed file once, opening nothing. */
async function surveyed(
  path: string,
): Promise<{ recipient: string; sealedBytes: number; sealedSha256: Sha256 }> {
  const meter = new Meter(Infinity);
  const frames = new FrameReader(MOST_FRAMES);
  let start = new Uint8Array();
  await using file = await reading(path, meter);
  for await (const piece of file.pieces as AsyncIterable<Uint8Array>) {
    if (start.length === 0) start = piece.slice(0, 512);
    frames.push(piece);
  }
  assertNotPlain(start);
  if (looksArmored(start)) {
    throw new PacketboatError("PACKET_FORMAT", "it is armoured, and an attachment is binary");
  }
  const recipient = recipientOf(frames.end());
  return { recipient, sealedBytes: meter.bytes, sealedSha256: meter.digest() };
}

interface Opened {
  readonly content: ReadableStream<Uint8Array>;
  readonly signatures: Awaited<ReturnType<typeof decrypt>>["signatures"];
}

/** Unpacked bytes may run ahead of the content that is counted by a few pieces. */
const RUN_AHEAD_BYTES = 1024 * 1024;

async function opening(
  pieces: Readable,
  by: { ourKeys: readonly PrivateKey[]; signer: PublicKey; maxBytes: number },
): Promise<Opened> {
  const config = {
    ...settingsOf(by.signer.policy),
    allowUnauthenticatedStream: true,
    maxDecompressedMessageSize: by.maxBytes + RUN_AHEAD_BYTES,
    // It would try several session keys at once, and a stream has none to lose. Nobody can try his
    // luck here: a packet that was proved names the file by its digest.
    constantTimePKCS1Decryption: false,
  };
  const inside = new InsideReader();
  const binaryMessage = webStreamOf(Readable.from(watched(pieces, inside)));
  const message = await readMessage({ binaryMessage, config });
  const decryptionKeys = by.ourKeys.map(secretOf);
  const found = await decryptSessionKeys({ message, decryptionKeys, config });
  assertStrong(found, by.signer.policy);
  const sessionKeys = found.map(({ data, algorithm }) => ({
    data,
    algorithm: algorithm ?? "aes256",
  }));
  inside.unlock(sessionKeys);
  const opened = await decrypt({
    message,
    sessionKeys,
    verificationKeys: materialOf(by.signer),
    date: ANY_TIME,
    format: "binary",
    config,
  });
  const content: unknown = opened.data;
  return { content: content as ReadableStream<Uint8Array>, signatures: opened.signatures };
}

/** What goes by is seen by the watcher first, who may stop it. */
async function* watched(
  pieces: AsyncIterable<Uint8Array>,
  watcher: InsideReader,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    watcher.push(piece);
    yield piece;
  }
}

/** To be asked when the content was read to its end: not before is there a verdict. */
async function provedBy(
  { signatures }: Opened,
  by: { ourKeys: readonly PrivateKey[]; signer: PublicKey; at: Date },
): Promise<SignatureFacts> {
  const [only] = signatures;
  if (!only) throw new PacketboatError("PACKET_NOT_SIGNED", "it carries no signature");
  if (signatures.length > 1) {
    const sentence = `it carries ${signatures.length} signatures`;
    throw new PacketboatError("PACKET_SIGNATURES", sentence);
  }
  const facts = factsOf((await only.signature).packets);
  assertProvable(facts, by.signer, by.at);
  await only.verified;
  assertMeantForUs(facts, by.ourKeys);
  return facts;
}

/** Counts and digests what passes, and stops it at a limit. */
class Meter {
  readonly #hash = createHash("sha256");
  readonly #most: number;
  bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  async *through(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      this.bytes += piece.length;
      if (this.bytes > this.#most) {
        throw new PacketboatError("PACKET_TOO_BIG", `it holds more than ${this.#most} bytes`, {
          facts: { maxBytes: this.#most },
        });
      }
      this.#hash.update(piece);
      yield piece;
    }
  }

  digest(): Sha256 {
    return this.#hash.copy().digest("hex") as Sha256;
  }
}

const PIECE_BYTES = 64 * 1024;

/** A file being read and metered; closed when its reader leaves, however that may be. */
async function reading(
  path: string,
  meter: Meter,
): Promise<AsyncDisposable & { pieces: Readable }> {
  const file = await open(path, "r").catch((error: unknown) => {
    if (errnoOf(error) !== "ENOENT") throw diskRefusal(error, path);
    throw new PacketboatError("FILE_NOT_FOUND", `${basename(path)} is not there`);
  });
  const pieces = Readable.from(meter.through(piecesOf(file)));
  return {
    pieces,
    [Symbol.asyncDispose]: async () => {
      pieces.destroy();
      await file.close();
    },
  };
}

async function* piecesOf(file: FileHandle): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(PIECE_BYTES));
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** The only form in which openpgp.js takes Node's streams. */
const webStreamOf = (pieces: Readable): ReadableStream<Uint8Array> =>
  Readable.toWeb(pieces) as ReadableStream<Uint8Array>;

/**
 * Let `write` fill a new file beside `path`, and give it its name, synced, only if that went well.
 * What a crash left there under the temporary name was never whole, and goes first.
 */
async function writing<T>(path: string, write: (file: FileHandle) => Promise<T>): Promise<T> {
  const temporary = `${path}.part`;
  await removeQuietly(temporary);
  try {
    const result = await filling(temporary, write);
    await moveDurably(temporary, path);
    return result;
  } catch (error) {
    await removeQuietly(temporary);
    throw diskRefusal(error, path);
  }
}

async function filling<T>(path: string, write: (file: FileHandle) => Promise<T>): Promise<T> {
  await using file = await open(path, "wx", 0o600);
  const result = await write(file);
  await file.sync();
  return result;
}
