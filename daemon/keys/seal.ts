/** Sealing and signing: what leaves this home. */
import { randomBytes } from "node:crypto";
import { materialOf, type PrivateKey, type PublicKey, secretOf } from "./key.ts";
import { ANY_TIME, createMessage, encrypt, encryptSessionKey, settingsOf, sign } from "./pgp.ts";
import { sealedData } from "./sealed-data.ts";
import { recipientNotation } from "./signature.ts";
import { encryptingPartOf, signingTimeOf } from "./standing.ts";

export interface Sealing {
  readonly signWith: PrivateKey;
  readonly sealFor: PublicKey;
  /** The time of signing. */
  readonly at: Date;
}

/** Of more than this the library would hold a dozen copies, where a stream holds pieces. */
const PIECE_BYTES = 256 * 1024;

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
  if (content.length > PIECE_BYTES) return sealInPieces(content, sealing);
  const { signing, encrypting } = chosen(sealing);
  const sealed: unknown = await encrypt({
    message: await sign({
      ...signing,
      message: await createMessage({ binary: content, date: signing.date }),
      format: "object",
    }),
    ...encrypting,
    // Given here, or the library would follow the recipient's preferences, AEAD among them.
    sessionKey: { data: randomBytes(32), algorithm: "aes256" },
    format: "binary",
  });
  return sealed as Uint8Array;
}

async function sealInPieces(content: Uint8Array, sealing: Sealing): Promise<Uint8Array> {
  const sealed: Uint8Array[] = [];
  const pieces = ReadableStream.from(piecesOf(content));
  for await (const piece of sealStream(pieces, sealing)) sealed.push(Buffer.from(piece));
  return Buffer.concat(sealed);
}

function* piecesOf(content: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < content.length; at += PIECE_BYTES) {
    yield content.subarray(at, at + PIECE_BYTES);
  }
}

/**
 * The same for content of any length. A piece is written before the next is asked for: its memory is used again.
 *
 * @throws PacketboatError as `seal`
 */
export async function* sealStream(
  content: ReadableStream<Uint8Array>,
  sealing: Sealing,
): AsyncGenerator<Uint8Array> {
  const { signing, encrypting } = chosen(sealing);
  const key = randomBytes(32);
  const algorithm = "aes256";
  yield await encryptSessionKey({ data: key, algorithm, ...encrypting, format: "binary" });
  const signed: unknown = await sign({
    ...signing,
    message: await createMessage({ binary: content, date: signing.date }),
    format: "binary",
  });
  yield* sealedData(signed as ReadableStream<Uint8Array>, key);
}

/** What the library needs to know to sign, and to encrypt. */
function chosen({ signWith, sealFor, at }: Sealing) {
  const { keyId } = encryptingPartOf(sealFor, at);
  const recipient = materialOf(sealFor);
  return {
    signing: {
      signingKeys: secretOf(signWith),
      signatureNotations: recipientNotation(sealFor.fingerprint),
      date: signingTimeOf(signWith.publicKey, at),
      config: settingsOf(signWith.publicKey.policy),
    },
    encrypting: {
      encryptionKeys: recipient,
      // Chosen by our clock; the library would turn down a key of a clock that is ahead of it.
      encryptionKeyIDs: recipient.getKeyIDs().filter((id) => id.toHex().toUpperCase() === keyId),
      date: ANY_TIME,
      config: settingsOf(sealFor.policy),
    },
  };
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
