/** The short form of `npm run night`. */
import { describe, expect, it } from "vitest";
import { noOpenSsh } from "../openssh.ts";
import { chance, spread } from "./chance.ts";
import { spendNight } from "./night.ts";

describe.skipIf(noOpenSsh)("a night on a real sshd", { timeout: 300_000 }, () => {
  it("with killed daemons and cut lines ends with everything in its place, once", async () => {
    const night = { requests: 24, releases: 2, kills: 2, cuts: 4, seed: 7 };
    const { faults, kills, cuts, attachments } = await spendNight(night);
    expect(faults).toEqual([]);
    expect({ kills, cuts, attachments }).toEqual({ kills: 2, cuts: 4, attachments: 4 });
  });
});

describe("chance", () => {
  it("can be repeated, and lies in each part once", () => {
    expect(chance(1)()).toBe(chance(1)());
    expect(chance(1)()).not.toBe(chance(2)());
    const moments = spread(10, 1000, 3);
    expect(moments).toHaveLength(10);
    for (const [part, moment] of moments.entries()) {
      expect(Math.floor(moment / 100)).toBe(part);
    }
  });
});
