/**
 * Keys that the service manager hands in: with `LoadCredential=keys:/etc/packetboat/keys`, systemd
 * copies each file of that folder, and of those below it, into one folder that only the service may
 * read, and tells its path as `CREDENTIALS_DIRECTORY` (systemd.exec(5)). `retired/2025.asc` of the
 * keys folder is called `keys_retired_2025.asc` there.
 */
import { readdir } from "node:fs/promises";
import { isAbsolute, join, relative } from "node:path";
import { assertHandedIn, assertPrivate, exists } from "../disk.ts";
import { credentialOf, homePaths } from "./paths.ts";
import type { Config } from "./settled.ts";

/**
 * Take the keys of a home from what was handed in, if any were: a manager may hand in other things.
 *
 * @param credentials the folder that the environment names
 */
export async function takeHandedInKeys(config: Config, credentials = ""): Promise<void> {
  if (!isAbsolute(credentials) || !(await areKeysHandedIn(credentials))) return;
  const { keys } = homePaths(config);
  config.credentials = credentials;
  const { server } = config;
  if (server && isInside(keys, server.identityFile)) {
    const name = relative(keys, server.identityFile);
    server.identityFile = join(credentials, credentialOf(name));
  }
}

/** @returns whether the folder holds keys by the names that systemd gives them */
export const areKeysHandedIn = (folder: string): Promise<boolean> =>
  exists(join(folder, credentialOf("openpgp.asc")));

/** @returns the files of the keys folder that were handed in: their names there, and where they are */
export async function handedInKeys(folder: string): Promise<Map<string, string>> {
  const prefix = credentialOf("");
  const names = (await readdir(folder)).filter((name) => name.startsWith(prefix)).toSorted();
  return new Map(
    names.map((name) => [
      name.slice(prefix.length).replace(/^retired_/, "retired/"),
      join(folder, name),
    ]),
  );
}

/**
 * Refuse a secret file or folder that others could use.
 *
 * @throws PacketboatError CONFIG_UNSAFE, FILE_NOT_FOUND
 */
export async function assertSecret(
  { credentials }: Pick<Config, "credentials">,
  path: string,
): Promise<void> {
  const isHandedIn = credentials !== undefined && isInside(credentials, path);
  await (isHandedIn ? assertHandedIn(path) : assertPrivate(path));
}

/** The folder itself counts. */
const isInside = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(join(folder, "/"));
