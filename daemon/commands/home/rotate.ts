/** A new OpenPGP key for a home that has one, and a new SSH key with it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Config, homePaths } from "../../config.ts";
import { writeSuccession } from "../../directory/succession.ts";
import { makePrivateFolder, writeDurably } from "../../disk.ts";
import { hostKeyFingerprint, newSshKey } from "../../dropbox/sshkeys.ts";
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
  /** Of the new SSH key, if one was made. */
  readonly sshFingerprint: string | null;
  readonly card: string;
}

/**
 * Retire the present key and make a new one. The old one still opens what was sealed for it; it is
 * written to its new place before the new one takes the old place, so that a crash loses neither.
 *
 * @param withSsh a new SSH key as well: whoever stole the home has both
 * @throws PacketboatError KEYS_HANDED_IN, KEY_MISSING, CONFIG_UNSAFE, DISK_…
 */
export async function rotateKey(
  config: Config,
  { at, withSsh = false }: { readonly at: Date; readonly withSsh?: boolean },
): Promise<Rotated> {
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
  const sshFingerprint = withSsh ? await newLogin(config) : null;
  const isVouchedFor = succession !== null;
  const card = await renewCard(config, at);
  return { before, fingerprint, expires, isVouchedFor, sshFingerprint, card };
}

/** Nothing is sealed for an SSH key: the former one is of no use any more. `check` finds two that do not match. */
async function newLogin(config: Config): Promise<string> {
  const { sshKey, sshPublicKey } = homePaths(config);
  const made = newSshKey(`packetboat-${config.agency.id}`);
  await writeDurably(config.server?.identityFile ?? sshKey, made.privateKey);
  await writeDurably(sshPublicKey, made.publicKey, { mode: 0o644 });
  return hostKeyFingerprint(made.publicKey);
}

/** `null` from a key that has expired or was revoked: its word is worth nothing. */
async function successionBy(
  former: PrivateKey,
  about: { agencyId: AgencyId; next: Fingerprint; at: Date },
): Promise<string | null> {
  if (standingOf(former.publicKey, about.at) !== "good") return null;
  return await writeSuccession(former, about);
}
