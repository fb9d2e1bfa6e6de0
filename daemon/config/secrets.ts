/** Private files that others could read or change (PROTOCOL 9, TRUST B40). */
import { stat } from "node:fs/promises";
import { isRefusal } from "../errors.ts";
import { parseBoxAddress } from "./address.ts";
import { assertSecret } from "./credentials.ts";
import { homePaths } from "./paths.ts";
import type { SettingFault } from "./settings.ts";
import type { Config } from "./settled.ts";

/**
 * What is not there yet is not unsafe: whoever needs it says that it is missing.
 *
 * @param file of the config: whoever may write it, may turn the home to another server
 */
export async function secretFaults(config: Config, file: string): Promise<SettingFault[]> {
  const { keys, openpgpKey, sshKey, state, quarantine } = homePaths(config);
  const faults = [...(await openToWriters(file))];
  for (const path of [keys, openpgpKey, sshKey, state, quarantine]) {
    const fault = await unsafe(config, path);
    if (fault !== null) faults.push({ at: ["home"], sentence: fault });
  }
  const { server, mail } = config;
  if (mail?.credentialFile !== undefined) {
    const fault = await unsafe(config, mail.credentialFile);
    if (fault !== null) faults.push({ at: ["mail", "credentialFile"], sentence: fault });
  }
  if (server && parseBoxAddress(server.address).kind === "sftp" && server.identityFile !== sshKey) {
    const fault = await unsafe(config, server.identityFile);
    if (fault !== null) faults.push({ at: ["server", "identityFile"], sentence: fault });
  }
  return faults;
}

async function unsafe(config: Config, path: string): Promise<string | null> {
  try {
    await assertSecret(config, path);
    return null;
  } catch (error) {
    if (isRefusal(error, "FILE_NOT_FOUND")) return null;
    if (isRefusal(error, "CONFIG_UNSAFE")) return error.message;
    throw error;
  }
}

async function openToWriters(file: string): Promise<SettingFault[]> {
  const mode = (await stat(file)).mode & 0o777;
  if ((mode & 0o002) === 0) return [];
  const shown = mode.toString(8).padStart(4, "0");
  return [{ at: [], sentence: `this file has mode ${shown}: anybody may change it` }];
}
