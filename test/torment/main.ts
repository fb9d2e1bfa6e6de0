/**
 * `npm run torment -- [--only "seals and signatures"] [--quick] [--json] [--readme]`: hostile inputs of every kind
 * are left in a box or elsewhere, and the exchange or command that meets them is measured. A table, JSON, or the rows of the README; ends
 * with 1 if anything becomes of one but what must, or it takes more than its time and memory.
 */
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { rowsOf } from "./rows.ts";
import type { Kind } from "./kind.ts";
import { KINDS, TRIALS } from "./kinds.ts";
import { newStage } from "./stage.ts";
import { faultsIn, torment, type Tormented, worstOf } from "./torment.ts";
import { newGrounds, tryAll } from "./trials.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    readme: { type: "boolean", default: false },
  },
});

const names = [...KINDS, ...TRIALS].map(({ name }) => name);
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

const rows: Row[] = [];
const add = (name: string, tormented: Tormented): void => {
  const row = rowOf(name, tormented);
  rows.push(row);
  process.stderr.write(`${cells(row).join(", ")}\n`);
};
const boxed = chosen(KINDS);
if (boxed.length > 0) {
  await using stage = await newStage();
  for (const { name, all } of boxed) add(name, await torment(stage, all));
}
const others = chosen(TRIALS);
if (others.length > 0) {
  await using grounds = await newGrounds();
  for (const { name, all } of others) add(name, await tryAll(grounds, all));
}
process.stdout.write(`${values.json ? asJson() : values.readme ? asMarkdown() : asTable()}\n`);
const faults = rows.flatMap((row) => row.faults);
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.exitCode = faults.length === 0 ? 0 : 1;

function chosen<Each>(kinds: readonly Kind<Each>[]) {
  return kinds
    .filter(({ name }) => wanted.includes(name))
    .map(({ name, inputs, heavy = [] }) => ({
      name,
      all: values.quick ? inputs : [...inputs, ...heavy],
    }))
    .filter(({ all }) => all.length > 0);
}

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
