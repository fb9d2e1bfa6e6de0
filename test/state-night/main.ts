/**
 * `npm run state-night -- --districts 1200 --packets 92000 --seed 1`: a night of a whole state, its figures
 * as JSON on stdout, and what went wrong as the exit code.
 */
import { parseArgs } from "node:util";
import { hindrance } from "../openssh.ts";
import { spendStateNight } from "./night.ts";

const { values } = parseArgs({
  options: {
    districts: { type: "string", default: "1200" },
    packets: { type: "string", default: "92000" },
    "other-students": { type: "string", default: "100000" },
    jitter: { type: "string", default: "20" },
    "collect-every": { type: "string", default: "15" },
    hours: { type: "string", default: "6" },
    factor: { type: "string", default: "4" },
    homes: { type: "string" },
    towns: { type: "string", default: "2" },
    seed: { type: "string", default: "1" },
  },
});

if (hindrance !== null) throw new Error(`no night without a real sshd: ${hindrance}`);
const figures = await spendStateNight({
  districts: Number(values.districts),
  packets: Number(values.packets),
  otherStudents: Number(values["other-students"]),
  jitterMinutes: Number(values.jitter),
  collectEveryMinutes: Number(values["collect-every"]),
  hours: Number(values.hours),
  factor: Number(values.factor),
  ...(values.homes === undefined ? {} : { homes: values.homes }),
  towns: Number(values.towns),
  seed: Number(values.seed),
  say: (line) => void process.stderr.write(`${new Date().toISOString()} ${line}\n`),
});
process.stdout.write(`${JSON.stringify({ asked: values, ...figures }, null, 2)}\n`);
process.exitCode = figures.faults.length === 0 ? 0 : 1;
