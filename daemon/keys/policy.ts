/**
 * Which keys, ciphers and signatures packetboat takes (DESIGN, "Keys"). `POLICY` is the only one in
 * the product; a key remembers the policy it was judged by, and everything done with the key follows it.
 */
import { PacketboatError } from "../errors.ts";

export interface Policy {
  /** Public key algorithms, by openpgp.js's names. */
  readonly algorithms: readonly string[];
  readonly curves: readonly string[];
  readonly minRsaBits: number;
  readonly ciphers: readonly string[];
  /** For signatures over messages. */
  readonly hashes: readonly string[];
  /** Signatures that cover a text with any line ends, and so not the bytes. */
  readonly textSignatures: boolean;
  /** Keys that do not say what they are for, as some made before 2010. */
  readonly missingKeyFlags: boolean;
}

export const POLICY: Policy = {
  algorithms: ["rsaEncryptSign", "rsaEncrypt", "rsaSign", "eddsaLegacy", "ecdh"],
  curves: ["ed25519Legacy", "curve25519Legacy"],
  minRsaBits: 3072,
  ciphers: ["aes128", "aes192", "aes256"],
  hashes: ["sha256", "sha384", "sha512", "sha3_256", "sha3_512"],
  textSignatures: false,
  missingKeyFlags: false,
};

/** One part of a key: the primary key or a subkey, as its own self-signature describes it. */
export interface KeyPart {
  /** 16 upper-case hexadecimal digits. */
  readonly keyId: string;
  /** 40 upper-case hexadecimal digits. */
  readonly fingerprint: string;
  readonly version: number;
  readonly algorithm: string;
  readonly bits: number | null;
  readonly curve: string | null;
  /** A subkey does only if it said so itself. */
  readonly signs: boolean;
  readonly encrypts: boolean;
  readonly created: Date;
  /** When its present self-signature was made: later than `created` if the key was prolonged. */
  readonly since: Date;
  /** `null`: never. */
  readonly expires: Date | null;
}

/** RFC 9580's own Ed25519, X25519, Ed448 and X448: sound, but gpg 2.2 and 2.4 cannot import them. */
const UNKNOWN_TO_GPG = ["ed25519", "x25519", "ed448", "x448"];

/**
 * Refuse a key that partners' tools cannot use, or that is too weak to guard records. A weak part
 * beside a good one is passed over, here and when the key is used; the primary key must be good.
 *
 * @param parts the primary key first
 * @throws PacketboatError KEY_INVALID, KEY_WEAK
 */
export function assertAcceptable(parts: readonly KeyPart[], policy: Policy): void {
  const [primary] = parts;
  if (!primary) throw new PacketboatError("KEY_INVALID", "the key has no primary key");
  assertGood(primary, policy);
  for (const [use, verb] of [
    ["signs", "sign"],
    ["encrypts", "be encrypted for"],
  ] as const) {
    const able = parts.filter((part) => part[use]);
    const [first] = able;
    if (!first) {
      throw new PacketboatError("KEY_INVALID", `key ${primary.fingerprint} cannot ${verb}`);
    }
    if (!able.some((part) => isGood(part, policy))) assertGood(first, policy);
  }
}

export function isGood(part: KeyPart, policy: Policy): boolean {
  return (
    part.version === 4 &&
    policy.algorithms.includes(part.algorithm) &&
    (part.curve === null || policy.curves.includes(part.curve)) &&
    (!part.algorithm.startsWith("rsa") || (part.bits ?? 0) >= policy.minRsaBits)
  );
}

function assertGood(part: KeyPart, policy: Policy): void {
  if (isGood(part, policy)) return;
  const { keyId, version, algorithm, bits, curve } = part;
  const facts = { keyId, algorithm };
  if (version !== 4 || UNKNOWN_TO_GPG.includes(algorithm)) {
    const what = version === 4 ? `of the newer kind ${algorithm}` : `of version ${version}`;
    throw new PacketboatError("KEY_INVALID", `key ${keyId} is ${what}, which gpg cannot read`, {
      facts,
    });
  }
  const size = bits === null ? (curve ?? "") : `${bits} bits`;
  throw new PacketboatError("KEY_WEAK", `key ${keyId} is ${algorithm} ${size}`.trimEnd(), {
    facts,
  });
}
