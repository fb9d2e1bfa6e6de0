/** From what was typed to a command: only the file of the command that was named is loaded. */
import { Command as Syntax, CommanderError } from "commander";
import { closest, distance } from "fastest-levenshtein";
import packageJson from "../../../package.json" with { type: "json" };
import { PacketboatError } from "../../errors.ts";
import { COMMANDS } from "../commands.ts";
import type { Command } from "./command.ts";
import type { Globals } from "./context.ts";

/** A command with what was typed for it. */
export interface Typed {
  readonly name: string;
  readonly command: Command;
  readonly args: readonly unknown[];
  readonly options: Record<string, unknown>;
  readonly globals: Globals;
}

/** Their values are no command's name. */
const GLOBALS_WITH_VALUE = ["--config", "--as"];

/** The first two words: at most as long as a command's name. */
export function wordsOf(argv: readonly string[]): string[] {
  const words = argv.filter(
    (word, index) => !word.startsWith("-") && !GLOBALS_WITH_VALUE.includes(argv[index - 1] ?? ""),
  );
  return words.slice(0, 2);
}

/** The name of the command that was typed, as far as there is one. */
export function nameOf(argv: readonly string[]): string {
  const [first = "", second = ""] = wordsOf(argv);
  const both = `${first} ${second}`;
  return [both, first].find((name) => Object.hasOwn(COMMANDS, name)) ?? "";
}

/**
 * @param write where `--help` and `--version` are written
 * @returns `null` if they were
 * @throws PacketboatError USAGE
 */
export async function parse(
  argv: readonly string[],
  write: (text: string) => void,
): Promise<Typed | null> {
  const given = argv[0] === "help" ? [...argv.slice(1), "--help"] : argv;
  const name = nameOf(given);
  const names = name === "" ? meantBy(given) : [name];
  let typed: Typed | null = null;
  const program = await programOf(names, (found) => (typed = found));
  for (const syntax of [program, ...program.commands, ...program.commands.flatMap(subcommands)]) {
    syntax.exitOverride().configureOutput({ writeOut: write, writeErr: () => undefined });
  }
  try {
    await program.parseAsync([...given], { from: "user" });
    return typed;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return null;
    throw usage(error);
  }
}

/** Without a whole name: a group's commands, or all of them for `--help`. */
function meantBy(argv: readonly string[]): string[] {
  const all = Object.keys(COMMANDS);
  const [first, second] = wordsOf(argv);
  const isAsking = argv.includes("--help") || argv.includes("-h");
  if (first === undefined) {
    if (argv.includes("--version")) return [];
    if (isAsking) return all;
    throw new PacketboatError("USAGE", "no command was named; `packetboat --help` lists them");
  }
  const group = all.filter((name) => name.startsWith(`${first} `));
  const seconds = group.map((name) => name.slice(first.length + 1));
  if (group.length === 0) {
    const [whole, ...others] = all.filter((name) => name.endsWith(` ${first}`));
    const firsts = [...new Set(all.map((name) => name.split(" ")[0] ?? name))];
    throw whole !== undefined && others.length === 0
      ? noCommand(first, whole)
      : unknown(first, firsts);
  }
  if (second !== undefined) throw unknown(`${first} ${second}`, group);
  if (isAsking) return group;
  throw new PacketboatError("USAGE", `${first} needs one more word: ${seconds.join(", ")}`);
}

function unknown(typed: string, names: readonly string[]): PacketboatError {
  const nearest = closest(typed, [...names]);
  const isNear = distance(typed, nearest) <= Math.max(2, nearest.length / 3);
  return noCommand(typed, isNear ? nearest : null);
}

function noCommand(typed: string, meant: string | null): PacketboatError {
  const hint = meant === null ? "" : `, did you mean ${meant}?`;
  return new PacketboatError("USAGE", `there is no command ${JSON.stringify(typed)}${hint}`);
}

async function programOf(names: readonly string[], found: (typed: Typed) => void): Promise<Syntax> {
  const program = withGlobals(new Syntax("packetboat"))
    .description(packageJson.description)
    .version(packageJson.version, "--version")
    .helpOption("-h, --help", "how it is used")
    .helpCommand(false);
  for (const name of names) {
    const load = COMMANDS[name];
    if (load) addTo(program, name, (await load()).command, found);
  }
  return program;
}

function addTo(
  program: Syntax,
  name: string,
  command: Command,
  found: (typed: Typed) => void,
): void {
  const [first = "", second] = name.split(" ");
  const parent = second === undefined ? program : groupIn(program, first);
  const syntax = withGlobals(parent.command(second ?? first))
    .summary(command.summary)
    .description(command.summary)
    .helpOption("-h, --help", "how it is used")
    .addHelpText("after", `\nExample:\n  packetboat ${command.example}`);
  command.syntax?.(syntax);
  syntax.action(() => {
    const globals = syntax.optsWithGlobals<Globals>();
    found({ name, command, args: syntax.processedArgs, options: syntax.opts(), globals });
  });
}

function groupIn(program: Syntax, name: string): Syntax {
  const present = program.commands.find((syntax) => syntax.name() === name);
  if (present) return present;
  const members = Object.keys(COMMANDS).filter((other) => other.startsWith(`${name} `));
  const summary = members.map((member) => member.slice(name.length + 1)).join(", ");
  return program.command(name).summary(summary).helpCommand(false);
}

const withGlobals = (syntax: Syntax): Syntax =>
  syntax
    .option("--config <file>", "the home's config (else PACKETBOAT_CONFIG, ./packetboat.yaml)")
    .option("--json", "one JSON document on stdout")
    .option("--quiet", "nothing on stdout but JSON")
    .option("--as <user>", "act as this person of the config");

const subcommands = (syntax: Syntax): readonly Syntax[] => syntax.commands;

/** commander's own words say what was typed; they are shown, and decide nothing. */
function usage(error: CommanderError): PacketboatError {
  const [first = "", ...more] = error.message.replace(/^error: /, "").split("\n");
  const hint = more.join(" ").replace(/^\(Did you mean (.*)\)$/, ", did you mean $1");
  return new PacketboatError("USAGE", `${first}${hint}`);
}
