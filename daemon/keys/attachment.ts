/**
 * Attachments: files of any size, sealed and opened piece by piece. What is written lies under a
 * temporary name until all of it is proved, and is gone if it is not (PROTOCOL 3, "Attachments").
 */
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { diskRefusal, errnoOf, moveDurably, removeQuietly } from "../disk.ts";
import { PacketboatError } from "../errors.ts";
import type { Sha256 } from "../ids.ts";
import { looksArmored } from "./armor.ts";
import { assertNotPlain, MOST_FRAMES, recipientOf } from "./envelope.ts";
import { frameOf, FrameReader, type Framing, TAG } from "./frames.ts";
import type { SessionKey } from "./inside.ts";
import { materialOf, type PrivateKey, type PublicKey, secretOf } from "./key.ts";
import { ANY_TIME, decryptSessionKeys, readMessage, settingsOf, verify } from "./pgp.ts";
import { sealStream, type Sealing } from "./seal.ts";
import { SealedDataReader } from "./sealed-data.ts";
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
    await using source = await reading(paths.from);
    const pieces = streamOf(content.through(source.pieces));
    await file.writeFile(sealed.through(sealStream(pieces, sealing)));
  });
  return {
    bytes: content.bytes,
    sha256: content.digest(),
    sealedBytes: sealed.bytes,
    sealedSha256: sealed.digest(),
  };
}

/** A sealed file that was looked at once, from end to end, with nothing opened. */
export interface SurveyedFile extends Pick<SealedAttachment, "sealedBytes" | "sealedSha256"> {
  readonly path: string;
  /** What it begins with. */
  readonly start: Uint8Array;
  readonly framing: Framing;
  /** What stands in the frame of the session key. */
  readonly sessionKey: Uint8Array;
  /** Of the frame of sealed data. */
  readonly dataBytes: number;
}

/**
 * Size and digest of a file that should be sealed; what it is, is judged by `unsealFile`.
 *
 * @throws PacketboatError FILE_NOT_FOUND, DISK_…
 */
export async function surveyFile(path: string): Promise<SurveyedFile> {
  const meter = new Meter(Infinity);
  let [start, sessionKey, dataBytes] = [NOTHING, NOTHING, 0];
  const frames = new FrameReader(MOST_FRAMES, (tag, body) => {
    if (tag === TAG.sealed) dataBytes += body.length;
    // No session key is longer.
    if (tag === TAG.sessionKey && sessionKey.length < START_BYTES) {
      sessionKey = Buffer.concat([sessionKey, body.subarray(0, START_BYTES)]);
    }
  });
  await using file = await reading(path, Buffer.allocUnsafe(PIECE_BYTES));
  for await (const piece of meter.through(file.pieces)) {
    if (start.length === 0) start = Buffer.from(piece.subarray(0, START_BYTES));
    frames.push(piece);
  }
  return {
    path,
    start,
    framing: frames.end(),
    sessionKey,
    dataBytes,
    sealedBytes: meter.bytes,
    sealedSha256: meter.digest(),
  };
}

/**
 * Open one sealed file and prove who sealed it.
 *
 * @param sealed unchanged since
 * @param to must not be there; whole, synced and proved when this returns, absent when it throws
 * @param by.signer the agency whose packet named the file
 * @param by.at our clock now
 * @param by.maxBytes of the content, also when it is compressed
 * @throws PacketboatError as `unseal` and its `verify`; FILE_NOT_FOUND, FILE_EXISTS, DISK_…
 */
export async function unsealFile(
  sealed: SurveyedFile,
  to: string,
  by: { ourKeys: readonly PrivateKey[]; signer: PublicKey; at: Date; maxBytes: number },
): Promise<OpenedAttachment> {
  const ourKeys = openersFor(recipientNamed(sealed), by.ourKeys);
  const content = new Meter(by.maxBytes);
  const facts = await writing(to, async (file) => {
    await using source = await reading(sealed.path, Buffer.allocUnsafe(PIECE_BYTES));
    try {
      const key = await keyIn(sealed.sessionKey, { ...by, ourKeys });
      const data = new SealedDataReader(key, sealed.dataBytes);
      const opened = await opening(data.contentOf(source.pieces), by);
      await file.writeFile(content.through(opened.content));
      if (!data.isWhole) return broken(null);
      return await provedBy(opened, by);
    } catch (error) {
      if (error instanceof PacketboatError || errnoOf(error) !== null) throw error;
      return broken(error);
    }
  });
  const { sealedBytes, sealedSha256 } = sealed;
  const { bytes } = content;
  return { bytes, sha256: content.digest(), sealedBytes, sealedSha256, signedAt: facts.signedAt };
}

function recipientNamed({ start, framing }: SurveyedFile): string {
  assertNotPlain(start);
  if (looksArmored(start)) {
    throw new PacketboatError("PACKET_FORMAT", "it is armoured, and an attachment is binary");
  }
  return recipientOf(framing);
}

const START_BYTES = 4096;
const NOTHING = Buffer.alloc(0);

/** @param body of the frame of the session key */
async function keyIn(
  body: Uint8Array,
  by: { ourKeys: readonly PrivateKey[]; signer: PublicKey },
): Promise<SessionKey> {
  const config = {
    ...settingsOf(by.signer.policy),
    // It would tell of several keys, of which one is right. Nobody can try his luck here: a packet that
    // was proved names the file by its digest.
    constantTimePKCS1Decryption: false,
  };
  const message = await readMessage({ binaryMessage: frameOf(TAG.sessionKey, body), config });
  const decryptionKeys = by.ourKeys.map(secretOf);
  const found = await decryptSessionKeys({ message, decryptionKeys, config });
  assertStrong(found, by.signer.policy);
  const [only] = found;
  if (!only) throw new Error("no session key");
  return { data: only.data, algorithm: only.algorithm ?? "aes256" };
}

interface Opened {
  readonly content: ReadableStream<Uint8Array>;
  readonly signatures: Awaited<ReturnType<typeof verify>>["signatures"];
}

/** Unpacked bytes may run ahead of the content that is counted by a few pieces. */
const RUN_AHEAD_BYTES = 1024 * 1024;

/** @param pieces what stands under the seal */
async function opening(
  pieces: AsyncIterable<Uint8Array>,
  by: { signer: PublicKey; maxBytes: number },
): Promise<Opened> {
  const config = {
    ...settingsOf(by.signer.policy),
    maxDecompressedMessageSize: by.maxBytes + RUN_AHEAD_BYTES,
  };
  const opened = await verify({
    message: await readMessage({ binaryMessage: streamOf(pieces), config }),
    verificationKeys: materialOf(by.signer),
    date: ANY_TIME,
    format: "binary",
    config,
  });
  const content: unknown = opened.data;
  return { content: content as ReadableStream<Uint8Array>, signatures: opened.signatures };
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

/** Each is handed on many times inside the library, and costs the same whatever its size. */
const PIECE_BYTES = 256 * 1024;

/**
 * A file being read; closed when its reader leaves, however that may be.
 *
 * @param memory for every piece, if whoever has one is done with it before asking for the next
 */
async function reading(
  path: string,
  memory?: Buffer,
): Promise<AsyncDisposable & { pieces: AsyncGenerator<Uint8Array> }> {
  const file = await open(path, "r").catch((error: unknown) => {
    if (errnoOf(error) !== "ENOENT") throw diskRefusal(error, path);
    throw new PacketboatError("FILE_NOT_FOUND", `${basename(path)} is not there`);
  });
  return { pieces: piecesOf(file, memory), [Symbol.asyncDispose]: () => file.close() };
}

async function* piecesOf(file: FileHandle, memory: Buffer | undefined): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { buffer, bytesRead } = await file.read(memory ?? Buffer.allocUnsafe(PIECE_BYTES));
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** The only form in which openpgp.js takes streams. */
const streamOf = (pieces: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> =>
  ReadableStream.from(pieces);

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
