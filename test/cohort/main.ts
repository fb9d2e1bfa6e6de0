/**
 * `npm run cohort -- --students 5000`: a cohort moves, and every exchange is killed several times. Figures as
 * JSON on stdout; ends with 1 if anything was lost, doubled, or out of its bounds.
 */
import { parseArgs } from "node:util";
import { moveCohort } from "./cohort.ts";

const { values } = parseArgs({
  options: {
    students: { type: "string", default: "5000" },
    "messages-per-packet": { type: "string", default: "100" },
  },
});

const { ends: _ends, ...figures } = await moveCohort({
  students: Number(values.students),
  messagesPerPacket: Number(values["messages-per-packet"]),
  say: (line) => void process.stderr.write(`${new Date().toISOString()} ${line}\n`),
});
process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
process.exitCode = figures.faults.length === 0 ? 0 : 1;
