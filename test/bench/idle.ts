/** What it costs while nothing happens: the daemon on a quiet day, and a command before it does anything. */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as passed } from "node:timers/promises";
import { ChildDaemon } from "../child-daemons.ts";
import { cpuSeconds } from "../state-night/gauge.ts";
import { type Bench, medianOf, runAlone, sorted } from "./bench.ts";
import { newTown } from "./evening.ts";

const MINUTES = 10;
const FEW_MINUTES = 0.1;
/** Of ten minutes: less than a thousandth. */
const MOST_CPU_SHARE = 0.001;
const MOST_WAKE_UPS_A_MINUTE = 120;
const TIMES = 7;
const MOST_START_SECONDS = 0.5;
const COMMANDS = [
  ["--help"],
  ["status"],
  ["next"],
  ["alerts", "list"],
  ["transfers", "list"],
  ["partner", "list"],
];

export const idle: Bench = async ({ quick, say }) => {
  await using world = await newTown();
  const { valley } = world;
  const times = new Map<string, number>();
  for (const words of COMMANDS) {
    const runs: number[] = [];
    for (let time = 0; time < (quick ? 1 : TIMES); time++) {
      runs.push((await runAlone(valley, ...words)).seconds);
    }
    times.set(words.join(" "), medianOf(sorted(runs)));
  }
  say(`commands: ${[...times].map(([name, s]) => `${name} ${s.toFixed(2)} s`).join(", ")}`);
  const slowest = Math.max(...times.values());

  const minutes = quick ? FEW_MINUTES : MINUTES;
  await using daemon = new ChildDaemon(valley);
  await daemon.says("Daemon sleeps");
  const before = await standingOf(daemon.processId);
  const spoken = daemon.lines.length;
  await passed(minutes * 60_000);
  const after = await standingOf(daemon.processId);
  const cpu = after.cpu - before.cpu;
  const wakeUps = (after.wakeUps - before.wakeUps) / minutes;
  const share = cpu / (minutes * 60);
  return {
    about: `packetboat run for ${minutes} minutes, and the starts of commands`,
    figures: [
      { name: "run, processor time", value: cpu, unit: "s" },
      { name: "run, wake-ups a minute", value: wakeUps, unit: "" },
      { name: "run, lines in the log", value: daemon.lines.length - spoken, unit: "" },
      { name: "run, memory", value: after.megabytes, unit: "MB" },
      ...[...times].map(([name, value]) => ({ name: `packetboat ${name}`, value, unit: "s" })),
    ],
    goals: [
      {
        wants: `run takes less than ${MOST_CPU_SHARE} of a processor`,
        value: share,
        isMet: share < MOST_CPU_SHARE,
      },
      {
        wants: `run wakes up less than ${MOST_WAKE_UPS_A_MINUTE} times a minute`,
        value: wakeUps,
        isMet: wakeUps < MOST_WAKE_UPS_A_MINUTE,
      },
      {
        wants: `every command starts and ends in less than ${MOST_START_SECONDS} s`,
        value: slowest,
        isMet: slowest < MOST_START_SECONDS,
      },
    ],
    faults: [],
  };
};

/** What a process has taken so far; a thread wakes up as often as it has gone to sleep by itself. */
async function standingOf(
  processId: number,
): Promise<{ cpu: number; wakeUps: number; megabytes: number }> {
  let wakeUps = 0;
  for (const task of readdirSync(`/proc/${processId}/task`)) {
    wakeUps += numberIn(`/proc/${processId}/task/${task}/status`, "voluntary_ctxt_switches");
  }
  const megabytes = numberIn(`/proc/${processId}/status`, "VmRSS") / 1024;
  return { cpu: cpuSeconds(processId), wakeUps, megabytes };
}

function numberIn(path: string, name: string): number {
  const text = readFileSync(path, "latin1");
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0);
}
