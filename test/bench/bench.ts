/** What a bench is, and how it measures. A new one is a file beside this, and a line in `main.ts`. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Measured } from "../crowd/gauge.ts";
import type { District } from "../homes.ts";
import { PROGRAM } from "../program.ts";

export interface Wanted {
  /** Few enough for a test in CI. */
  readonly quick: boolean;
  /** How many there are to be: rows, messages, files, partners; `null` for as many as the bench thinks fit. */
  readonly rows: number | null;
  /** How often it is repeated what is compared with something else. */
  readonly rounds: number;
  /** Hears of each step, on the way. */
  readonly say: (line: string) => void;
  /** A folder for a CPU profile of each of packetboat's processes. */
  readonly profiles?: string | undefined;
}

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** What is compared side by side: rows with the same columns. */
export interface Grid {
  readonly title: string;
  readonly rows: readonly Readonly<Record<string, string | number>>[];
}

/** What is wanted of a figure. Not judged in the quick form, where a start weighs more than the work. */
export interface Goal {
  readonly wants: string;
  readonly value: number;
  readonly isMet: boolean;
}

export interface Benched {
  /** With what it was measured. */
  readonly about: string;
  readonly figures: readonly Figure[];
  readonly grids?: readonly Grid[];
  /** How many times as quick we are as something else that was measured beside us. */
  readonly ratios?: Readonly<Record<string, number>>;
  readonly goals?: readonly Goal[];
  /** What was left out, and why. */
  readonly skipped?: readonly string[];
  /** What must hold and does not. */
  readonly faults: readonly string[];
}

export type Bench = (wanted: Wanted) => Promise<Benched>;

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const ROOT = at("../..");
const GAUGE = at("../crowd/gauge.ts");

/** A process, from its start to its end. */
export interface Ran extends Pick<Measured, "peakMegabytes" | "cpuSeconds"> {
  readonly seconds: number;
}

type Home = Pick<District, "folder" | "configPath">;

/**
 * A command as a process of its own.
 *
 * @throws Error if it does not end well
 */
export const runAlone = (home: Home, ...words: readonly string[]): Promise<Ran> =>
  runGauged(home.folder, [...PROGRAM, ...words, "--config", home.configPath, "--quiet"]);

/**
 * The same; how it spends its time is written to the folder, if there is one.
 *
 * @param how by which exit codes it ends well, beside 0
 */
export const runProfiled = (
  home: Home,
  { profiles, exits = [] }: Pick<Wanted, "profiles"> & { readonly exits?: readonly number[] },
  ...words: readonly string[]
): Promise<Ran> => {
  const profiling = profiles === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profiles}`];
  const program = [...profiling, ...PROGRAM, ...words];
  return runGauged(
    home.folder,
    [...program, "--config", home.configPath, "--quiet"],
    [0, ...exits],
  );
};

/**
 * A program of Node's.
 *
 * @param folder where it leaves what it took
 * @throws Error if it does not end well
 */
export async function runGauged(
  folder: string,
  argv: readonly string[],
  exits: readonly number[] = [0],
): Promise<Ran> {
  const file = join(folder, "gauge.json");
  const began = performance.now();
  const child = spawn(process.execPath, ["--import", GAUGE, ...argv], {
    cwd: ROOT,
    env: { ...process.env, PACKETBOAT_GAUGE: file },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const exit = await exitOf(child);
  const seconds = (performance.now() - began) / 1000;
  if (!exits.includes(exit)) throw new Error(`node ${argv.join(" ")} ended with ${exit}`);
  const { peakMegabytes, cpuSeconds } = JSON.parse(await readFile(file, "utf8")) as Measured;
  return { seconds, peakMegabytes, cpuSeconds };
}

/** How a process ended; 128 if a signal ended it. */
export const exitOf = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 128));
  });

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
