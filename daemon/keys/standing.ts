/** What a key is worth at a given time. */
import { PacketboatError } from "../errors.ts";
import type { PublicKey } from "./key.ts";
import { isGood, type KeyPart } from "./policy.ts";

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
  if (standing === "revoked") {
    const { fingerprint } = key;
    throw new PacketboatError("KEY_REVOKED", `key ${fingerprint} was revoked`, {
      facts: { fingerprint },
    });
  }
  if (standing === "expired") throw outOfTime(key, `expired on ${key.expires?.toISOString()}`);
  if (standing === "early")
    throw outOfTime(key, `is not valid before ${key.created.toISOString()}`);
}

/**
 * The part of a key to encrypt for: of those that are good at this time, the newest.
 *
 * @throws PacketboatError KEY_REVOKED, KEY_EXPIRED
 */
export function encryptingPartOf(key: PublicKey, at: Date): KeyPart {
  assertGood(key, at);
  const [newest] = goodParts(key, at, "encrypts");
  if (!newest) throw outOfTime(key, "has no subkey left to encrypt for");
  return newest;
}

/**
 * When a signature by this key, made now, is to be dated: now, or as soon as the key holds, if our
 * clock was set back since it was made.
 *
 * @throws PacketboatError KEY_REVOKED, KEY_EXPIRED: also if that is later than clocks may differ
 */
export function signingTimeOf(key: PublicKey, at: Date): Date {
  assertGood(key, at);
  const [primary] = key.parts;
  const [signing] = goodParts(key, at, "signs");
  if (!primary || !signing) throw outOfTime(key, "has no part left to sign with");
  const since = Math.max(primary.since.getTime(), signing.since.getTime());
  if (since > at.getTime() + CLOCK_SKEW_MS) {
    throw outOfTime(key, `is not valid before ${new Date(since).toISOString()}`);
  }
  return new Date(Math.max(since, at.getTime()));
}

/** Newest first, as openpgp.js chooses. */
function goodParts(key: PublicKey, at: Date, use: "signs" | "encrypts"): KeyPart[] {
  return key.parts
    .filter((part) => part[use] && isGood(part, key.policy))
    .filter(({ expires }) => !expires || at < expires)
    .toSorted((one, other) => other.created.getTime() - one.created.getTime());
}

const outOfTime = ({ fingerprint }: PublicKey, what: string): PacketboatError =>
  new PacketboatError("KEY_EXPIRED", `key ${fingerprint} ${what}`, { facts: { fingerprint } });
