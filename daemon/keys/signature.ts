/** What a signature says of itself, before anybody has proved it. */
import { enums, type PacketList, type SignaturePacket } from "./pgp.ts";

/** Who a signature says made it: a hint for looking up the key that must then prove it. */
export interface Issuer {
  /** 16 upper-case hexadecimal digits. */
  readonly keyId: string;
  /** Of the primary key or of a subkey, in upper case; old signatures have none. */
  readonly fingerprint: string | null;
}

export interface SignatureFacts {
  readonly issuer: Issuer;
  readonly signedAt: Date;
  readonly expires: Date | null;
  /** openpgp.js's name of the hash algorithm. */
  readonly hash: string;
  /** Over a text with any line ends instead of over bytes. */
  readonly isText: boolean;
  /** Fingerprints of the keys it was sealed for, as far as the signature names them. */
  readonly recipients: readonly string[];
}

/** Written into the signature of a sealed file, so that a re-sealed one is noticed (PROTOCOL 4). */
const RECIPIENT_NOTATION = "intended-recipient@packetboat.invalid";

/** The same, said by newer tools (RFC 9580, 5.2.3.36). */
const RECIPIENT_SUBPACKET = 35;

/** Not critical: gpg calls a signature bad for a critical notation it does not know. */
export const recipientNotation = (fingerprint: string) => ({
  name: RECIPIENT_NOTATION,
  value: Uint8Array.from(Buffer.from(fingerprint, "latin1")),
  humanReadable: true,
  critical: false,
});

export function factsOf([signature]: PacketList<SignaturePacket>): SignatureFacts {
  if (!signature?.created) throw new TypeError("a signature without its packet");
  const expires = signature.getExpirationTime();
  const { issuerFingerprint, hashAlgorithm } = signature;
  return {
    issuer: {
      keyId: signature.issuerKeyID.toHex().toUpperCase(),
      fingerprint: issuerFingerprint === null ? null : upperHex(issuerFingerprint),
    },
    signedAt: signature.created,
    expires: expires instanceof Date ? expires : null,
    hash: Object.entries(enums.hash).find(([, id]) => id === hashAlgorithm)?.[0] ?? "unknown",
    isText: signature.signatureType === enums.signature.text,
    recipients: recipientsOf(signature),
  };
}

function recipientsOf(signature: SignaturePacket): string[] {
  const notations = signature.rawNotations.filter(({ name }) => name === RECIPIENT_NOTATION);
  const subpackets = signature.unknownSubpackets.filter(({ type }) => type === RECIPIENT_SUBPACKET);
  return [
    ...notations.map(({ value }) => Buffer.from(value).toString("latin1").toUpperCase()),
    // An octet for the version of the key, then its fingerprint.
    ...subpackets.map(({ body }) => upperHex(body.subarray(1))),
  ];
}

const upperHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex").toUpperCase();
