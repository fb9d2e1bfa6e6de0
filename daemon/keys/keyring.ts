/** Our own keys, in a folder that nobody else may read. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { areKeysHandedIn, handedInKeys } from "../config.ts";
import { assertHandedIn, assertPrivate, exists } from "../disk.ts";
import { PacketboatError } from "../errors.ts";
import type { Fingerprint } from "../ids.ts";
import { type PrivateKey, readPrivateKey } from "./key.ts";

export interface OurKeys {
  /** Signs, and is what partners seal for. */
  readonly present: PrivateKey;
  /** The present one first, then the retired: what may still arrive sealed for them is opened. */
  readonly all: readonly PrivateKey[];
}

/**
 * Load our own keys: `openpgp.asc`, and `retired/*.asc` if there are any.
 *
 * @param folder of a home, or the one in which the service manager hands in the keys
 * @throws PacketboatError KEY_MISSING; CONFIG_UNSAFE if anybody else could read one; KEY_INVALID or
 *   KEY_WEAK, naming the file
 */
export async function loadOurKeys(folder: string): Promise<OurKeys> {
  if (await areKeysHandedIn(folder)) return await loadHandedIn(folder);
  if (!(await exists(join(folder, "openpgp.asc")))) {
    throw new PacketboatError("KEY_MISSING", `there is no openpgp.asc in ${folder}`);
  }
  await assertPrivate(folder);
  const present = { name: "openpgp.asc", path: join(folder, "openpgp.asc") };
  const names = await retiredIn(folder);
  const retired = names.map((name) => ({ name, path: join(folder, name) }));
  for (const { path } of [present, ...retired]) await assertPrivate(path);
  return await loadAll(present, retired);
}

interface KeyFile {
  /** In the keys folder: `retired/2025.asc`. */
  readonly name: string;
  readonly path: string;
}

/** In the keys folder: the word of the key before for this one, as `keys rotate` wrote it. */
export const successionName = (next: Fingerprint): string => `succession-${next}.pgp`;

/** The same, read; `null` if this key followed none, or the former could not speak. */
export async function readSuccession(folder: string, next: Fingerprint): Promise<string | null> {
  const name = successionName(next);
  const path = (await areKeysHandedIn(folder))
    ? (await handedInKeys(folder)).get(name)
    : join(folder, name);
  if (path === undefined || !(await exists(path))) return null;
  return (await readFile(path, "utf8")).trim();
}

async function loadHandedIn(folder: string): Promise<OurKeys> {
  const files = [...(await handedInKeys(folder))].map(([name, path]) => ({ name, path }));
  const [present] = files.filter(({ name }) => name === "openpgp.asc");
  const retired = files.filter(({ name }) => /^retired\/.*\.asc$/.test(name));
  if (!present) throw new PacketboatError("KEY_MISSING", `there is no openpgp.asc in ${folder}`);
  await assertHandedIn(folder);
  for (const { path } of [present, ...retired]) await assertHandedIn(path);
  return await loadAll(present, retired);
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

async function loadAll(presentFile: KeyFile, retiredFiles: readonly KeyFile[]): Promise<OurKeys> {
  const present = await loadKey(presentFile);
  const retired = [];
  for (const file of retiredFiles) retired.push(await loadKey(file));
  return { present, all: [present, ...retired] };
}

async function loadKey({ name, path }: KeyFile): Promise<PrivateKey> {
  const bytes = await readFile(path);
  return await readPrivateKey(bytes).catch((cause: unknown) => {
    if (!(cause instanceof PacketboatError)) throw cause;
    throw new PacketboatError(cause.code, `keys/${name}: ${cause.message}`, {
      facts: cause.facts,
      cause,
    });
  });
}
