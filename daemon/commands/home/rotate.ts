/** A new OpenPGP key for a home that has one. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Config, homePaths } from "../../config.ts";
import { writeSuccession } from "../../directory/succession.ts";
import { makePrivateFolder, writeDurably } from "../../disk.ts";
import { PacketboatError } from "../../errors.ts";
import type { AgencyId, Fingerprint } from "../../ids.ts";
import { newKeyPair, type PrivateKey } from "../../keys/key.ts";
import { successionName } from "../../keys/keyring.ts";
import { standingOf } from "../../keys/standing.ts";
import { keyExpiry, renewCard } from "./make.ts";
import { readHomeKeys } from "./keys.ts";

export interface Rotated {
  readonly before: Fingerprint;
  readonly fingerprint: Fingerprint;
  readonly expires: Date;
  /** Has the former key named this one, so that partners who know it need no telephone? */
  readonly isVouchedFor: boolean;
  readonly card: string;
}

/**
 * Retire the present key and make a new one. The old one still opens what was sealed for it; it is
 * written to its new place before the new one takes the old place, so that a crash loses neither.
 *
 * @throws PacketboatError KEYS_HANDED_IN, KEY_MISSING, CONFIG_UNSAFE, DISK_…
 */
export async function rotateKey(config: Config, at: Date): Promise<Rotated> {
  if (config.credentials !== undefined) {
    const sentence = `the keys are copies in ${config.credentials}, and cannot be changed there`;
    throw new PacketboatError("KEYS_HANDED_IN", sentence);
  }
  const { keys, openpgpKey } = homePaths(config);
  const { openpgp } = await readHomeKeys(config);
  const before = openpgp.publicKey.fingerprint;
  const retired = join(keys, "retired");
  await makePrivateFolder(retired);
  await writeDurably(join(retired, `${before}.asc`), await readFile(openpgpKey));
  const { id: agencyId, name } = config.agency;
  const expires = keyExpiry(at);
  const { fingerprint, privateKey } = await newKeyPair({ agencyId, name, at, expires });
  const succession = await successionBy(openpgp, { agencyId, next: fingerprint, at });
  // Written first: a key that is in use and cannot show where it comes from would have to be compared anew.
  if (succession !== null) await writeDurably(join(keys, successionName(fingerprint)), succession);
  await writeDurably(openpgpKey, privateKey);
  const isVouchedFor = succession !== null;
  return { before, fingerprint, expires, isVouchedFor, card: await renewCard(config, at) };
}

/** `null` from a key that has expired or was revoked: its word is worth nothing. */
async function successionBy(
  former: PrivateKey,
  about: { agencyId: AgencyId; next: Fingerprint; at: Date },
): Promise<string | null> {
  if (standingOf(former.publicKey, about.at) !== "good") return null;
  return await writeSuccession(former, about);
}
