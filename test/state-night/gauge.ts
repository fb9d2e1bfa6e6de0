/** What a server and a process take, as the kernel tells it. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Clock ticks of one second in /proc, on every Linux that Node runs on. */
const TICKS = 100;
const ESTABLISHED = "01";

const textOf = (path: string): string => {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
};

/** The process that runs this program with these words in its command line. */
export function processOf(program: string, words: string): number | null {
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    if (!textOf(`/proc/${name}/cmdline`).replaceAll("\0", " ").includes(words)) continue;
    try {
      if (readlinkSync(`/proc/${name}/exe`).endsWith(program)) return Number(name);
    } catch {
      // It has ended, or is none that has a program.
    }
  }
  return null;
}

/** So many are logging in at sshd now, as it shows in its own name. */
export function loggingIn(listener: number): number {
  const found = /(\d+) of [\d-]+ startups/.exec(textOf(`/proc/${listener}/cmdline`));
  return Number(found?.[1] ?? 0);
}

/** Connections to a port of this machine that are open now. */
export async function connectionsTo(port: number): Promise<number> {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const lines = (await readFile("/proc/net/tcp", "latin1")).split("\n");
  return lines.filter((line) => {
    const [, at = "", , state] = line.trim().split(/\s+/);
    return at.endsWith(local) && state === ESTABLISHED;
  }).length;
}

/** Of a process and of its children that have ended. */
export function cpuSeconds(processId: number): number {
  const after = textOf(`/proc/${processId}/stat`).split(") ")[1] ?? "";
  // utime, stime, cutime, cstime: the 14th to the 17th field, the 12th of those after the name.
  const times = after.split(" ").slice(11, 15).map(Number);
  return times.reduce((sum, ticks) => sum + ticks, 0) / TICKS;
}

export function peakMegabytes(processId: number): number {
  const found = /VmHWM:\s+(\d+) kB/.exec(textOf(`/proc/${processId}/status`));
  return Math.round(Number(found?.[1] ?? 0) / 1024);
}

/** Files in each of these folders. */
export const fillings = (folders: readonly string[]): Promise<number[]> =>
  Promise.all(folders.map(async (folder) => (await readdir(folder)).filter(isPacket).length));

const isPacket = (name: string): boolean => name.endsWith(".pgp");

/** The boxes of these agencies for test traffic. */
export const boxesIn = (root: string, ids: readonly string[]): string[] =>
  ids.map((id) => join(root, "boxes", id, "test"));
