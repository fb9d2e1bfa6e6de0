/** Agencies with keys of their own, for the tests of this folder. */
import { parseAgencyId } from "../../daemon/ids.ts";
import {
  newKeyPair,
  type PrivateKey,
  type PublicKey,
  readPrivateKey,
} from "../../daemon/keys/key.ts";

export interface Agency {
  readonly secret: PrivateKey;
  readonly key: PublicKey;
  /** As it lies in the keys folder. */
  readonly armoredSecret: string;
}

export const NOON = new Date("2026-11-20T12:00:00Z");
export const minutesAfter = (time: Date, minutes: number): Date =>
  new Date(time.getTime() + minutes * 60_000);
export const daysAfter = (time: Date, days: number): Date => minutesAfter(time, days * 24 * 60);

/** Keys made a day before noon, so that what is signed at noon is signed by a key that exists. */
export async function agency(
  agencyId: string,
  name: string,
  more: { at?: Date; expires?: Date } = {},
): Promise<Agency> {
  const at = more.at ?? daysAfter(NOON, -1);
  const made = await newKeyPair({ agencyId: parseAgencyId(agencyId), name, ...more, at });
  const secret = await readPrivateKey(made.privateKey);
  return { secret, key: secret.publicKey, armoredSecret: made.privateKey };
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** What a refused promise was refused with; a bug passes on, and no refusal at all fails the test. */
export async function codeOf(doing: Promise<unknown>): Promise<string> {
  const refused = await doing.then(
    () => null,
    (error: unknown) => error,
  );
  if (refused === null) return "nothing was refused";
  if (refused instanceof Error && "code" in refused) return String(refused.code);
  throw new Error("it failed without being refused", { cause: refused });
}
