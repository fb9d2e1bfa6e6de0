/** `packetboat run` as a service manager starts it: a process of its own, perhaps with a wrong clock. */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Fields } from "../daemon/log.ts";
import type { District } from "./homes.ts";
import { MAIN } from "./program.ts";
import { until } from "./until.ts";

const CLOCK = join(import.meta.dirname, "shifted-clock.ts");

/** The clock of some children, which a test sets, and which goes on from there. */
export class ShiftedClock {
  readonly #file: string;

  private constructor(file: string) {
    this.#file = file;
  }

  static async at(folder: string, at: string): Promise<ShiftedClock> {
    const clock = new ShiftedClock(join(folder, "clock-shift"));
    await clock.set(at);
    return clock;
  }

  async set(at: string): Promise<void> {
    await writeFile(`${this.#file}.new`, String(Date.parse(at) - Date.now()));
    await rename(`${this.#file}.new`, this.#file);
  }

  /** What a child is started with. */
  get start(): { args: string[]; env: Record<string, string> } {
    return { args: ["--import", CLOCK], env: { CLOCK_SHIFT: this.#file } };
  }
}

/** A line of the log. */
export interface Line extends Fields {
  readonly time: string;
  readonly level: string;
  readonly message: string;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface Through {
  readonly through?: readonly string[];
}

export class ChildDaemon implements AsyncDisposable {
  readonly lines: Line[] = [];
  /** On stderr, word for word. */
  complaints = "";
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #ended: Promise<Ended>;
  /** Lines that were waited for, and those before them. */
  #heard = 0;

  /** @param more a clock of its own; a program through which it is started, with that one's arguments */
  constructor(
    { configPath }: Pick<District, "configPath">,
    { start, through = [] }: Partial<Pick<ShiftedClock, "start">> & Through = {},
  ) {
    const { args, env } = start ?? { args: [], env: {} };
    const command = [process.execPath, ...args, MAIN, "run", "--config", configPath];
    const [program = "", ...rest] = [...through, ...command];
    this.#child = spawn(program, rest, {
      env: { PATH: process.env["PATH"], PACKETBOAT_DEBUG: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      this.lines.push(JSON.parse(line) as Line);
    });
    this.#child.stderr.on("data", (chunk: Buffer) => (this.complaints += chunk.toString()));
    this.#ended = once(this.#child, "close").then(([code, signal]) => ({
      code: code as Ended["code"],
      signal: signal as Ended["signal"],
    }));
  }

  /** Has it died, or ended? */
  get isOver(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  get processId(): number {
    return this.#child.pid ?? 0;
  }

  /** Wait for a line that was not waited for yet. */
  async says(message: string, fields: Fields = {}): Promise<Line> {
    const index = await until(`the daemon says ${message}`, () => {
      const found = this.lines.findIndex(
        (line, at) =>
          at >= this.#heard &&
          line.message === message &&
          Object.entries(fields).every(([name, value]) => line[name] === value),
      );
      return found >= 0 && found + 1;
    });
    this.#heard = index;
    return this.lines[index - 1] as Line;
  }

  /** As when the journal is gone: nobody reads what it prints. */
  closeOutput(): void {
    this.#child.stdout.destroy();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Wake it, and wait until it has seen that nothing more is due. */
  async look(): Promise<void> {
    for (let times = 0; times < 2; times++) {
      this.#heard = this.lines.length;
      this.signal("SIGUSR2");
      await this.says("Daemon sleeps");
    }
  }

  ended(): Promise<Ended> {
    return this.#ended;
  }

  /** As the service manager ends it. */
  async end(): Promise<void> {
    this.signal("SIGTERM");
    const { code, signal } = await this.ended();
    if (code !== 0) throw new Error(`it ended with ${code ?? signal}: ${this.complaints}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGKILL");
    await this.ended();
  }
}
