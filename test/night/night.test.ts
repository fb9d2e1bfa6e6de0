/** The short form of `npm run night`. */
import { describe, expect, it } from "vitest";
import { noOpenSsh } from "../openssh.ts";
import { spendNight, spread } from "./night.ts";

describe.skipIf(noOpenSsh)("a night on a real sshd", { timeout: 300_000 }, () => {
  it("with killed daemons and cut lines ends with everything in its place, once", async () => {
    const night = { requests: 24, releases: 2, kills: 2, cuts: 4, seed: 7 };
    const { faults, kills, cuts, attachments } = await spendNight(night);
    expect(faults).toEqual([]);
    expect({ kills, cuts, attachments }).toEqual({ kills: 2, cuts: 4, attachments: 4 });
  });
});

it("harm is done all through the night", () => {
  const moments = spread(10, 1000, 3);
  expect(moments.map((moment) => Math.floor(moment / 100))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});
