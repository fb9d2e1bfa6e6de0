/**
 * Whose keys there are, and which of them counts when: our own in the keys folder, and those of each
 * agency as its card or the directory gives them.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { assertPrivate, exists } from "../disk.ts";
import { PacketboatError } from "../errors.ts";
import type { AgencyId } from "../ids.ts";
import { type PrivateKey, type PublicKey, readPrivateKey } from "./key.ts";
import type { Issuer } from "./signature.ts";
import { isIssuer } from "./signed.ts";
import { assertGood, standingOf } from "./standing.ts";

export interface OurKeys {
  /** Signs, and is what partners seal for. */
  readonly present: PrivateKey;
  /** The present one first, then the retired: what may still arrive sealed for them is opened. */
  readonly all: readonly PrivateKey[];
}

/**
 * Load our own keys: `openpgp.asc`, and `retired/*.asc` if there are any.
 *
 * @throws PacketboatError KEY_MISSING; CONFIG_UNSAFE if anybody else could read one; KEY_INVALID or
 *   KEY_WEAK, naming the file
 */
export async function loadOurKeys(folder: string): Promise<OurKeys> {
  if (!(await exists(join(folder, "openpgp.asc")))) {
    throw new PacketboatError("KEY_MISSING", `there is no openpgp.asc in ${folder}`);
  }
  await assertPrivate(folder);
  const present = await loadKey(folder, "openpgp.asc");
  const retired = [];
  for (const name of await retiredIn(folder)) retired.push(await loadKey(folder, name));
  return { present, all: [present, ...retired] };
}

async function retiredIn(folder: string): Promise<string[]> {
  const retired = join(folder, "retired");
  if (!(await exists(retired))) return [];
  await assertPrivate(retired);
  const names = await readdir(retired);
  return names
    .filter((name) => name.endsWith(".asc"))
    .toSorted()
    .map((name) => join("retired", name));
}

async function loadKey(folder: string, name: string): Promise<PrivateKey> {
  const path = join(folder, name);
  await assertPrivate(path);
  const bytes = await readFile(path);
  return await readPrivateKey(bytes).catch((cause: unknown) => {
    if (!(cause instanceof PacketboatError)) throw cause;
    throw new PacketboatError(cause.code, `keys/${name}: ${cause.message}`, {
      facts: cause.facts,
      cause,
    });
  });
}

/** One key of an agency, as its card or the directory gives it (PROTOCOL 8). */
export interface AgencyKey {
  readonly key: PublicKey;
  /** When it took effect there; `null`: with its making. */
  readonly validFrom: Date | null;
  /** When it was or will be replaced; `null`: only at its own expiry. */
  readonly validUntil: Date | null;
  /** Nothing is sealed for it any more, but what it signed in its time stands. */
  readonly retired: boolean;
  /** By the directory or by hand; its owner may have revoked it too. */
  readonly revoked: boolean;
}

/**
 * The key to seal for: of those that are good at this time, the newest.
 *
 * @throws PacketboatError KEY_EXPIRED (wait for a new key), KEY_REVOKED (stop), PARTNER_UNKNOWN if the
 *   agency has no key at all
 */
export function sealingKeyOf(agencyId: AgencyId, keys: readonly AgencyKey[], at: Date): PublicKey {
  const candidates = keys.filter(({ retired }) => !retired);
  const newest = candidates
    .filter((key) => isGoodAt(key, at))
    .reduce<PublicKey | null>(
      (best, { key }) => (best && best.created >= key.created ? best : key),
      null,
    );
  if (newest) return newest;
  // None is good: say why of the one that would be good longest.
  const [first] = [...candidates.filter(({ revoked }) => !revoked), ...keys];
  if (!first) throw new PacketboatError("PARTNER_UNKNOWN", `agency ${agencyId} has no key`);
  assertAgencyKeyGood(first, at);
  throw new PacketboatError("KEY_EXPIRED", `agency ${agencyId} has retired keys only`, {
    facts: { agencyId },
  });
}

/**
 * The key that a signature names, among those of all agencies or of one; proved by nothing yet.
 *
 * @returns null if nobody here has it
 */
export function findSigner<Owned extends AgencyKey>(
  issuer: Issuer,
  keys: readonly Owned[],
): Owned | null {
  return keys.find(({ key }) => isIssuer(key, issuer)) ?? null;
}

/**
 * Refuse a key that does not count at this time. For a packet that is the time when it was first
 * listed: a key that expired since is accepted. For a signed request it is the time of its Referral,
 * and a retired key counts (PROTOCOL 4, "Times").
 *
 * @throws PacketboatError KEY_EXPIRED, KEY_REVOKED
 */
export function assertAgencyKeyGood(agencyKey: AgencyKey, at: Date): void {
  const { key, validFrom, validUntil, revoked } = agencyKey;
  const facts = { fingerprint: key.fingerprint };
  if (revoked) {
    throw new PacketboatError("KEY_REVOKED", `key ${key.fingerprint} was revoked`, { facts });
  }
  assertGood(key, at);
  if (validFrom && at < validFrom) {
    const sentence = `key ${key.fingerprint} takes effect on ${validFrom.toISOString()}`;
    throw new PacketboatError("KEY_EXPIRED", sentence, { facts });
  }
  if (validUntil && at >= validUntil) {
    const sentence = `key ${key.fingerprint} was replaced on ${validUntil.toISOString()}`;
    throw new PacketboatError("KEY_EXPIRED", sentence, { facts });
  }
}

function isGoodAt({ key, validFrom, validUntil, revoked }: AgencyKey, at: Date): boolean {
  return (
    !revoked &&
    standingOf(key, at) === "good" &&
    (!validFrom || at >= validFrom) &&
    (!validUntil || at < validUntil)
  );
}
