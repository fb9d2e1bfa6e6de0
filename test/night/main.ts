/**
 * `npm run night -- --requests 1000 --releases 50 --kills 5 --cuts 20 --seed 1`: one night, its figures
 * as JSON on stdout, and what went wrong as the exit code.
 */
import { parseArgs } from "node:util";
import { hindrance } from "../openssh.ts";
import { spendNight } from "./night.ts";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "1000" },
    releases: { type: "string", default: "50" },
    kills: { type: "string", default: "5" },
    cuts: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
  },
});

if (hindrance !== null) throw new Error(`no night without a real sshd: ${hindrance}`);
const figures = await spendNight({
  requests: Number(values.requests),
  releases: Number(values.releases),
  kills: Number(values.kills),
  cuts: Number(values.cuts),
  seed: Number(values.seed),
  say: (line) => void process.stderr.write(`${new Date().toISOString()} ${line}\n`),
});
process.stdout.write(`${JSON.stringify({ ...values, ...figures }, null, 2)}\n`);
process.exitCode = figures.faults.length === 0 ? 0 : 1;
