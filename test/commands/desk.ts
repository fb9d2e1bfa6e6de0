/** The command line of one district in a world of two. */
import { join } from "node:path";
import { REGISTRAR, STUDENTS, type District, type World } from "../homes.ts";
import { type Around, errorOf, packetboat, type Ran, resultOf } from "./terminal.ts";

export interface Desk {
  /** As people run it. */
  run(...argv: string[]): Promise<Ran>;
  /** With `--json`, held against the schema. */
  result<T = Record<string, unknown>>(...argv: string[]): Promise<T>;
  /** With `--json`, where it is refused. */
  error(...argv: string[]): ReturnType<typeof errorOf>;
}

/** @param as who decides; nobody is named if it is `null` */
export function deskOf(
  { clock }: Pick<World, "clock">,
  { configPath }: Pick<District, "configPath">,
  as: string | null = REGISTRAR,
): Desk {
  const whole = (argv: readonly string[]): string[] => [
    ...argv,
    "--config",
    configPath,
    ...(as === null ? [] : ["--as", as]),
  ];
  const around = (): Around => ({ now: clock.now(), cwd: STUDENTS });
  return {
    run: (...argv) => packetboat(whole(argv), around()),
    result: async <T>(...argv: string[]) => (await resultOf(whole(argv), around())) as T,
    error: (...argv) => errorOf(whole(argv), around()),
  };
}

export interface Decided {
  readonly reference: string;
  readonly state: string;
  readonly alerts: readonly { readonly code: string }[];
}

export const REQUEST = join(STUDENTS, "abrams-jenna.xml");
export const RECORD = join(STUDENTS, "abrams-jenna.record.xml");
export const TRANSCRIPT = join(STUDENTS, "abrams-jenna.transcript.pdf");

/** Ask by the command line, and let the other district see it. @returns the reference */
export async function askedBy(world: World): Promise<string> {
  const valley = deskOf(world, world.valley);
  const { reference } = await valley.result<Decided>(
    "request",
    "--student",
    REQUEST,
    "--to",
    world.prairie.id,
  );
  await valley.result("exchange");
  await deskOf(world, world.prairie).result("exchange");
  return reference;
}

/** Names and birthdate of the fixture's student: what no error may show. */
export const PERSONAL = /abrams|jenna|2009-02-12/i;
