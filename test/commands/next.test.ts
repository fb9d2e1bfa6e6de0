import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newWorld, type World } from "../homes.ts";
import { configure } from "../scene.ts";
import { packetboat, resultOf } from "./terminal.ts";

let world: World;
beforeAll(async () => {
  world = await newWorld("2026-10-30T12:00:00Z");
});
afterAll(() => world[Symbol.asyncDispose]());

const at = async (nightly: object, ...more: string[]) => {
  await configure(world.valley, { at: ["exchanges", "nightly"], value: nightly });
  const argv = ["next", ...more, "--config", world.valley.configPath];
  const now = world.clock.now();
  return { lines: (await packetboat(argv, { now })).stdout, result: await resultOf(argv, { now }) };
};

describe("next", () => {
  it("shows the coming nights on the agency's own clock, as many as are asked for", async () => {
    const { lines, result } = await at({ at: "03:15", jitterMinutes: 0 }, "--count", "3");
    expect(lines.split("\n").slice(0, 3)).toEqual([
      "Sat 2026-10-31 03:15 CDT",
      "Sun 2026-11-01 03:15 CST",
      "Mon 2026-11-02 03:15 CST",
    ]);
    expect(lines).not.toContain("warning");
    expect(result).toMatchObject({
      timeZone: "America/Chicago",
      nightly: [{ date: "2026-10-31", at: "2026-10-31T08:15:00.000Z", clockChange: null }, {}, {}],
      clockChange: null,
    });
  });

  it("warns of an hour that the clock skips, and says whether it matters", async () => {
    const daily = await at({ at: "02:30", jitterMinutes: 0 });
    expect(daily.lines).toContain("warning: the night's exchange is planned for 02:30");
    expect(daily.lines).toContain("on 2027-03-14 the clock in America/Chicago skips that");
    expect(daily.lines).toContain("It is made all the same, once.");
    expect(daily.result).toMatchObject({
      clockChange: { date: "2027-03-14", clockChange: "skipped" },
    });
    const schoolDays = await at({ at: "02:30", days: ["mon", "fri"], jitterMinutes: 0 });
    expect(schoolDays.lines).toContain("skips that");
    expect(schoolDays.lines).toContain("None is planned for that day of the week.");
  });

  it("shows an hour that comes twice as the first of the two", async () => {
    const { lines } = await at({ at: "01:30", jitterMinutes: 0 });
    expect(lines).toContain("Sun 2026-11-01 01:30 CDT  (the clock shows the planned time twice");
  });
});
