/** What a bench is, and how it measures. A new one is a file beside this, and a line in `main.ts`. */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import packageJson from "../../package.json" with { type: "json" };
import type { Measured } from "../crowd/gauge.ts";
import type { District } from "../homes.ts";

export interface Wanted {
  /** Few enough for a test in CI. */
  readonly quick: boolean;
  /** How many rows the registry is to have; `null` for as many as the bench thinks fit. */
  readonly rows: number | null;
  /** Hears of each step, on the way. */
  readonly say: (line: string) => void;
}

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: "s" | "ms" | "MB" | "rows" | "districts" | "searches" | "look-ups";
}

export interface Benched {
  /** With what it was measured. */
  readonly about: string;
  readonly figures: readonly Figure[];
  /** What must hold and does not. */
  readonly faults: readonly string[];
}

export type Bench = (wanted: Wanted) => Promise<Benched>;

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const ROOT = at("../..");
/** The program, and how much Node may put off before it tidies up: as `npm run packetboat` says it. */
const PROGRAM = packageJson.scripts.packetboat.split(" ").slice(1);
const GAUGE = at("../crowd/gauge.ts");

/** A command as a process of its own, from its start to its end. */
export interface Ran extends Pick<Measured, "peakMegabytes"> {
  readonly seconds: number;
}

/** @throws Error if it does not end well */
export async function runAlone(
  { folder, configPath }: Pick<District, "folder" | "configPath">,
  ...words: readonly string[]
): Promise<Ran> {
  const file = join(folder, "gauge.json");
  const began = performance.now();
  const child = spawn(
    process.execPath,
    ["--import", GAUGE, ...PROGRAM, ...words, "--config", configPath, "--quiet"],
    {
      cwd: ROOT,
      env: { ...process.env, PACKETBOAT_GAUGE: file },
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  const exit = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 128));
  });
  const seconds = (performance.now() - began) / 1000;
  if (exit !== 0) throw new Error(`packetboat ${words.join(" ")} ended with ${exit}`);
  const { peakMegabytes } = JSON.parse(await readFile(file, "utf8")) as Measured;
  return { seconds, peakMegabytes };
}

/** @returns how long each took, in milliseconds, the shortest first */
export async function timed<Item>(
  items: readonly Item[],
  work: (item: Item) => unknown,
): Promise<number[]> {
  const times: number[] = [];
  for (const item of items) {
    const began = performance.now();
    await work(item);
    times.push(performance.now() - began);
  }
  return sorted(times);
}

/** The smallest first. */
export const sorted = (numbers: readonly number[]): number[] =>
  numbers.toSorted((one, other) => one - other);

/** @param times the smallest first */
export const medianOf = (times: readonly number[]): number =>
  times[Math.floor(times.length / 2)] ?? 0;

/** @param times the smallest first */
export const worstOf = (times: readonly number[]): number => times.at(-1) ?? 0;
