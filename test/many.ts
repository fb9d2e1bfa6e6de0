/**
 * `npm run many -- --documents 10000 --packets 10000 [--no-releases] [--profiles DIR]`: a crowd goes
 * through two homes. Prints a table, a line for each process; ends with 1 if anything was lost, doubled, out of order
 * or harmed, or took more memory than it may.
 *
 * With `--flood 100000`: so many files of one sender lie in a box beside ten packets of another. Prints what the
 * other had to wait, as JSON.
 */
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { floodBox } from "./crowd/flood.ts";
import { crowd, type Stage } from "./crowd/stages.ts";

/** Of one process, at any number of documents. */
const MOST_MEGABYTES = 300;

const { values } = parseArgs({
  allowNegative: true,
  options: {
    documents: { type: "string", default: "10000" },
    packets: { type: "string", default: "10000" },
    releases: { type: "boolean", default: true },
    profiles: { type: "string" },
    flood: { type: "string" },
  },
});

if (values.flood !== undefined) {
  const { faults, ...figures } = await floodBox(Number(values.flood));
  process.stdout.write(`${JSON.stringify({ ...figures, faults }, null, 2)}\n`);
  const isTooBig = figures.flooded.peakMegabytes > MOST_MEGABYTES;
  process.exit(faults.length === 0 && !isTooBig ? 0 : 1);
}

const faultsOf = ({ name, faults, peakMegabytes }: Stage): string[] =>
  [...faults, ...(peakMegabytes > MOST_MEGABYTES ? [`it took ${peakMegabytes} MB`] : [])].map(
    (sentence) => `${name}: ${sentence}`,
  );

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const stages = await crowd({
  documents: Number(values.documents),
  packets: Number(values.packets),
  releases: values.releases,
  ...(values.profiles === undefined ? {} : { profiles: values.profiles }),
  passed: (stage) => void process.stderr.write(`${stage.name}: ${stage.seconds.toFixed(1)} s\n`),
});

const table = new Table({
  head: ["stage", "items", "seconds", "per second", "CPU s", "peak MB", "statements", "rows"],
  colAligns: ["left", "right", "right", "right", "right", "right", "right", "right"],
  style: { head: [], border: [] },
});
for (const { name, items, seconds, cpuSeconds, peakMegabytes, statements, rows } of stages) {
  const rate = items === 0 ? "" : (items / seconds).toFixed(0);
  table.push([
    name,
    items,
    seconds.toFixed(1),
    rate,
    cpuSeconds.toFixed(1),
    peakMegabytes,
    statements,
    rows,
  ]);
}
say(table.toString());
const faults = stages.flatMap(faultsOf);
for (const fault of faults) say(fault);
say(faults.length === 0 ? "Nothing was lost, doubled, out of order or harmed." : "");
process.exitCode = faults.length === 0 ? 0 : 1;
