/**
 * The only door to openpgp.js. It lets through the few functions that the files of this folder use,
 * each with its settings; its types go no further than this folder.
 *
 * What to know of the library (6.3): its errors say what happened only in words, so nobody here reads
 * them. Each call does one thing that can fail in one way, and the caller knows what a failure means.
 */
import { type Config, config as defaults, enums } from "openpgp";
import type { Policy } from "./policy.ts";

export {
  createMessage,
  decrypt,
  decryptKey,
  decryptSessionKeys,
  encrypt,
  encryptSessionKey,
  enums,
  generateKey,
  readKey,
  readMessage,
  readPrivateKey,
  sign,
  verify,
} from "openpgp";
export type {
  Config,
  Key,
  Message,
  PacketList,
  PrivateKey,
  Signature,
  SignaturePacket,
  Subkey,
} from "openpgp";

/** For openpgp.js: judge at no particular time. Its types leave this out of some functions. */
export const ANY_TIME = null as unknown as Date;

/** Each policy's, made once: a packet may have thousands of signatures inside. */
const settings = new WeakMap<Policy, Config>();

/**
 * The settings for a call. All that matter are named, so that a new default changes nothing here;
 * the library's global settings are read, and never changed.
 */
export function settingsOf(policy: Policy): Config {
  const known = settings.get(policy) ?? madeFor(policy);
  settings.set(policy, known);
  return known;
}

function madeFor(policy: Policy): Config {
  return {
    ...defaults,
    preferredHashAlgorithm: enums.hash.sha512,
    preferredSymmetricAlgorithm: enums.symmetric.aes256,
    preferredCompressionAlgorithm: enums.compression.uncompressed,
    aeadProtect: false,
    v6Keys: false,
    enableParsingV5Entities: false,
    enforceGrammar: true,
    allowUnauthenticatedMessages: false,
    allowUnauthenticatedStream: false,
    allowMissingKeyFlags: policy.missingKeyFlags,
    // A key that was prolonged since has newer self-signatures than the message. The times of key
    // and signature are compared in signed.ts.
    allowInsecureVerificationWithReformattedKeys: true,
    constantTimePKCS1Decryption: true,
    maxArgon2MemoryExponent: 18,
    minRSABits: policy.minRsaBits,
    rejectPublicKeyAlgorithms: allBut(enums.publicKey, policy.algorithms),
    rejectCurves: new Set(
      Object.values(enums.curve).filter((curve) => !policy.curves.includes(curve)),
    ),
    rejectMessageHashAlgorithms: allBut(enums.hash, policy.hashes),
  };
}

function allBut<E extends number>(
  names: Readonly<Record<string, E | string>>,
  kept: readonly string[],
): Set<E> {
  const others = Object.entries(names).filter(
    (entry): entry is [string, E] => typeof entry[1] === "number" && !kept.includes(entry[0]),
  );
  return new Set(others.map(([, value]) => value));
}
