/** A new OpenPGP key for a home that has one. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Config, homePaths } from "../../config.ts";
import { makePrivateFolder, writeDurably } from "../../disk.ts";
import { PacketboatError } from "../../errors.ts";
import type { Fingerprint } from "../../ids.ts";
import { newKeyPair } from "../../keys/key.ts";
import { keyExpiry, renewCard } from "./make.ts";
import { readHomeKeys } from "./keys.ts";

export interface Rotated {
  readonly before: Fingerprint;
  readonly fingerprint: Fingerprint;
  readonly expires: Date;
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
  await writeDurably(openpgpKey, privateKey);
  return { before, fingerprint, expires, card: await renewCard(config, at) };
}
