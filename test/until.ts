/** Waiting for a condition, in tests and in programs that are no tests. */
import { setTimeout as sleep } from "node:timers/promises";

const LOOK_MS = 20;

/**
 * @returns what it is, as soon as it is something
 * @throws Error if it is not so after a while
 */
export async function until<T>(
  what: string,
  look: () => T | null | undefined | false | Promise<T | null | undefined | false>,
  withinMs = 30_000,
): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`after ${withinMs} ms it is not so: ${what}`);
    await sleep(LOOK_MS);
  }
}
