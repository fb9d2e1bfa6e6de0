/** The short form of `npm run bench`: everything is done as in the long one, with less. */
import { expect, it } from "vitest";
import { noOpenSsh } from "../openssh.ts";
import type { Bench } from "./bench.ts";
import { exchange, WAYS } from "./exchange.ts";
import { locator } from "./locator.ts";
import { longLedger } from "./long-ledger.ts";
import { registry } from "./registry.ts";
import { missingPrograms } from "./script.ts";

const QUICK = { quick: true, rows: null, rounds: 1, say: () => undefined };

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

it.skipIf(noOpenSsh)(
  "a night arrives whole by every way that is compared",
  { timeout: 300_000 },
  async () => {
    const { grids = [], ratios = {}, faults, skipped } = await exchange(QUICK);
    expect(faults).toEqual([]);
    const ways = WAYS.filter((way) => missingPrograms.length === 0 || !way.endsWith("script"));
    const [measured] = grids;
    expect(measured?.rows.map(({ way }) => way)).toEqual(ways.map((way) => `8 KB, ${way}`));
    const figures = measured?.rows.flatMap((row) => Object.values(row)) ?? [];
    expect(figures.filter((value) => typeof value === "number" && !(value > 0))).toEqual([]);
    expect(ratios["floor"]).toBeLessThan(1);
    expect(skipped).toHaveLength(missingPrograms.length === 0 ? 0 : 1);
  },
);

it("a ledger is filled with copies of what was said in earnest", { timeout: 120_000 }, async () => {
  const figures = await figuresOf(longLedger);
  expect(figures.get("the ledger")).toBeGreaterThan(5);
});
