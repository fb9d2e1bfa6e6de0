/**
 * Open: decrypt a sealed file and prove who sealed it, in the order of PROTOCOL 4, steps 2 and 3. No
 * byte of what is inside leaves this function before the one signature holds.
 */
import { isRefusal, PacketboatError } from "../errors.ts";
import type { PrivateKey } from "../keys/key.ts";
import { assertGood, CLOCK_SKEW_MS, standingOf } from "../keys/standing.ts";
import { unseal } from "../keys/unseal.ts";
import type { Partner, Signed } from "../directory/partners.ts";

export interface Opening {
  /** The present key, and the retired ones that may still open something. */
  readonly ourKeys: readonly PrivateKey[];
  readonly signerOf: (signed: Signed) => Promise<Partner | null>;
  /** Of the packet inside. */
  readonly maxBytes: number;
  readonly at: Date;
}

export interface Opened {
  readonly signer: Partner;
  readonly xml: Uint8Array;
  /** By the signer's clock. */
  readonly signedAt: Date;
}

/**
 * @param sealed the file as it lay in the box
 * @param firstSeen when it was first listed: a key that expired later still counts
 * @throws PacketboatError PACKET_…; KEY_HELD, AGENCY_NOT_PARTICIPATING, DIRECTORY_EXPIRED of its signer; KEY_EXPIRED, KEY_REVOKED with the key's owner as `facts.owner`,
 *   who has not proved to be the sender
 */
export async function open(sealed: Uint8Array, firstSeen: Date, opening: Opening): Promise<Opened> {
  const { ourKeys, maxBytes, at } = opening;
  const unverified = await unseal(sealed, { ourKeys, maxBytes });
  const signer = await opening.signerOf(unverified);
  if (!signer) {
    const { keyId } = unverified.issuer;
    const sentence = `no partner owns the signing key ${keyId}`;
    throw new PacketboatError("PACKET_UNKNOWN_SIGNER", sentence, { facts: { keyId } });
  }
  try {
    const { content, signedAt } = await unverified.verify(signer.key, at);
    assertInUse(signer, signedAt, firstSeen);
    assertGood(signer.key, firstSeen);
    return { signer, xml: content, signedAt };
  } catch (error) {
    throw isRefusal(error) && error.code.startsWith("KEY_") ? ownedBy(signer, error) : error;
  }
}

/** A retired key signs nothing more: its owner has another, and clocks differ by minutes. */
function assertInUse({ id, key, retiredAt }: Partner, signedAt: Date, firstSeen: Date): void {
  if (!retiredAt) return;
  if (standingOf(key, firstSeen) === "expired") {
    const sentence = `it came after its key had expired, and agency ${id} has another`;
    throw new PacketboatError("PACKET_EXPIRED", sentence);
  }
  if (signedAt.getTime() <= retiredAt.getTime() + CLOCK_SKEW_MS) return;
  throw new PacketboatError(
    "PACKET_SIGNED_AT_WRONG_TIME",
    `it was signed at ${signedAt.toISOString()} with a key that agency ${id} retired at ${retiredAt.toISOString()}`,
  );
}

const ownedBy = ({ id }: Partner, cause: PacketboatError): PacketboatError =>
  new PacketboatError(cause.code, cause.message, { facts: { ...cause.facts, owner: id }, cause });
