/**
 * Keys: made, read and judged. A key that was read is an acceptable one; what openpgp.js knows of it
 * stays hidden behind it, so that no secret is ever logged or written by accident.
 */
import { PacketboatError } from "../errors.ts";
import { type AgencyId, type Fingerprint, parseFingerprint } from "../ids.ts";
import { readKeyBlock } from "./keyblock.ts";
import {
  ANY_TIME,
  type Config,
  decryptKey,
  enums,
  generateKey,
  type Key,
  type PrivateKey as PgpPrivateKey,
  readKey,
  readPrivateKey as readPgpPrivateKey,
  settingsOf,
  type SignaturePacket,
  type Subkey,
} from "./pgp.ts";
import { assertAcceptable, isGood, type KeyPart, POLICY, type Policy } from "./policy.ts";

/** A key that was judged acceptable; made by `readPublicKey` only. */
export interface PublicKey {
  readonly fingerprint: Fingerprint;
  /** The user id: its owner's words, to be shown escaped. */
  readonly name: string;
  readonly created: Date;
  /** When it can no longer both sign and be encrypted for; `null`: never. */
  readonly expires: Date | null;
  /** By its owner, at any time and for any reason. */
  readonly revoked: boolean;
  readonly parts: readonly KeyPart[];
  readonly policy: Policy;
  /** With `\n` and no white space around it, as it stands in a card. */
  readonly armored: string;
}

/** One of our own keys, unlocked; made by `readPrivateKey` only. */
export interface PrivateKey {
  readonly publicKey: PublicKey;
}

const keys = new WeakMap<PublicKey, Key>();
const secrets = new WeakMap<PrivateKey, PgpPrivateKey>();

/**
 * A new key pair: v4, Ed25519 to sign and Curve25519 to be encrypted for, no AEAD (DESIGN, "Keys").
 *
 * @param by.at the time of its making: it signs nothing older
 * @param by.expires without it the key never expires
 * @returns both halves armoured; the private one is not locked, and belongs in a 0600 file
 */
export async function newKeyPair(by: {
  agencyId: AgencyId;
  name: string;
  at: Date;
  expires?: Date;
}): Promise<{ fingerprint: Fingerprint; privateKey: string; publicKey: string }> {
  const made = await generateKey({
    type: "ecc",
    userIDs: { name: by.name, comment: by.agencyId },
    date: by.at,
    keyExpirationTime: by.expires ? Math.round((by.expires.getTime() - by.at.getTime()) / 1000) : 0,
    config: settingsOf(POLICY),
  });
  const { fingerprint, armored } = await readPublicKey(made.publicKey);
  return { fingerprint, privateKey: made.privateKey, publicKey: armored };
}

/**
 * Read and judge the public key of somebody else, armoured or binary.
 *
 * @throws PacketboatError KEY_INVALID, KEY_WEAK. An expired or revoked key is read: see `standingOf`.
 */
export async function readPublicKey(
  input: Uint8Array | string,
  { policy = POLICY }: { policy?: Policy } = {},
): Promise<PublicKey> {
  const binaryKey = readKeyBlock(input, "public");
  const key = await readKey({ binaryKey, config: settingsOf(policy) }).catch(unreadable);
  return await described(key, policy);
}

/**
 * Read and judge one of our own private keys, armoured or binary.
 *
 * @param more.passphrase packetboat's own keys have none: nobody is there at night to type it
 * @throws PacketboatError KEY_INVALID, KEY_WEAK
 */
export async function readPrivateKey(
  input: Uint8Array | string,
  { policy = POLICY, passphrase }: { policy?: Policy; passphrase?: string } = {},
): Promise<PrivateKey> {
  const binaryKey = readKeyBlock(input, "private");
  const config = settingsOf(policy);
  const locked = await readPgpPrivateKey({ binaryKey, config }).catch(unreadable);
  const publicKey = await described(locked.toPublic(), policy);
  const secret =
    passphrase === undefined
      ? locked
      : await decryptKey({ privateKey: locked, passphrase, config }).catch(unreadable);
  if (!secret.getKeys().every(({ keyPacket }) => keyPacket.isDecrypted())) {
    const sentence = `private key ${publicKey.fingerprint} is locked with a passphrase, or not all there; packetboat needs it whole and without one`;
    throw new PacketboatError("KEY_INVALID", sentence);
  }
  const privateKey: PrivateKey = Object.freeze({ publicKey });
  secrets.set(privateKey, secret);
  return privateKey;
}

/** The key as openpgp.js knows it; for this folder only. */
export function materialOf(publicKey: PublicKey): Key {
  const key = keys.get(publicKey);
  if (!key) throw new TypeError("a public key that readPublicKey did not make");
  return key;
}

/** The secret as openpgp.js knows it; for this folder only. */
export function secretOf(privateKey: PrivateKey): PgpPrivateKey {
  const secret = secrets.get(privateKey);
  if (!secret) throw new TypeError("a private key that readPrivateKey did not make");
  return secret;
}

async function described(key: Key, policy: Policy): Promise<PublicKey> {
  const parts = await partsOf(key, policy);
  assertAcceptable(parts, policy);
  const config = settingsOf(policy);
  const publicKey: PublicKey = Object.freeze({
    fingerprint: parseFingerprint(key.getFingerprint()),
    name: key.getUserIDs()[0] ?? "",
    created: key.getCreationTime(),
    expires: lastDayOf(parts, policy),
    revoked: await key.isRevoked(undefined, undefined, ANY_TIME, config),
    parts,
    policy,
    armored: key.armor(config).replaceAll("\r", "").trim(),
  });
  keys.set(publicKey, key);
  return publicKey;
}

/** The primary key first, then each subkey that it vouches for and that is not revoked. */
async function partsOf(key: Key, policy: Policy): Promise<KeyPart[]> {
  const config = settingsOf(policy);
  const { selfCertification } = await key
    .getPrimaryUser(ANY_TIME, undefined, config)
    .catch(unreadable);
  const expires = await key.getExpirationTime(undefined, config);
  const parts = [partOf(key, selfCertification, expires ?? unreadable(null), policy)];
  for (const subkey of key.subkeys) {
    const binding = await subkey.verify(ANY_TIME, config).catch(() => null);
    const until = await subkey.getExpirationTime(ANY_TIME, config);
    if (!binding || until === null) continue;
    const part = partOf(subkey, binding, until, policy);
    const signs = part.signs && (await agreesToSign(subkey, binding, config));
    parts.push({ ...part, signs });
  }
  return parts;
}

/**
 * Has the subkey itself said that it signs for this key? Anybody may bind another's to their own, and would have what
 * that one signs taken for theirs. What it said of a document stands for no such word: the library does not look.
 */
async function agreesToSign(
  subkey: Subkey,
  { embeddedSignature: word }: SignaturePacket,
  config: Config,
): Promise<boolean> {
  const { keyBinding } = enums.signature;
  if (word?.signatureType !== keyBinding) return false;
  const bound = { key: subkey.mainKey.keyPacket, bind: subkey.keyPacket };
  return await word.verify(subkey.keyPacket, keyBinding, bound, ANY_TIME, false, config).then(
    () => true,
    () => false,
  );
}

const SIGNING = ["rsaEncryptSign", "rsaSign", "dsa", "ecdsa", "eddsaLegacy", "ed25519", "ed448"];
const ENCRYPTING = ["rsaEncryptSign", "rsaEncrypt", "elgamal", "ecdh", "x25519", "x448"];

/** @param vouching the self-signature that says what the part is for */
function partOf(
  part: Key | Subkey,
  vouching: SignaturePacket,
  expires: Date | typeof Infinity,
  policy: Policy,
): KeyPart {
  const { algorithm, bits, curve } = part.getAlgorithmInfo();
  const flags = vouching.keyFlags?.[0] ?? (policy.missingKeyFlags ? 0xff : 0);
  const { signData, encryptCommunication, encryptStorage } = enums.keyFlags;
  const toEncrypt = encryptCommunication | encryptStorage;
  return {
    keyId: part.getKeyID().toHex().toUpperCase(),
    fingerprint: part.getFingerprint().toUpperCase(),
    version: part.keyPacket.version,
    algorithm,
    bits: bits ?? null,
    curve: curve ?? null,
    signs: SIGNING.includes(algorithm) && (flags & signData) !== 0,
    encrypts: ENCRYPTING.includes(algorithm) && (flags & toEncrypt) !== 0,
    created: part.getCreationTime(),
    since: vouching.created ?? part.getCreationTime(),
    expires: expires instanceof Date ? expires : null,
  };
}

/** A key is of use as long as its primary key, a part that signs and a part that encrypts all are. */
function lastDayOf(parts: readonly KeyPart[], policy: Policy): Date | null {
  const good = parts.filter((part) => isGood(part, policy));
  const latest = (some: readonly KeyPart[]): number =>
    Math.max(...some.map(({ expires }) => expires?.getTime() ?? Infinity));
  const last = Math.min(
    latest(parts.slice(0, 1)),
    latest(good.filter(({ signs }) => signs)),
    latest(good.filter(({ encrypts }) => encrypts)),
  );
  return last === Infinity ? null : new Date(last);
}

function unreadable(cause: unknown): never {
  throw new PacketboatError("KEY_INVALID", "the key cannot be read, or does not vouch for itself", {
    cause,
  });
}
