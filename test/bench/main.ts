/**
 * `npm run bench -- [--only locator,exchange] [--rows 1000000] [--rounds 3] [--quick] [--json] [--profiles FOLDER]`: how long
 * things take on this machine, as a table or as JSON; ends with 1 if anything that must hold does not.
 */
import { cpus } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import type { Bench, Benched, Goal, Grid } from "./bench.ts";
import { attachments } from "./attachments.ts";
import { exchange } from "./exchange.ts";
import { farServer } from "./far-server.ts";
import { fullBox } from "./full-box.ts";
import { idle } from "./idle.ts";
import { longLedger } from "./long-ledger.ts";
import { partners } from "./partners.ts";
import { waiting } from "./waiting.ts";
import { locator } from "./locator.ts";
import { registry } from "./registry.ts";

const BENCHES: Readonly<Record<string, Bench>> = {
  locator,
  registry,
  exchange,
  attachments,
  waiting,
  partners,
  idle,
  "full-box": fullBox,
  "long-ledger": longLedger,
  "far-server": farServer,
};

const { values } = parseArgs({
  options: {
    only: { type: "string", default: Object.keys(BENCHES).join(",") },
    rows: { type: "string" },
    rounds: { type: "string", default: "3" },
    quick: { type: "boolean", default: false },
    profiles: { type: "string" },
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

if (!/^[1-9]$/.test(values.rounds)) throw new Error(`--rounds ${values.rounds} is none of 1 to 9`);

const wanted = {
  quick: values.quick,
  rounds: values.quick ? 1 : Number(values.rounds),
  rows: values.rows === undefined ? null : Number(values.rows),
  profiles: values.profiles === undefined ? undefined : resolve(values.profiles),
  say: (line: string): void => void process.stderr.write(`${line}\n`),
};

const done: (Benched & { readonly name: string })[] = [];
for (const [name, bench] of Object.entries(BENCHES)) {
  if (names.includes(name)) done.push({ name, ...(await bench(wanted)) });
}
process.stdout.write(`${values.json ? asJson() : asTables()}\n`);
const missed = ({ goals = [] }: Benched): boolean =>
  !values.quick && goals.some(({ isMet }) => !isMet);
process.exitCode = done.every((each) => each.faults.length === 0 && !missed(each)) ? 0 : 1;

function asJson(): string {
  const [cpu] = cpus();
  const machine = { processor: cpu?.model, processors: cpus().length, node: process.version };
  const ratios = Object.assign({}, ...done.map((each) => each.ratios ?? {})) as object;
  return JSON.stringify({ ratios, machine, benches: done }, null, 2);
}

function asTables(): string {
  const lines = done.flatMap(({ name, about, figures, grids = [], faults, ...more }) => {
    const table = new Table({
      head: [name, "", ""],
      colAligns: ["left", "right", "left"],
      style: { head: [], border: [] },
    });
    table.push(...figures.map((figure) => [figure.name, shown(figure.value), figure.unit]));
    return [
      `${name}: ${about}`,
      ...grids.map(asTable),
      ...(figures.length > 0 ? [table.toString()] : []),
      ...(more.goals ?? []).map(judged),
      ...(more.skipped ?? []).map((what) => `skipped: ${what}`),
      ...faults,
    ];
  });
  return lines.join("\n");
}

function asTable({ title, rows }: Grid): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const table = new Table({
    head: [title, ...columns.slice(1)],
    colAligns: columns.map((_, index) => (index === 0 ? "left" : "right")),
    style: { head: [], border: [] },
  });
  const cell = (value: string | number | undefined): string =>
    typeof value === "number" ? shown(value) : (value ?? "");
  table.push(...rows.map((row) => columns.map((name) => cell(row[name]))));
  return table.toString();
}

function judged({ wants, value, isMet }: Goal): string {
  const verdict = values.quick ? "not judged when quick" : isMet ? "met" : "NOT MET";
  return `${verdict}: ${wants}; it is ${shown(value)}`;
}

function shown(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 100 ? 2 : 0);
}
