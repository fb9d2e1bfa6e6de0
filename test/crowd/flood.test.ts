/** The short form of `npm run many -- --flood 100000`. */
import { describe, expect, it } from "vitest";
import { floodBox, isRoot } from "./flood.ts";

const FILES = 4000;
/** Of the 20,000 packets of one exchange. */
const MOST_OF_A_FLOOD = 400;

if (!isRoot) {
  process.stderr.write(
    "Skipped, no flood of another account: it needs root, to give files away.\n",
  );
}

describe.skipIf(!isRoot)("a flood of one sender", { timeout: 600_000 }, () => {
  it("has a small part of an exchange, keeps nobody waiting, and is told of", async () => {
    const { faults, alone, flooded } = await floodBox(FILES);
    expect(faults).toEqual([]);
    expect(alone.claimed).toBe(0);
    // The embedded server knows files by inode: some of the flood may be had by a file of the other, long gone.
    expect(flooded.claimed).toBeGreaterThanOrEqual(MOST_OF_A_FLOOD);
    expect(flooded.claimed).toBeLessThan(MOST_OF_A_FLOOD + 30);
    expect(flooded.secondsUntilTaken).toBeLessThan(alone.secondsUntilTaken + 10);
    expect(flooded.peakMegabytes).toBeLessThan(300);
  });
});
