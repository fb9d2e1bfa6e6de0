/** Our own keys, in a folder that nobody else may read. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { assertPrivate, exists } from "../disk.ts";
import { PacketboatError } from "../errors.ts";
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
