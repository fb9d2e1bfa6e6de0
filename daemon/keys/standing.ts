/** What a key is worth at a given time. */
import { PacketboatError } from "../errors.ts";
import type { PublicKey } from "./key.ts";

/** How far a partner's clock may be ahead of ours (PROTOCOL 4, "Times"). */
export const CLOCK_SKEW_MS = 10 * 60 * 1000;

/** `early`: dated after the time it is asked for, by more than clocks may differ. */
export type Standing = "good" | "early" | "expired" | "revoked";

/** A revoked key is revoked at all times, also before: whoever stole it can date what he signs. */
export function standingOf(key: PublicKey, at: Date): Standing {
  if (key.revoked) return "revoked";
  if (key.expires && at >= key.expires) return "expired";
  return key.created.getTime() > at.getTime() + CLOCK_SKEW_MS ? "early" : "good";
}

/**
 * Refuse a key that is not good at this time.
 *
 * @throws PacketboatError KEY_REVOKED: stop, until a person acts. KEY_EXPIRED: wait for a new key.
 */
export function assertGood(key: PublicKey, at: Date): void {
  const standing = standingOf(key, at);
  const named = `key ${key.fingerprint}`;
  const facts = { fingerprint: key.fingerprint };
  if (standing === "revoked") {
    throw new PacketboatError("KEY_REVOKED", `${named} was revoked`, { facts });
  }
  if (standing === "expired") {
    const since = key.expires?.toISOString() ?? "";
    throw new PacketboatError("KEY_EXPIRED", `${named} expired on ${since}`, { facts });
  }
  if (standing === "early") {
    const from = key.created.toISOString();
    throw new PacketboatError("KEY_EXPIRED", `${named} is not valid before ${from}`, { facts });
  }
}
