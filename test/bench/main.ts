/**
 * `npm run bench -- [--only locator,registry] [--rows 1000000] [--quick] [--json]`: how long things take on this
 * machine, as a table or as JSON; ends with 1 if anything that must hold does not.
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import type { Bench, Benched } from "./bench.ts";
import { locator } from "./locator.ts";
import { registry } from "./registry.ts";

const BENCHES: Readonly<Record<string, Bench>> = { locator, registry };

const { values } = parseArgs({
  options: {
    only: { type: "string", default: Object.keys(BENCHES).join(",") },
    rows: { type: "string" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

const names = values.only.split(",");
const unknown = names.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) {
  throw new Error(`no bench ${unknown.join(", ")}: there are ${Object.keys(BENCHES).join(", ")}`);
}

if (values.rows !== undefined && !/^[1-9][0-9]{0,8}$/.test(values.rows)) {
  throw new Error(`--rows ${values.rows} is no number of rows`);
}

const wanted = {
  quick: values.quick,
  rows: values.rows === undefined ? null : Number(values.rows),
  say: (line: string): void => void process.stderr.write(`${line}\n`),
};

const done: (Benched & { readonly name: string })[] = [];
for (const [name, bench] of Object.entries(BENCHES)) {
  if (names.includes(name)) done.push({ name, ...(await bench(wanted)) });
}
process.stdout.write(`${values.json ? asJson() : asTables()}\n`);
process.exitCode = done.every(({ faults }) => faults.length === 0) ? 0 : 1;

function asJson(): string {
  const [cpu] = cpus();
  const machine = { processor: cpu?.model, processors: cpus().length, node: process.version };
  return JSON.stringify({ machine, benches: done }, null, 2);
}

function asTables(): string {
  const lines = done.flatMap(({ name, about, figures, faults }) => {
    const table = new Table({
      head: [name, "", ""],
      colAligns: ["left", "right", "left"],
      style: { head: [], border: [] },
    });
    table.push(...figures.map((figure) => [figure.name, shown(figure.value), figure.unit]));
    return [`${name}: ${about}`, table.toString(), ...faults];
  });
  return lines.join("\n");
}

function shown(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 100 ? 2 : 0);
}
