/** Private files that others could read or change (PROTOCOL 9, TRUST B40). */
import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { isRefusal } from "../errors.ts";
import { parseBoxAddress } from "./address.ts";
import { assertSecret } from "./credentials.ts";
import { flagsPath, homePaths, privateFolders } from "./paths.ts";
import type { SettingFault } from "./settings.ts";
import type { Config } from "./settled.ts";

/**
 * What is not there yet is not unsafe: whoever needs it says that it is missing.
 *
 * @param file of the config: whoever may write it, may turn the home to another server
 */
export async function secretFaults(config: Config, file: string): Promise<SettingFault[]> {
  const paths = homePaths(config);
  const { openpgpKey, sshKey, ledger, log } = paths;
  const faults = [...(await openToWriters(file, config.home)), ...(await openFlags(config))];
  const files = [openpgpKey, sshKey, ledger, `${ledger}-wal`, `${ledger}-shm`, log];
  for (const path of [...privateFolders(paths), ...files]) {
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

/**
 * The list of flagged students may be kept by an office, so that its group may use it; nobody else, unless the
 * folder keeps them out.
 */
async function openFlags(config: Config): Promise<SettingFault[]> {
  const path = flagsPath(config);
  const [file, folder] = await Promise.all(
    [path, dirname(path)].map((each) => stat(each).catch(() => null)),
  );
  if (!file || !folder || (file.mode & 0o006) === 0 || (folder.mode & 0o001) === 0) return [];
  const sentence = `${basename(path)} has mode ${shownMode(file.mode)}: anybody may use it`;
  return [{ at: ["releases", "flagsFile"], sentence }];
}

const shownMode = (mode: number): string => (mode & 0o777).toString(8).padStart(4, "0");

/** Its group may be the people who keep it; whoever may write in its folder may put another in its place. */
async function openToWriters(file: string, home: string): Promise<SettingFault[]> {
  const { mode, uid } = await stat(file);
  if ((mode & 0o002) !== 0) {
    return [{ at: [], sentence: `this file has mode ${shownMode(mode)}: anybody may change it` }];
  }
  const us = process.getuid?.();
  if (us !== undefined && ![us, 0].includes(uid)) {
    const sentence = `this file belongs to user ${uid}, who may change it: give it to root or to the user that runs packetboat`;
    return [{ at: [], sentence }];
  }
  const faults: SettingFault[] = [];
  for (const folder of new Set([dirname(file), home])) {
    const found = await stat(folder).catch(() => null);
    if (!found || (found.mode & ONLY_ONES_OWN) !== 0 || (found.mode & 0o002) === 0) continue;
    const [at, what] = folder === home ? [["home"], "it"] : [[], "the folder of this file"];
    const sentence = `${what} has mode ${shownMode(found.mode)}: anybody may replace what lies in it`;
    faults.push({ at, sentence });
  }
  return faults;
}

/** The sticky bit: who may write in a folder, may remove or replace their own files alone. */
const ONLY_ONES_OWN = 0o1000;
