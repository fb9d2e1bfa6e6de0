/** Exchanges in processes of their own, killed at a named step or at any moment: `kill -9`, no less. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as passed } from "node:timers/promises";
import type { District, World } from "./homes.ts";
import { type Death, type Order, REFUSED } from "./mortal.ts";
import { MORTAL } from "./program.ts";

/** When to kill: at a step, so long after the work began, or never. */
export type Fate = Death | { readonly afterMs: number } | null;

export interface Life {
  /** By SIGKILL; otherwise it came to its end. */
  readonly wasKilled: boolean;
  /** What it said of its work, word by word: that it began, why it was refused. */
  readonly said: readonly string[];
  /** From the beginning of its work to its end. */
  readonly livedMs: number;
}

/** A process that does one exchange. */
export interface Mortal {
  readonly pid: number;
  /** Until it has said this, or has ended. */
  until(word: string): Promise<void>;
  kill(): void;
  /** @throws Error with how it ended and what it wrote on stderr, if it ended by itself and not well */
  readonly end: Promise<Life>;
}

/**
 * Start one exchange. The clock of the world goes on a little, for what comes after.
 *
 * @param compiled folder in which children keep what they compiled, for the next to start sooner
 */
export function start(
  { clock }: World,
  { configPath }: District,
  { fate, compiled }: { readonly fate: Fate; readonly compiled: string },
): Mortal {
  const death = fate && "sentence" in fate ? fate : null;
  const order: Order = { configPath, at: clock.now().toISOString(), death };
  clock.pass({ minutes: 1 });
  const child = spawn(process.execPath, [MORTAL, JSON.stringify(order)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_COMPILE_CACHE: compiled, NODE_OPTIONS: "" },
  });
  const problems = text(child.stderr);
  const said: string[] = [];
  let begunAt = performance.now();
  child.stdout.setEncoding("utf8").on("data", (words: string) => {
    if (said.length === 0) begunAt = performance.now();
    said.push(...words.trim().split("\n"));
  });
  const closed = once(child, "close") as Promise<[number | null, string | null]>;
  const heard = async (word: string): Promise<void> => {
    while (!said.includes(word)) {
      await Promise.race([once(child.stdout, "data"), closed]);
      if (child.exitCode !== null || child.signalCode !== null) return;
    }
  };
  const kill = (): void => void child.kill("SIGKILL");
  const ended = async (): Promise<Life> => {
    const [exitCode, signal] = await closed;
    const wasKilled = signal === "SIGKILL";
    if (!wasKilled && exitCode !== 0 && exitCode !== REFUSED) {
      throw new Error(`it ended with ${exitCode ?? signal}: ${await problems}`);
    }
    return { wasKilled, said, livedMs: performance.now() - begunAt };
  };
  if (fate && "afterMs" in fate) {
    void heard("begun")
      .then(() => Promise.race([passed(fate.afterMs, null, { ref: false }), closed]))
      .then(kill);
  }
  return { pid: child.pid ?? 0, until: heard, kill, end: ended() };
}

/** Every line of a home's log, oldest first. */
export async function linesOf({ folder }: District): Promise<{ message: string }[]> {
  const log = await readFile(join(folder, "state", "packetboat.log"), "utf8").catch(() => "");
  const lines = log.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as { message: string });
}
