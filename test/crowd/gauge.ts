/**
 * Loaded before the program (`node --import`): measures the whole process from within, and writes what it
 * was to the file that PACKETBOAT_GAUGE names, when the process ends.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { StatementSync } from "node:sqlite";

/** What one process took. */
export interface Measured {
  readonly peakMegabytes: number;
  /** Of both processors and the kernel. */
  readonly cpuSeconds: number;
  /** SQL statements that were carried out. */
  readonly statements: number;
  /** Rows that they gave. */
  readonly rows: number;
  /** What it had taken of the processors, in seconds, when it wrote each line of its log. */
  readonly cpuAtLines: readonly number[];
}

let statements = 0;
let rows = 0;

type Step = (this: StatementSync, ...parameters: unknown[]) => unknown;
const prototype = StatementSync.prototype as unknown as { all: Step; run: Step };
const { all, run } = prototype;
prototype.all = function counted(...parameters) {
  const found = Reflect.apply(all, this, parameters) as readonly unknown[];
  statements++;
  rows += found.length;
  return found;
};
prototype.run = function counted(...parameters) {
  statements++;
  return Reflect.apply(run, this, parameters);
};

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const cpuAtLines: number[] = [];
const { writeSync, writeFileSync } = fs;
fs.writeSync = ((...parameters: Parameters<typeof writeSync>) => {
  const [, written] = parameters as readonly unknown[];
  if (typeof written === "string" && written.endsWith("}\n")) cpuAtLines.push(cpuSeconds());
  return writeSync(...parameters);
}) as typeof writeSync;
syncBuiltinESMExports();

const file = process.env["PACKETBOAT_GAUGE"];
if (file !== undefined) {
  process.on("exit", () => {
    const { maxRSS } = process.resourceUsage();
    const measured: Measured = {
      // In kilobytes, as Node gives it on every system.
      peakMegabytes: Math.round(maxRSS / 1024),
      cpuSeconds: cpuSeconds(),
      statements,
      rows,
      cpuAtLines,
    };
    writeFileSync(file, JSON.stringify(measured));
  });
}
