/** Commands as processes of their own, beside this one, in which the server of the world goes on answering. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { District } from "../homes.ts";
import { MAIN } from "../program.ts";

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** As a shell would start it that stands in the folder of the home. */
export async function beside({ folder }: District, ...argv: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...argv], {
    cwd: folder,
    env: { PATH: process.env["PATH"] },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const told = [text(child.stdout), text(child.stderr)] as const;
  const [status] = (await once(child, "close")) as [number | null];
  const [stdout, stderr] = await Promise.all(told);
  return { status, stdout, stderr };
}
