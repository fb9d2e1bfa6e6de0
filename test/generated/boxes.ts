/** Spoiled packets in the boxes of real homes. */
import { readdir, rm } from "node:fs/promises";
import fc from "fast-check";
import { expect } from "vitest";
import type { ExchangeResult } from "../../daemon/exchange.ts";
import { leave, type Letter, nameFrom } from "../forge.ts";
import { boxOf, type District, meet, type World } from "../homes.ts";
import { anySpoiling, spoiled, type Spoiling } from "./spoilings.ts";

/** Of packets that are left at once; of each there is another one, from which pieces come. */
export const COUNT = 8;
export const someSpoilings = fc.array(anySpoiling, { minLength: COUNT, maxLength: COUNT });

/** An exchange that ends as exchanges end, whatever came. */
export async function meetWell(
  world: Pick<World, "clock">,
  home: District,
): Promise<ExchangeResult> {
  const result = await meet(world, home);
  expect([0, 10]).toContain(result.exit);
  return result;
}

/** Take away what lies in a box, as if another had read it. */
export async function empty(world: Pick<World, "folder">, home: District): Promise<void> {
  for (const name of await readdir(boxOf(world, home))) await rm(boxOf(world, home, name));
}

/**
 * Leave packets, each spoiled in its way.
 *
 * @param goods two for each: the one that is spoiled, and the other
 * @returns the files
 */
export async function leaveSpoiled(
  world: Pick<World, "folder" | "valley">,
  { letter, to }: { readonly letter: Letter; readonly to: District },
  goods: readonly Uint8Array[],
  spoilings: readonly Spoiling[],
): Promise<Uint8Array[]> {
  const files: Uint8Array[] = [];
  for (const [index, spoiling] of spoilings.entries()) {
    const [xml, other] = [goods[2 * index], goods[2 * index + 1]];
    if (!xml || !other) throw new Error("too few good packets");
    const file = await spoiled({ xml, other }, spoiling, letter);
    await leave(world, to, file, nameFrom(letter.from, to));
    files.push(file);
  }
  return files;
}
