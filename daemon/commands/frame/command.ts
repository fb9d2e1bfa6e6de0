import type { Command as Syntax } from "commander";
import type { ExitCode } from "../../errors.ts";
import type { Context } from "./context.ts";

/** What a command has to say: to scripts, to people, and by its exit code. */
export interface Outcome {
  /** For `--json`; its schema is the definition of the command's name in `schemas/cli.schema.json`. */
  readonly result: unknown;
  /** For people, on stdout. Written escaped, so partners' words may stand here as they are. */
  readonly lines: readonly string[];
  /** 0 unless given. A refusal is thrown, not returned. */
  readonly exit?: Ending;
}

/** 1 is the warning of `status --nagios`, whose exit codes are those of monitoring plugins. */
export type Ending = ExitCode | 1;

/** What was typed, and what a command needs to answer it. */
export interface Call<Args extends readonly unknown[], Options> {
  readonly args: Args;
  readonly options: Options;
  readonly context: Context;
}

/** One subcommand; its file has the name that is typed, with a hyphen for the blank. */
export interface Command<
  Args extends readonly unknown[] = readonly unknown[],
  Options = Record<string, unknown>,
> {
  /** One line for the list of commands. */
  readonly summary: string;
  /** A line that works, without the program's name. */
  readonly example: string;
  /** Arguments and options of its own. */
  readonly syntax?: (syntax: Syntax) => unknown;
  run(call: Call<Args, Options>): Promise<Outcome>;
}

/**
 * @typeParam Typed the arguments in their order, and the options by their names; as `syntax` has them
 */
export const defineCommand = <Typed extends { args?: readonly unknown[]; options?: object }>(
  made: Command<
    Typed["args"] extends readonly unknown[] ? Typed["args"] : [],
    Typed["options"] extends object ? Typed["options"] : object
  >,
): Command => made;
