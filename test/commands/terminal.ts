/** A command line with a terminal in memory, for tests of commands. */
import { expect } from "vitest";
import { checkerFor } from "../../daemon/schema.ts";
import { type Around, packetboat } from "./in-memory.ts";

export { type Around, packetboat, type Ran } from "./in-memory.ts";

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
