/**
 * A signed content between reading and believing. The content is out of reach until a key has proved
 * the signature; whose key that has to be is looked up in between, by who keeps the keys (PROTOCOL 4).
 */
import { PacketboatError } from "../errors.ts";
import type { Fingerprint } from "../ids.ts";
import { looksArmored, readArmor } from "./armor.ts";
import { framesOf, TAG } from "./frames.ts";
import type { PublicKey } from "./key.ts";
import { type Layer, readLayer, type UnprovedSignature } from "./layer.ts";
import { POLICY, type Policy } from "./policy.ts";
import type { Issuer, SignatureFacts } from "./signature.ts";
import { assertGood } from "./standing.ts";
import { unpack } from "./unpack.ts";

export interface Verified {
  readonly content: Uint8Array;
  readonly signer: Fingerprint;
  /** What the signer's clock said. The caller judges it: PROTOCOL 4, "Times". */
  readonly signedAt: Date;
}

export interface Unverified {
  readonly issuer: Issuer;
  readonly signedAt: Date;
  /** Whether this key made the signature: nothing more, and nothing is believed for it. */
  isBy(key: PublicKey): Promise<boolean>;
  /**
   * Prove the signature with the key of the one agency that may have made it.
   *
   * The key is judged at the time of signing; whether it is still good now, the caller asks
   * `standingOf`.
   *
   * @throws PacketboatError PACKET_UNKNOWN_SIGNER: not this key's. PACKET_DAMAGED: its signature does
   *   not hold. PACKET_WEAK, KEY_REVOKED, KEY_EXPIRED, PACKET_SIGNED_AT_WRONG_TIME.
   */
  verify(signer: PublicKey, at: Date): Promise<Verified>;
}

export interface UnverifiedText extends Unverified {
  /**
   * The content, proved by nobody. For a card, which is signed by the key it carries: take the key
   * out of it, believe nothing else, and then `verify` with that key.
   */
  unverifiedContent(): Uint8Array;
}

/**
 * Whoever opens a sealed file has its signature too. A document that a district attached, because somebody brought it,
 * may read like a request of its own, or like its key's word for another: but its signature names a reader.
 */
function assertMadeForAnybody({ recipients }: SignatureFacts): void {
  if (recipients.length === 0) return;
  const sentence =
    "its signature was made for a sealed file, and stands for no document of its own";
  throw new PacketboatError("PACKET_FORMAT", sentence);
}

/** Room for signatures, names and lengths around a content. */
const WRAPPING_BYTES = 16 * 1024;

/**
 * Read an inline-signed message: a request, a referral, a card, a directory. Armoured or binary,
 * compressed or not, with exactly one signature; never a cleartext signature, nor one out of a sealed file.
 *
 * @param limits.maxBytes of the content
 * @throws PacketboatError PACKET_NOT_SIGNED, PACKET_SIGNATURES, PACKET_FORMAT, PACKET_TOO_BIG,
 *   PACKET_DAMAGED
 */
export async function readSigned(
  input: Uint8Array | string,
  limits: { maxBytes: number; policy?: Policy },
): Promise<UnverifiedText> {
  const { maxBytes, policy = POLICY } = limits;
  const given = typeof input === "string" ? Buffer.from(input, "utf8") : input;
  // Armour makes four bytes of three, and breaks lines.
  if (given.length > 1.5 * (maxBytes + WRAPPING_BYTES)) throw tooBig(maxBytes);
  const bytes = looksArmored(given) ? dearmored(given) : given;
  const { frames, end } = framesOf(bytes);
  if (end !== "whole" || frames.length === 0) throw damaged("it is no whole OpenPGP message");
  if (frames.some(({ tag }) => tag === TAG.sealed || tag === TAG.sessionKey)) {
    throw new PacketboatError("PACKET_FORMAT", "it is encrypted where it has to be signed only");
  }
  const layer = await readLayer(bytes, policy).catch(broken);
  const { signature, content } = await soleSignature(layer, { maxBytes, policy });
  assertMadeForAnybody(signature);
  return {
    issuer: signature.issuer,
    signedAt: signature.signedAt,
    isBy: (key) => signature.isBy(key),
    unverifiedContent: () => content,
    verify: async (signer, at) => {
      await prove(signature, signer, at);
      return { content, signer: signer.fingerprint, signedAt: signature.signedAt };
    },
  };
}

/**
 * The one signature of a message and what it covers, unpacked if need be.
 *
 * @throws PacketboatError PACKET_NOT_SIGNED, PACKET_SIGNATURES, PACKET_FORMAT, PACKET_TOO_BIG,
 *   PACKET_DAMAGED
 */
export async function soleSignature(
  outer: Layer,
  { maxBytes, policy }: { maxBytes: number; policy: Policy },
): Promise<{ signature: UnprovedSignature; content: Uint8Array }> {
  const layer = await unpacked(outer, { maxBytes, policy });
  const count = (...tags: number[]) => layer.tags.filter((tag) => tags.includes(tag)).length;
  const made = count(TAG.onePassSignature, TAG.signature);
  if (made + count(TAG.literal) !== layer.tags.length || count(TAG.literal) !== 1) {
    throw new PacketboatError("PACKET_FORMAT", "it holds something else than one signed content");
  }
  if (made === 0) throw new PacketboatError("PACKET_NOT_SIGNED", "it carries no signature");
  const [signature] = layer.signatures;
  if (made > 1 || layer.signatures.length !== 1 || !signature) {
    const sentence =
      made > 1
        ? `it carries ${made} signatures`
        : "its signature is of a kind or version that is not taken";
    throw new PacketboatError("PACKET_SIGNATURES", sentence, { facts: { signatures: made } });
  }
  if (layer.content.length > maxBytes) throw tooBig(maxBytes);
  return { signature, content: layer.content };
}

/** One layer of compression is taken off; tools put on no more. What a bomb has below, stays as it is. */
async function unpacked(
  layer: Layer,
  { maxBytes, policy }: { maxBytes: number; policy: Policy },
): Promise<Layer> {
  const [body] = layer.packed;
  if (!body) return layer;
  if (layer.packed.length > 1 || layer.tags.length > 1) {
    throw new PacketboatError("PACKET_FORMAT", "it is compressed in an unusual way");
  }
  return await readLayer(await unpack(body, maxBytes + WRAPPING_BYTES), policy).catch(broken);
}

/**
 * Prove a signature, judging the key at the time of signing.
 *
 * @param at our clock now
 * @throws PacketboatError as `Unverified.verify` says
 */
export async function prove(
  signature: UnprovedSignature,
  signer: PublicKey,
  at: Date,
): Promise<void> {
  assertProvable(signature, signer, at);
  if (!(await signature.isBy(signer))) throw damaged("its signature does not hold");
}

/** What can be said of a signature and a key without computing. */
export function assertProvable(facts: SignatureFacts, signer: PublicKey, at: Date): void {
  const { issuer, hash, signedAt, expires } = facts;
  const { keyId } = issuer;
  if (!isIssuer(signer, issuer)) {
    const sentence = `it was signed with key ${keyId}, not with ${signer.fingerprint}`;
    throw new PacketboatError("PACKET_UNKNOWN_SIGNER", sentence, { facts: { keyId } });
  }
  if (!signer.policy.hashes.includes(hash)) {
    throw new PacketboatError("PACKET_WEAK", `its signature uses ${hash}`, { facts: { hash } });
  }
  if (facts.isText && !signer.policy.textSignatures) {
    const sentence = "it was signed as text with any line ends (gpg --textmode), not as bytes";
    throw new PacketboatError("PACKET_SIGNATURES", sentence);
  }
  const wrongTime =
    signedAt < signer.created
      ? `it was signed at ${signedAt.toISOString()}, before its key was made`
      : expires && at >= expires
        ? `its signature was to hold until ${expires.toISOString()} only`
        : null;
  if (wrongTime !== null) throw new PacketboatError("PACKET_SIGNED_AT_WRONG_TIME", wrongTime);
  assertGood(signer, signedAt);
}

/** Is this the key, or does it own the subkey, that the signature names? */
export const isIssuer = (key: PublicKey, { keyId, fingerprint }: Issuer): boolean =>
  key.parts.some(
    (part) =>
      part.signs &&
      part.keyId === keyId &&
      (fingerprint === null || fingerprint === part.fingerprint),
  );

function dearmored(given: Uint8Array): Uint8Array {
  const armor = readArmor(Buffer.from(given).toString("latin1"));
  if (armor?.kind === "SIGNED MESSAGE") {
    throw new PacketboatError("PACKET_FORMAT", "it has a cleartext signature, which is not taken");
  }
  if (armor?.kind !== "MESSAGE" || armor.end !== "whole") {
    throw damaged("its armour is cut off, broken, or of another kind");
  }
  return armor.bytes;
}

const tooBig = (maxBytes: number): PacketboatError =>
  new PacketboatError("PACKET_TOO_BIG", `it holds more than ${maxBytes} bytes`, {
    facts: { maxBytes },
  });

const damaged = (sentence: string, cause?: unknown): PacketboatError =>
  new PacketboatError("PACKET_DAMAGED", sentence, { cause });

/** For what openpgp.js could not read; it does not say why in a way that a program may rely on. */
export function broken(cause: unknown): never {
  if (cause instanceof PacketboatError) throw cause;
  throw damaged("it was altered, cut short or put together wrongly", cause);
}
