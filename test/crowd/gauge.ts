/**
 * Loaded before the program (`node --import`): measures the whole process from within, and writes what it
 * was to the file that PACKETBOAT_GAUGE names, when the process ends.
 */
import { writeFileSync } from "node:fs";
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

const file = process.env["PACKETBOAT_GAUGE"];
if (file !== undefined) {
  process.on("exit", () => {
    const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
    const measured: Measured = {
      // In kilobytes, as Node gives it on every system.
      peakMegabytes: Math.round(maxRSS / 1024),
      cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
      statements,
      rows,
    };
    writeFileSync(file, JSON.stringify(measured));
  });
}
