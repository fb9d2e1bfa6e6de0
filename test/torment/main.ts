/**
 * `npm run torment -- [--only "seals and signatures"] [--quick] [--json] [--readme]`: hostile inputs of every kind
 * are left in a box, and the exchange that meets them is measured. A table, JSON, or the rows of the README; ends
 * with 1 if anything becomes of one but what must, or it takes more than its time and memory.
 */
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { rowsOf } from "./rows.ts";
import { KINDS } from "./kinds.ts";
import { newStage } from "./stage.ts";
import { faultsIn, torment, type Tormented, worstOf } from "./torment.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    readme: { type: "boolean", default: false },
  },
});

const names = KINDS.map(({ name }) => name);
const wanted = values.only ?? names;
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  throw new Error(`no kind ${unknown.join(", ")}: there are ${names.join(", ")}`);
}

const HEAD = ["what", "rows", "inputs", "worst time", "of the processor", "worst memory"];
const CPU_COLUMN = 4;

interface Row {
  readonly kind: string;
  readonly rows: string;
  readonly inputs: number;
  readonly worstSeconds: number;
  readonly worstCpuSeconds: number;
  readonly peakMegabytes: number;
  readonly faults: readonly string[];
}

const rowOf = (kind: string, tormented: Tormented): Row => ({
  kind,
  rows: rowsOf(tormented.tried.map(({ input }) => input)),
  inputs: tormented.tried.length,
  worstSeconds: worstOf(tormented.tried.map(({ seconds }) => seconds)),
  worstCpuSeconds: worstOf(tormented.tried.map(({ cpuSeconds }) => cpuSeconds)),
  peakMegabytes: tormented.peakMegabytes,
  faults: faultsIn(tormented),
});

await using stage = await newStage();
const rows: Row[] = [];
for (const { name, inputs, heavy = [] } of KINDS) {
  if (!wanted.includes(name)) continue;
  const all = values.quick ? inputs : [...inputs, ...heavy];
  if (all.length === 0) continue;
  const row = rowOf(name, await torment(stage, all));
  rows.push(row);
  process.stderr.write(`${cells(row).join(", ")}\n`);
}
process.stdout.write(`${values.json ? asJson() : values.readme ? asMarkdown() : asTable()}\n`);
const faults = rows.flatMap((row) => row.faults);
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.exitCode = faults.length === 0 ? 0 : 1;

function asJson(): string {
  return JSON.stringify({ node: process.version, kinds: rows, total: total() }, null, 2);
}

function asTable(): string {
  const table = new Table({
    head: [...HEAD],
    colAligns: ["left", "left", "right", "right", "right", "right"],
    style: { head: [], border: [] },
  });
  table.push(...[...rows, total()].map(cells));
  return table.toString();
}

/** For the README, whose run has the machine to itself. */
function asMarkdown(): string {
  const line = (row: readonly string[]): string =>
    `| ${row.toSpliced(CPU_COLUMN, 1).join(" | ")} |`;
  const body = [...rows, total()].map(cells);
  return [HEAD, ["---", "---", "--:", "--:", "--:", "--:"], ...body].map(line).join("\n");
}

function total(): Row {
  return {
    kind: "all",
    rows: "",
    inputs: rows.reduce((sum, { inputs }) => sum + inputs, 0),
    worstSeconds: worstOf(rows.map(({ worstSeconds }) => worstSeconds)),
    worstCpuSeconds: worstOf(rows.map(({ worstCpuSeconds }) => worstCpuSeconds)),
    peakMegabytes: worstOf(rows.map(({ peakMegabytes }) => peakMegabytes)),
    faults: [],
  };
}

function cells(row: Row): string[] {
  const { kind, rows: list, inputs, worstSeconds, worstCpuSeconds, peakMegabytes } = row;
  const times = [worstSeconds, worstCpuSeconds].map((seconds) => `${seconds.toFixed(2)} s`);
  return [kind, list, String(inputs), ...times, `${peakMegabytes} MB`];
}
