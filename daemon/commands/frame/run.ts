/** A command from the words that were typed to its exit code. */
import { EXIT, type ExitCode, isRefusal, type PacketboatError } from "../../errors.ts";
import type { Ending, Outcome } from "./command.ts";
import { Context, type Globals } from "./context.ts";
import type { Edge } from "./edge.ts";
import { shown, shownJson } from "./shown.ts";
import { nameOf, parse } from "./syntax.ts";

/** Of the form of `--json` documents; grows when a script could no longer read them. */
const VERSION = 1;

/**
 * Run what was typed. Never throws: everything ends in an exit code, and what went wrong on stderr.
 *
 * @returns DESIGN, "The command line"
 */
export async function runCommandLine(edge: Edge): Promise<Ending> {
  const name = nameOf(edge.argv);
  const isJson = edge.argv.includes("--json");
  try {
    const typed = await parse(edge.argv, (text) => void edge.stdout.write(text));
    if (!typed) return EXIT.done;
    const { command, args, options, globals } = typed;
    await using context = new Context(edge, globals);
    const outcome = await command.run({ args, options, context });
    return tell(edge, name, outcome, globals);
  } catch (error) {
    return isRefusal(error)
      ? tellRefusal(edge, name, error, isJson)
      : tellBug(edge, name, error, isJson);
  }
}

function tell(edge: Edge, name: string, outcome: Outcome, { json, quiet }: Globals): Ending {
  const { result, lines, exit = EXIT.done } = outcome;
  if (json) document(edge, { command: name, exitCode: exit, result });
  else if (!quiet) for (const line of lines) edge.stdout.write(`${shown(line)}\n`);
  return exit;
}

/** On a terminal; the first show what is wrong with the others. */
const SHOWN_FAULTS = 20;

function tellRefusal(edge: Edge, name: string, error: PacketboatError, isJson: boolean): ExitCode {
  const { code, message, hint, facts, exit } = error;
  const { faults } = facts;
  problem(edge, "error", `${message} [${code}]`);
  if (Array.isArray(faults)) {
    for (const fault of faults.slice(0, SHOWN_FAULTS)) {
      // One alone is the message itself.
      if (String(fault) !== message) edge.stderr.write(`${shown(String(fault))}\n`);
    }
    const more = faults.length - SHOWN_FAULTS;
    if (more > 0) edge.stderr.write(`… and ${more} more: see them with --json\n`);
  }
  problem(edge, "hint", hint);
  debug(edge, error);
  if (isJson)
    document(edge, { command: name, exitCode: exit, error: { code, message, hint, facts } });
  return exit;
}

function tellBug(edge: Edge, name: string, error: unknown, isJson: boolean): ExitCode {
  const message = `this is a bug in packetboat: ${kindAndPlace(error)}`;
  const hint =
    "Run it again with PACKETBOAT_DEBUG=1, and report what it prints, without what it says of people.";
  problem(edge, "error", `${message} [BUG]`);
  problem(edge, "hint", hint);
  debug(edge, error);
  const told = { code: "BUG", message, hint, facts: {} };
  if (isJson) document(edge, { command: name, exitCode: EXIT.bug, error: told });
  return EXIT.bug;
}

/** What a bug says may quote what it stumbled over, a student's name perhaps; only who debugs reads that. */
function kindAndPlace(error: unknown): string {
  if (!(error instanceof Error)) return `something of the type ${typeof error} was thrown`;
  const places = error.stack?.match(/[\w.-]+\/[\w.-]+:\d+:\d+(?=\)?$)/gm) ?? [];
  const kind = /^\w{1,60}$/.test(error.name) ? error.name : "an error";
  return [kind, ...(places[0] === undefined ? [] : [`at ${places[0]}`])].join(" ");
}

const problem = ({ stderr }: Edge, kind: "error" | "hint", text: string): void =>
  void stderr.write(`packetboat: ${kind}: ${shown(text)}\n`);

function debug({ stderr, env }: Edge, error: unknown): void {
  if (env.PACKETBOAT_DEBUG !== "1") return;
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause) {
    for (const line of (cause.stack ?? String(cause)).split("\n")) stderr.write(`${shown(line)}\n`);
    depth += 1;
  }
}

const document = ({ stdout }: Edge, content: object): void =>
  void stdout.write(`${shownJson({ version: VERSION, ...content })}\n`);
