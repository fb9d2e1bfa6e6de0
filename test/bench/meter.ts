/** What processes take that we start: of the processors, and of memory. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { connectionsTo, cpuSeconds, peakMegabytes, processOf } from "../state-night/gauge.ts";
import { until } from "../until.ts";

/** Clock ticks of one second in /proc, on every Linux that Node runs on. */
const TICKS = 100;
const SAMPLE_MS = 200;

/** Fields of a line in /proc, counted from the third, the state: the name before it may hold anything. */
const fieldsOf = (stat: string): string[] => stat.slice(stat.lastIndexOf(") ") + 2).split(" ");

/** Processor seconds of all that this process has started and that has ended, and of what those have started. */
export async function childrensCpuSeconds(): Promise<number> {
  const fields = fieldsOf(await readFile("/proc/self/stat", "latin1"));
  // cutime and cstime: the 16th and the 17th.
  return (Number(fields[13]) + Number(fields[14])) / TICKS;
}

/**
 * The most memory that the processes of a session have had together, sampled until the signal: each by its own peak,
 * so that only what began and ended between two samples is missed.
 */
export function watchSession(session: number): { stop: () => number } {
  let most = 0;
  const timer = setInterval(() => {
    let together = 0;
    for (const name of readdirSync("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      if (Number(sessionOf(name)) === session) together += peakMegabytes(Number(name));
    }
    most = Math.max(most, together);
  }, SAMPLE_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return most;
    },
  };
}

function sessionOf(processId: string): string {
  try {
    return fieldsOf(readFileSync(`/proc/${processId}/stat`, "latin1"))[3] ?? "";
  } catch {
    return "";
  }
}

/** A server's processor seconds, with those of all its sessions that are over. */
export class ServerMeter {
  readonly #port: number;
  readonly #listener: number;

  constructor(port: number) {
    this.#port = port;
    this.#listener = processOf("sshd", `-p ${port}`) ?? 0;
  }

  /** When nobody is connected any more. */
  async seconds(): Promise<number> {
    await until("nobody is connected", async () => {
      if ((await connectionsTo(this.#port)) > 0) return false;
      const path = `/proc/${this.#listener}/task/${this.#listener}/children`;
      return (await readFile(path, "latin1").catch(() => "")).trim() === "";
    });
    return cpuSeconds(this.#listener);
  }
}

/** What lies in memory only is written down, so that nobody pays for what another has left. */
export const settleDisk = async (): Promise<void> => {
  await promisify(execFile)("sync");
};
