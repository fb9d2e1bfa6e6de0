/** SSH keys: our own for logging in, and the fingerprints by which a server is known. */
import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";

const TYPE = "ssh-ed25519";

/** The two files of a key, as `ssh-keygen` writes them. */
export interface SshKey {
  /** PEM text of the format `openssh-key-v1`, without a passphrase */
  readonly privateKey: string;
  /** one line: type, key in base 64, comment */
  readonly publicKey: string;
}

/**
 * A new Ed25519 key. Written here because ssh2's own generator drops the first byte of a public key
 * that begins with zero: one key in 256 cannot be read by anybody.
 *
 * Format: PROTOCOL.key of OpenSSH, RFC 8709.
 */
export function newSshKey(comment: string): SshKey {
  const jwk = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  return sshKeyOf(
    Buffer.from(jwk.d ?? "", "base64url"),
    Buffer.from(jwk.x ?? "", "base64url"),
    comment,
  );
}

/** The key files of 32 secret and 32 public bytes. */
export function sshKeyOf(secret: Buffer, open: Buffer, comment: string): SshKey {
  const blob = Buffer.concat([text(TYPE), text(open)]);
  const check = randomBytes(4);
  const inner = [check, check, blob, text(Buffer.concat([secret, open])), text(comment)];
  const packed = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    text("none"), // cipher
    text("none"), // key derivation
    text(""), // its options
    number(1), // keys
    text(blob),
    text(padded(Buffer.concat(inner))),
  ]);
  const lines = packed.toString("base64").match(/.{1,70}/g) ?? [];
  const frame = (end: string): string => `-----${end} OPENSSH PRIVATE KEY-----`;
  return {
    privateKey: [frame("BEGIN"), ...lines, frame("END"), ""].join("\n"),
    publicKey: `${TYPE} ${blob.toString("base64")} ${comment}\n`,
  };
}

/**
 * `SHA256:…` as OpenSSH prints it.
 *
 * @param key the line of a `.pub` file, or the bytes that a server shows of itself
 */
export function hostKeyFingerprint(key: string | Buffer): string {
  const blob = typeof key === "string" ? Buffer.from(key.split(" ")[1] ?? "", "base64") : key;
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}

/** Is this text a fingerprint of that kind? */
export const isHostKeyFingerprint = (text: string): boolean =>
  /^SHA256:[A-Za-z0-9+/]{43}$/.test(text);

const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

const text = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([number(bytes.length), bytes]);
};

/** To whole blocks of eight bytes, with 1, 2, 3 … */
const padded = (bytes: Buffer): Buffer =>
  Buffer.concat([bytes, Buffer.from([1, 2, 3, 4, 5, 6, 7]).subarray(0, -bytes.length & 7)]);
