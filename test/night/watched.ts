/** Boxes as a reader sees them who looks every few milliseconds. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface Watched {
  readonly looks: number;
  /** Files that changed under their final name, by name. */
  readonly faults: readonly string[];
  end(): Promise<void>;
}

const EVERY_MS = 5;
const FINAL = /^[0-9].*\.pgp$/;

/** A file under its final name must never be seen to grow. */
export function watchBoxes(folders: readonly string[]): Watched {
  const sizes = new Map<string, number>();
  const faults = new Set<string>();
  let looks = 0;
  let isOver = false;
  const look = async (folder: string): Promise<void> => {
    for (const name of await readdir(folder).catch(() => [])) {
      if (!FINAL.test(name)) continue;
      const path = join(folder, name);
      const found = await stat(path).catch(() => null);
      if (!found) continue;
      const before = sizes.get(path) ?? found.size;
      if (before !== found.size) faults.add(`${name} was seen with ${before} bytes, then more`);
      sizes.set(path, found.size);
    }
  };
  const looking = (async () => {
    while (!isOver) {
      for (const folder of folders) await look(folder);
      looks++;
      await sleep(EVERY_MS);
    }
  })();
  return {
    get looks() {
      return looks;
    },
    get faults() {
      return [...faults];
    },
    end: async () => {
      isOver = true;
      await looking;
    },
  };
}
