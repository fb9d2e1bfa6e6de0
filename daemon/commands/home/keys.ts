/** The keys of a home, as commands tell about them. */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { type Config, homePaths } from "../../config.ts";
import { hostKeyFingerprint } from "../../dropbox/sshkeys.ts";
import { PacketboatError } from "../../errors.ts";
import type { PrivateKey } from "../../keys/key.ts";
import { loadOurKeys } from "../../keys/keyring.ts";

export interface HomeKeys {
  readonly openpgp: PrivateKey;
  /** The line of the `.pub` file. */
  readonly sshPublicKey: string;
  readonly sshFingerprint: string;
}

/** @throws PacketboatError KEY_MISSING, CONFIG_UNSAFE, KEY_INVALID, KEY_WEAK */
export async function readHomeKeys(
  config: Pick<Config, "home" | "credentials">,
): Promise<HomeKeys> {
  const { keys, sshPublicKey: path } = homePaths(config);
  const { present } = await loadOurKeys(keys);
  const line = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new PacketboatError("KEY_MISSING", `${basename(path)} cannot be read`, { cause });
  });
  const sshPublicKey = line.trim();
  return { openpgp: present, sshPublicKey, sshFingerprint: hostKeyFingerprint(sshPublicKey) };
}
