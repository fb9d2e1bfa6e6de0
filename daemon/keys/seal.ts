/** Sealing and signing: what leaves this home. */
import { randomBytes } from "node:crypto";
import { materialOf, type PrivateKey, type PublicKey, secretOf } from "./key.ts";
import { ANY_TIME, createMessage, encrypt, settingsOf, sign } from "./pgp.ts";
import { recipientNotation } from "./signature.ts";
import { encryptingPartOf, signingTimeOf } from "./standing.ts";

export interface Sealing {
  readonly signWith: PrivateKey;
  readonly sealFor: PublicKey;
  /** The time of signing. */
  readonly at: Date;
}

/**
 * Sign, then encrypt to one recipient; binary OpenPGP (PROTOCOL 3). AES-256 and SEIPDv1, whatever the
 * recipient's key prefers: gpg reads nothing newer.
 *
 * Nothing is compressed: a packet carries other people's words beside a student's, and the length of
 * a compressed one tells about both. It would turn 10 KB into 2, and double the time.
 *
 * @throws PacketboatError KEY_EXPIRED, KEY_REVOKED: ours or theirs, by its fingerprint.
 */
export async function seal(content: Uint8Array, sealing: Sealing): Promise<Uint8Array> {
  return await sealAny(content, sealing);
}

/** The same, for bytes in memory and for a stream of them. */
export async function sealAny<T extends Uint8Array | ReadableStream<Uint8Array>>(
  content: T,
  { signWith, sealFor, at }: Sealing,
): Promise<T> {
  const { keyId } = encryptingPartOf(sealFor, at);
  const date = signingTimeOf(signWith.publicKey, at);
  const recipient = materialOf(sealFor);
  const signed = await sign({
    message: await createMessage({ binary: content, date }),
    signingKeys: secretOf(signWith),
    signatureNotations: recipientNotation(sealFor.fingerprint),
    date,
    format: "object",
    config: settingsOf(signWith.publicKey.policy),
  });
  const sealed: unknown = await encrypt({
    message: signed,
    encryptionKeys: recipient,
    // Chosen above by our clock; the library would turn down a key of a clock that is ahead of it.
    encryptionKeyIDs: recipient.getKeyIDs().filter((id) => id.toHex().toUpperCase() === keyId),
    date: ANY_TIME,
    // Given here, or the library would follow the recipient's preferences, AEAD among them.
    sessionKey: { data: randomBytes(32), algorithm: "aes256" },
    format: "binary",
    config: settingsOf(sealFor.policy),
  });
  return sealed as T;
}

/**
 * Sign a document that anybody may read: a request, a referral, a card, a directory. Inline, in ASCII
 * armour with `\n` and no white space around it, so that it can stand in an XML leaf.
 *
 * @throws PacketboatError KEY_EXPIRED, KEY_REVOKED
 */
export async function signInline(
  text: string,
  { signWith, at }: Omit<Sealing, "sealFor">,
): Promise<string> {
  const date = signingTimeOf(signWith.publicKey, at);
  const armored: unknown = await sign({
    message: await createMessage({ binary: new TextEncoder().encode(text), date }),
    signingKeys: secretOf(signWith),
    date,
    format: "armored",
    config: settingsOf(signWith.publicKey.policy),
  });
  return (armored as string).replaceAll("\r", "").trim();
}
