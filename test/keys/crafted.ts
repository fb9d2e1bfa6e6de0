/**
 * OpenPGP files put together frame by frame, as no honest tool would: by Node's own crypto where a
 * seal is needed, by openpgp.js where a signature or a session key is.
 */
import { createCipheriv, createHash, createPrivateKey, randomBytes, sign } from "node:crypto";
import * as openpgp from "openpgp";
import { type Agency, NOON } from "./people.ts";

/** One frame with a new-format header (RFC 4880, 4.2.2). */
export function frame(tag: number, body: Uint8Array): Buffer {
  const length = Buffer.alloc(5, 0xff);
  length.writeUInt32BE(body.length, 1);
  return Buffer.concat([Buffer.of(0xc0 | tag), length, body]);
}

export const literal = (content: string): Buffer =>
  frame(11, Buffer.concat([Buffer.from("b\0\0\0\0\0", "latin1"), Buffer.from(content)]));

/** The frames of a one-pass signed message: one-pass header, content, signature. */
export async function signedFrames(
  signer: Agency,
  content: string,
  more: { date?: Date; config?: openpgp.PartialConfig; recipient?: Agency } = {},
): Promise<[Buffer, Buffer, Buffer]> {
  const made: unknown = await openpgp.sign({
    message: await openpgp.createMessage({ binary: Buffer.from(content) }),
    signingKeys: await secretKeyOf(signer),
    date: more.date ?? NOON,
    format: "binary",
    ...(more.config && { config: more.config }),
    ...(more.recipient && { signatureNotations: intendedFor(more.recipient) }),
  });
  const [header, content2, signature] = split(made as Uint8Array);
  if (!header || !content2 || !signature) throw new Error("not a one-pass signed message");
  return [header, content2, signature];
}

/** RFC 4880, 9.4; what a signature may be made with, and what it must not be. */
const HASHES = { md5: 1, sha1: 2, sha256: 8 } as const;

export interface Handmade {
  readonly at?: Date;
  readonly hash?: keyof typeof HASHES;
  /** Fingerprint of the intended recipient (RFC 9580, 5.2.3.36), as Sequoia puts it into what it seals. */
  readonly recipient?: string;
}

/**
 * The frames of a message signed by Ed25519 as openpgp.js would not do it: at any time, by any hash, with
 * subpackets that it does not write.
 */
export async function handSigned(
  signer: Agency,
  content: string,
  { at = NOON, hash = "sha256", recipient }: Handmade,
): Promise<[Buffer, Buffer, Buffer]> {
  const more = recipient === undefined ? [] : [subpacket(35, named(recipient))];
  const body = await signatureBody(signer, Buffer.from(content), { at, hash, more });
  const header = onePassHeader(signer, HASHES[hash]);
  return [header, literal(content), frame(2, body)];
}

/** Shorter than 191 bytes (RFC 4880, 5.2.3.1). */
export const subpacket = (kind: number, body: Uint8Array): Buffer =>
  Buffer.concat([Buffer.of(body.length + 1, kind), body]);

const named = (fingerprint: string): Buffer => Buffer.from(`04${fingerprint}`, "hex");

/** A signature by Ed25519 of any type over any bytes, without its frame. */
export async function signatureBody(
  signer: Agency,
  signed: Uint8Array,
  by: { at: Date; type?: number; hash?: keyof typeof HASHES; more?: readonly Buffer[] },
): Promise<Buffer> {
  const { at, type = 0, hash = "sha256", more = [] } = by;
  const time = Buffer.alloc(4);
  time.writeUInt32BE(Math.floor(at.getTime() / 1000));
  const hashed = Buffer.concat([
    subpacket(2, time),
    subpacket(33, named(signer.key.fingerprint)),
    ...more,
  ]);
  const start = Buffer.concat([Buffer.of(4, type, 22, HASHES[hash], 0, hashed.length), hashed]);
  const trailer = Buffer.from(`04ff${start.length.toString(16).padStart(8, "0")}`, "hex");
  const digest = createHash(hash)
    .update(Buffer.concat([signed, start, trailer]))
    .digest();
  const value = sign(null, digest, await nodeKeyOf(signer));
  const values = [digest.subarray(0, 2), mpi(value, 0), mpi(value, 32)];
  return Buffer.concat([start, Buffer.of(0, 0), ...values]);
}

/** It announces that a signature follows. */
export const onePassHeader = ({ key }: Agency, hash = 8): Buffer =>
  frame(
    4,
    Buffer.concat([
      Buffer.of(3, 0, hash, 22),
      Buffer.from(key.fingerprint.slice(-16), "hex"),
      Buffer.of(1),
    ]),
  );

/** A frame of packed bytes: zip (1), zlib (2) or bzip2 (3). */
export const compressed = (algorithm: number, bytes: Uint8Array): Buffer =>
  frame(8, Buffer.concat([Buffer.of(algorithm), bytes]));

/** 32 bytes as RFC 4880, 3.2 writes whole numbers: without leading zeros. */
function mpi(bytes: Buffer, from: number): Buffer {
  const digits = BigInt(`0x${bytes.subarray(from, from + 32).toString("hex")}`);
  const hex = digits.toString(16);
  const bits = digits.toString(2).length;
  return Buffer.from(
    bits.toString(16).padStart(4, "0") + hex.padStart(hex.length + (hex.length % 2), "0"),
    "hex",
  );
}

async function nodeKeyOf(agency: Agency) {
  const { keyPacket } = await secretKeyOf(agency);
  const { seed } = (keyPacket as openpgp.SecretKeyPacket).privateParams as { seed: Uint8Array };
  const header = Buffer.from("302e020100300506032b657004220420", "hex");
  return createPrivateKey({ key: Buffer.concat([header, seed]), format: "der", type: "pkcs8" });
}

/** Frames encrypted for an agency in SEIPDv1, with nothing looked at. */
export async function encrypted(
  inside: Uint8Array,
  reader: Agency,
  more: { cipher?: "aes256" | "tripledes"; keyId?: "hidden"; breakCheck?: boolean } = {},
): Promise<Buffer> {
  const { cipher = "aes256" } = more;
  const key = randomBytes(cipher === "aes256" ? 32 : 24);
  const sessionKey: unknown = await openpgp.encryptSessionKey({
    data: key,
    algorithm: cipher,
    encryptionKeys: await openpgp.readKey({ armoredKey: reader.key.armored }),
    wildcard: more.keyId === "hidden",
    date: NOON,
    format: "binary",
  });
  const body = integrityProtected(inside, cipher, key, more.breakCheck ?? false);
  return Buffer.concat([sessionKey as Uint8Array, frame(18, body)]);
}

/** What stands under a seal, as its reader comes to have it: a content, and its sender's signature over that. */
export async function insideOf(reader: Agency, file: Uint8Array): Promise<Uint8Array> {
  const message = await openpgp.readMessage({ binaryMessage: file });
  const found = await openpgp.decryptSessionKeys({
    message,
    decryptionKeys: await secretKeyOf(reader),
  });
  const sessionKeys = found.map(({ data, algorithm }) => ({
    data,
    algorithm: algorithm ?? "aes256",
  }));
  const sealed = await openpgp.readMessage({ binaryMessage: file });
  const inside = await sealed.decrypt([], undefined, sessionKeys);
  const [header, content] = inside.packets;
  const { signatures } = await openpgp.verify({
    message: inside,
    verificationKeys: [],
    format: "binary",
  });
  const signature = (await signatures[0]?.signature)?.packets[0];
  const list = new openpgp.PacketList<openpgp.AnyPacket>();
  for (const part of [header, content, signature]) if (part) list.push(part);
  return list.write();
}

/** RFC 4880, 5.13 and 5.14. */
function integrityProtected(
  inside: Uint8Array,
  cipher: string,
  key: Uint8Array,
  breakCheck: boolean,
): Buffer {
  const [name, blockBytes] =
    cipher === "aes256" ? (["aes-256-cfb", 16] as const) : (["des-ede3-cfb", 8] as const);
  const prefix = randomBytes(blockBytes);
  const checked = Buffer.concat([
    prefix,
    prefix.subarray(-2),
    inside,
    Buffer.of(0xd3, breakCheck ? 0x13 : 0x14),
  ]);
  const sha1 = createHash("sha1").update(checked).digest();
  if (breakCheck) sha1.reverse();
  const machine = createCipheriv(name, key, Buffer.alloc(blockBytes));
  return Buffer.concat([
    Buffer.of(1),
    machine.update(Buffer.concat([checked, sha1])),
    machine.final(),
  ]);
}

/** The frames of a file, header and body together; all new and of one part, as openpgp.js writes them. */
export function split(bytes: Uint8Array): Buffer[] {
  const file = Buffer.from(bytes);
  const parts: Buffer[] = [];
  for (let start = 0; start < file.length;) {
    const first = file.readUInt8(start + 1);
    const [header, body] =
      first < 192
        ? [2, first]
        : first < 224
          ? [3, file.readUInt16BE(start + 1) - 0xc000 + 192]
          : [6, file.readUInt32BE(start + 2)];
    parts.push(file.subarray(start, start + header + body));
    start += header + body;
  }
  return parts;
}

const intendedFor = ({ key }: Agency): openpgp.RawNotation => ({
  name: "intended-recipient@packetboat.invalid",
  value: Buffer.from(key.fingerprint),
  humanReadable: true,
  critical: false,
});

const secretKeyOf = async (agency: Agency): Promise<openpgp.PrivateKey> =>
  await openpgp.readPrivateKey({ armoredKey: agency.armoredSecret });
