/** A command line with a terminal in memory, for tests of commands. */
import { PassThrough, Writable } from "node:stream";
import { expect } from "vitest";
import { runCommandLine } from "../../daemon/commands/frame/run.ts";
import { checkerFor } from "../../daemon/schema.ts";

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

const checkDocument = checkerFor("cli.schema.json");

/** `partner add` → `PartnerAdd` */
export const definitionOf = (name: string): string =>
  name.replaceAll(/(?:^| )([a-z])/g, (_, first: string) => first.toUpperCase());

/**
 * Run a command with `--json`, and hold its answer against the schema.
 *
 * @returns the result
 */
export async function resultOf(argv: readonly string[], around: Around = {}): Promise<unknown> {
  const ran = await packetboat([...argv, "--json"], around);
  const document = JSON.parse(ran.stdout) as Record<string, unknown>;
  expect(checkDocument(document)).toEqual([]);
  expect(document.exitCode).toBe(ran.exit);
  expect(document).toHaveProperty("result");
  const definition = definitionOf(String(document.command));
  expect(checkerFor("cli.schema.json", definition)(document.result)).toEqual([]);
  return document.result;
}

/** Run a command with `--json` that is refused, and hold its answer against the schema. */
export async function errorOf(
  argv: readonly string[],
  around: Around = {},
): Promise<{ code: string; message: string; hint: string; facts: Record<string, unknown> }> {
  const ran = await packetboat(["--json", ...argv], around);
  const document = JSON.parse(ran.stdout) as Record<string, unknown>;
  expect(checkDocument(document)).toEqual([]);
  expect(document.exitCode).toBe(ran.exit);
  return document.error as Awaited<ReturnType<typeof errorOf>>;
}
