/** A command line inside this process, with a terminal in memory. */
import { PassThrough, Writable } from "node:stream";
import { runCommandLine } from "../../daemon/commands/frame/run.ts";

export interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Around {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly now?: Date;
  /** What somebody types; without it nobody sits there. */
  readonly typing?: string;
}

class Collected extends Writable {
  text = "";
  readonly isTTY: boolean;

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer | string, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** Run what was typed, as `packetboat` would. */
export async function packetboat(argv: readonly string[], around: Around = {}): Promise<Ran> {
  const { typing } = around;
  const isTTY = typing !== undefined;
  const stdin = Object.assign(new PassThrough(), { isTTY });
  if (isTTY) stdin.write(`${typing}\n`);
  const [stdout, stderr] = [new Collected(isTTY), new Collected(isTTY)];
  const exit = await runCommandLine({
    argv,
    env: around.env ?? {},
    cwd: around.cwd ?? process.cwd(),
    stdin,
    stdout,
    stderr,
    now: () => around.now ?? new Date(),
    signal: () => new AbortController().signal,
    listen: () => undefined,
  });
  return { exit, stdout: stdout.text, stderr: stderr.text };
}
