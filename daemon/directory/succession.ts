/**
 * The word of a key for the one that follows it (PROTOCOL 8). Whoever knows the former key believes the new
 * one by it, and nobody in between can put another in its place.
 */
import { isRefusal, PacketboatError } from "../errors.ts";
import type { AgencyId, Fingerprint } from "../ids.ts";
import type { PrivateKey, PublicKey } from "../keys/key.ts";
import { signInline } from "../keys/seal.ts";
import { readSigned } from "../keys/signed.ts";
import { readDocument, writeDocument } from "../packet/document.ts";
import type { DocumentKind } from "../packet/model.ts";
import { wireTime } from "../transfer/dates.ts";
import type { KeySuccession } from "./card.gen.ts";
import { assertSignedWhenMade } from "./times.ts";

export type { KeySuccession } from "./card.gen.ts";

const KEY_SUCCESSION: DocumentKind<"KeySuccession", KeySuccession> = {
  root: "KeySuccession",
  namespace: "urn:packetboat:card:1",
  schemaFile: "card.schema.json",
};

const MOST_BYTES = 10_000;

/** Which key follows which. */
export interface Succession {
  readonly agencyId: AgencyId;
  readonly former: Fingerprint;
  readonly next: Fingerprint;
}

/** The former key says which one follows it. @returns the signed text */
export async function writeSuccession(
  former: PrivateKey,
  { agencyId, next, at }: { agencyId: AgencyId; next: Fingerprint; at: Date },
): Promise<string> {
  const document = writeDocument(KEY_SUCCESSION, {
    AgencyId: agencyId,
    Fingerprint: next,
    FormerFingerprint: former.publicKey.fingerprint,
    Created: wireTime(at),
  });
  return await signInline(Buffer.from(document).toString("utf8"), { signWith: former, at });
}

/** Which keys a text speaks of, as it says itself: to be proved with the former. `null`: no such text. */
export async function claimedSuccession(text: string): Promise<Succession | null> {
  try {
    const signed = await readSigned(text, { maxBytes: MOST_BYTES });
    return successionOf(readDocument(signed.unverifiedContent(), KEY_SUCCESSION));
  } catch (error) {
    if (isRefusal(error)) return null;
    throw error;
  }
}

/**
 * Prove that the former key named this one.
 *
 * @returns since when the next key is in use
 * @throws PacketboatError KEY_HELD if the word does not hold
 */
export async function proveSuccession(
  text: string,
  { agencyId, former, next }: { agencyId: AgencyId; former: PublicKey; next: Fingerprint },
  at: Date,
): Promise<Date> {
  try {
    const signed = await readSigned(text, { maxBytes: MOST_BYTES });
    const { content, signedAt } = await signed.verify(former, at);
    const said = readDocument(content, KEY_SUCCESSION);
    const claimed = successionOf(said);
    const created = new Date(said.Created);
    assertSignedWhenMade({ created, signedAt, at });
    const isMeant =
      claimed.agencyId === agencyId &&
      claimed.former === former.fingerprint &&
      claimed.next === next;
    if (isMeant) return created;
    throw unproved(next, `it speaks of key ${claimed.next} of agency ${claimed.agencyId}`);
  } catch (error) {
    if (!isRefusal(error) || error.code === "KEY_HELD") throw error;
    throw unproved(next, error.message, error);
  }
}

const successionOf = (said: KeySuccession): Succession => ({
  agencyId: said.AgencyId as AgencyId,
  former: said.FormerFingerprint as Fingerprint,
  next: said.Fingerprint as Fingerprint,
});

const unproved = (next: Fingerprint, why: string, cause?: unknown): PacketboatError =>
  new PacketboatError("KEY_HELD", `the former key's word for ${next} does not hold: ${why}`, {
    facts: { fingerprint: next },
    cause,
  });
