/**
 * The signed texts inside messages, and whose they are: a request is its requester's, a referral its
 * entity's, whoever carries them (PROTOCOL 2 and 4).
 */
import { isRefusal, PacketboatError } from "../errors.ts";
import type { AgencyId } from "../ids.ts";
import type { PublicKey } from "../keys/key.ts";
import type { Issuer } from "../keys/signature.ts";
import { isIssuer, readSigned } from "../keys/signed.ts";
import { CLOCK_SKEW_MS } from "../keys/standing.ts";
import { readDocument } from "../packet/document.ts";
import type { Referral, TransferRequest } from "../packet/model.gen.ts";
import { type DocumentKind, REFERRAL, TRANSFER_REQUEST } from "../packet/model.ts";

/**
 * The keys of an agency, present or retired and not revoked, that covered a time.
 *
 * @param issuer of the text: for a key that is held, it waits until a person has compared that
 * @throws PacketboatError KEY_HELD, and what keeps a key from being had
 */
export type KeysOf = (id: AgencyId, at: Date, issuer: Issuer) => Promise<readonly PublicKey[]>;

/** The same, of whoever a text names. */
type KeysFor<Content> = (content: Content, issuer: Issuer) => Promise<readonly PublicKey[]>;

/** A signed text inside a message is at most this long. */
const INNER_BYTES = 200_000;
/** A referral is signed when it is made (PROTOCOL 4, "Times"). */
const SIGNED_WITHIN_MS = 60 * 60 * 1000;

/**
 * The request in a RequestText, proved to be its requester's own.
 *
 * @param keysOf the requester's, of whom the request names itself
 * @throws PacketboatError INNER_TEXT_INVALID; INNER_KEY_MISSING (wait) while no key of that agency is here;
 *   KEY_HELD (wait)
 */
export async function provedRequest(
  text: string,
  keysOf: KeysFor<TransferRequest>,
  at: Date,
): Promise<TransferRequest> {
  const what = "the signed request";
  const { content, signedAt } = await proved(text, { kind: TRANSFER_REQUEST, what }, keysOf, at);
  await telling(what, () => checkSignedWhileOpen(signedAt, content, at));
  return content;
}

/** As above, the referral in a ReferralText, proved to be of the entity that it names. */
export async function provedReferral(
  text: string,
  keysOf: KeysFor<Referral>,
  at: Date,
): Promise<Referral> {
  const what = "the signed referral";
  const { content, signedAt } = await proved(text, { kind: REFERRAL, what }, keysOf, at);
  await telling(what, () => checkSignedWhenIssued(signedAt, content, at));
  return content;
}

async function proved<Content>(
  text: string,
  { kind, what }: { readonly kind: DocumentKind<string, Content>; readonly what: string },
  keysOf: KeysFor<Content>,
  at: Date,
): Promise<{ readonly content: Content; readonly signedAt: Date }> {
  const read = async () => {
    const signed = await readSigned(text, { maxBytes: INNER_BYTES });
    // Of this nothing is believed but whose key has to prove it.
    return { signed, content: readDocument(signed.unverifiedContent(), kind) };
  };
  const { signed, content } = await telling(what, read);
  // What keeps us from having a key is no fault of the text.
  const keys = await keysOf(content, signed.issuer);
  if (keys.length === 0) {
    const sentence = `${what}: no key of the agency that it names is here`;
    throw new PacketboatError("INNER_KEY_MISSING", sentence);
  }
  return telling(what, async () => {
    const key = keys.find((each) => isIssuer(each, signed.issuer));
    if (key) return { content, signedAt: (await signed.verify(key, at)).signedAt };
    const { keyId } = signed.issuer;
    const sentence = `it was signed with key ${keyId}, which is not one of the agency that it names`;
    throw new PacketboatError("PACKET_UNKNOWN_SIGNER", sentence, { facts: { keyId } });
  });
}

/** A request is signed when it leaves, which may be a night after it was made. */
function checkSignedWhileOpen(signedAt: Date, request: TransferRequest, at: Date): void {
  const { CreatedDateTime: created, ExpiresDateTime: expires } = request;
  const signed = signedAt.getTime();
  const isEarly = signed < Date.parse(created) - CLOCK_SKEW_MS;
  const isLate = signed > Date.parse(expires) || signed > at.getTime() + CLOCK_SKEW_MS;
  if (isEarly || isLate) throw wrongTime(signedAt, `a request from ${created} to ${expires}`);
}

function checkSignedWhenIssued(signedAt: Date, { IssuedDateTime }: Referral, at: Date): void {
  const issued = Date.parse(IssuedDateTime);
  const signed = signedAt.getTime();
  const isEarly = signed < issued - CLOCK_SKEW_MS;
  const isLate = signed > issued + SIGNED_WITHIN_MS || signed > at.getTime() + CLOCK_SKEW_MS;
  if (isEarly || isLate) throw wrongTime(signedAt, `a referral of ${IssuedDateTime}`);
}

const wrongTime = (signedAt: Date, what: string): PacketboatError => {
  const sentence = `it was signed at ${signedAt.toISOString()}, and is ${what}`;
  return new PacketboatError("PACKET_SIGNED_AT_WRONG_TIME", sentence);
};

/** What is wrong with a text inside is said of the text, not of the packet around it. */
async function telling<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!isRefusal(cause)) throw cause;
    throw new PacketboatError("INNER_TEXT_INVALID", `${what}: ${cause.message}`, {
      facts: { because: cause.code },
      cause,
    });
  }
}
