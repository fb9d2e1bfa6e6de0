/** Coming back to where a world was: quicker than making another. */
import { cp, mkdtemp, rm } from "node:fs/promises";
import type { World } from "./homes.ts";

export interface Snapshot extends AsyncDisposable {
  /** Where the copy is. */
  readonly folder: string;
  /** Bring everything back to where it was. */
  restore(): Promise<void>;
}

/** Everything in a world, or in a home of it, as it is now; its server goes on meanwhile. */
export async function snapshot({
  folder,
  clock,
}: Pick<World, "folder" | "clock">): Promise<Snapshot> {
  const copy = await mkdtemp(`${folder}-snapshot-`);
  const options = { recursive: true, preserveTimestamps: true };
  await cp(folder, copy, options);
  const at = clock.now();
  return {
    folder: copy,
    restore: async () => {
      await rm(folder, { recursive: true });
      await cp(copy, folder, options);
      clock.set(at);
    },
    [Symbol.asyncDispose]: () => rm(copy, { recursive: true }),
  };
}
