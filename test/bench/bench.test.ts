/** The short form of `npm run bench`: everything is done as in the long one, with less. */
import { expect, it } from "vitest";
import type { Bench } from "./bench.ts";
import { locator } from "./locator.ts";
import { registry } from "./registry.ts";

const QUICK = { quick: true, rows: null, say: () => undefined };

const figuresOf = async (bench: Bench) => {
  const { figures, faults } = await bench(QUICK);
  expect(faults).toEqual([]);
  expect(figures.filter(({ value }) => !(value > 0))).toEqual([]);
  return new Map(figures.map(({ name, value }) => [name, value]));
};

it("the locator takes a list and finds every district of it", { timeout: 120_000 }, async () => {
  const figures = await figuresOf(locator);
  expect(figures.get("searches, each of other words")).toBe(50);
});

it(
  "the registry takes a state's students and finds them by an index",
  { timeout: 120_000 },
  async () => {
    const figures = await figuresOf(registry);
    expect(figures.get("rows of a snapshot")).toBe(20_000);
    expect(figures.get("registry import, the first, peak memory")).toBeLessThan(300);
  },
);
