/**
 * Opening a packet in the order of PROTOCOL 4: decrypt without believing anybody, see who says they
 * signed it, and only with that agency's key get at the content.
 */
import { PacketboatError } from "../errors.ts";
import { ANYBODY, readEnvelope } from "./envelope.ts";
import type { PrivateKey } from "./key.ts";
import { type Unlocked, unlock } from "./layer.ts";
import { POLICY, type Policy } from "./policy.ts";
import type { SignatureFacts } from "./signature.ts";
import { broken, prove, soleSignature, type Unverified } from "./signed.ts";

/**
 * Decrypt one sealed packet, binary or armoured. Its content cannot be reached before `verify` of
 * what is returned has held.
 *
 * @param by.ourKeys the present key and the retired ones that may still open something
 * @param by.maxBytes of the content, also when it is compressed
 * @throws PacketboatError PACKET_EMPTY, PACKET_NOT_SEALED, PACKET_CUT_SHORT (wait: it may still be
 *   coming), PACKET_FORMAT, PACKET_WEAK, PACKET_NOT_FOR_US, PACKET_DAMAGED, PACKET_TOO_BIG,
 *   PACKET_NOT_SIGNED, PACKET_SIGNATURES; `verify` also PACKET_NOT_FOR_US, if it was sealed for
 *   somebody else and passed on.
 */
export async function unseal(
  file: Uint8Array,
  by: { ourKeys: readonly PrivateKey[]; maxBytes: number },
): Promise<Unverified> {
  const { sealed, recipient } = readEnvelope(file);
  const keys = openersFor(recipient, by.ourKeys);
  const unlocked = await unlocking(sealed, keys, recipient);
  const policy = keys[0]?.publicKey.policy ?? POLICY;
  assertStrong(unlocked.sessionKeys, policy);
  const layer = await unlocked.open().catch(broken);
  const { signature, content } = await soleSignature(layer, { maxBytes: by.maxBytes, policy });
  return {
    issuer: signature.issuer,
    signedAt: signature.signedAt,
    isBy: (key) => signature.isBy(key),
    verify: async (signer, at) => {
      await prove(signature, signer, at);
      assertMeantForUs(signature, by.ourKeys);
      return { content, signer: signer.fingerprint, signedAt: signature.signedAt };
    },
  };
}

/**
 * Those of our keys that may open what was sealed for this key id.
 *
 * @throws PacketboatError PACKET_NOT_FOR_US if there is none
 */
export function openersFor(recipient: string, ourKeys: readonly PrivateKey[]): PrivateKey[] {
  if (recipient === ANYBODY) return [...ourKeys];
  const owners = ourKeys.filter(({ publicKey }) =>
    publicKey.parts.some(({ keyId }) => keyId === recipient),
  );
  if (owners.length === 0) throw notForUs(recipient);
  return owners;
}

/**
 * Refuse what its signer sealed for somebody else, who then sealed it again for us with the signature
 * kept. Signatures that do not say whom they are for pass: the header does.
 *
 * @throws PacketboatError PACKET_NOT_FOR_US
 */
export function assertMeantForUs(facts: SignatureFacts, ourKeys: readonly PrivateKey[]): void {
  const ours: readonly string[] = ourKeys.flatMap(({ publicKey }) =>
    publicKey.parts.map(({ fingerprint }) => fingerprint),
  );
  if (facts.recipients.length === 0) return;
  if (facts.recipients.some((fingerprint) => ours.includes(fingerprint))) return;
  const sentence = "its signer sealed it for another agency's key, and somebody passed it on to us";
  throw new PacketboatError("PACKET_NOT_FOR_US", sentence, {
    facts: { keyId: facts.issuer.keyId, intendedFor: facts.recipients },
  });
}

async function unlocking(
  sealed: Uint8Array,
  keys: readonly PrivateKey[],
  recipient: string,
): Promise<Unlocked> {
  return await unlock(sealed, keys).catch((cause: unknown) => {
    // Sealed for "whoever can", and we cannot.
    if (recipient === ANYBODY) throw notForUs(recipient);
    return broken(cause);
  });
}

/**
 * Refuse an old cipher before anything is decrypted with it. With an RSA key of ours the library
 * tells of no cipher but AES; then an old one reads as damage.
 *
 * @throws PacketboatError PACKET_WEAK
 */
export function assertStrong(
  sessionKeys: readonly { readonly algorithm: string | null }[],
  { ciphers }: Policy,
): void {
  const weak = sessionKeys.find(({ algorithm }) => !ciphers.includes(algorithm ?? "none"));
  if (!weak) return;
  const cipher = weak.algorithm ?? "none";
  throw new PacketboatError("PACKET_WEAK", `it is encrypted with ${cipher}`, { facts: { cipher } });
}

const notForUs = (keyId: string): PacketboatError =>
  new PacketboatError("PACKET_NOT_FOR_US", `it is sealed for key ${keyId}, which is not ours`, {
    facts: { keyId },
  });
