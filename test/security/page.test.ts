/** `daemon/SECURITY.md` names tests, commands and settings by which it can be held to its word: they are there. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../daemon/commands/commands.ts";

const repository = new URL("../../", import.meta.url);
const page = readFileSync(new URL("daemon/SECURITY.md", repository), "utf8");

/** What stands between backticks. */
const marked = [...new Set([...page.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text))];

describe("daemon/SECURITY.md", () => {
  it("names tests that are there", () => {
    const tests = marked.filter((text) => text.startsWith("test/"));
    expect(tests.length).toBeGreaterThan(20);
    expect(tests.filter((path) => !existsSync(new URL(path, repository)))).toEqual([]);
  });

  it("names commands that are there", () => {
    const commands = marked.filter((text) => text.startsWith("packetboat "));
    expect(commands.length).toBeGreaterThan(5);
    const known = Object.keys(COMMANDS).map((name) => `packetboat ${name}`);
    const isKnown = (text: string): boolean =>
      known.some((name) => text === name || text.startsWith(`${name} `));
    expect(commands.filter((text) => !isKnown(text))).toEqual([]);
  });

  it("shows a test for everything that it says cannot be done", () => {
    const lists = page.matchAll(/^\*\*Cannot\*\*\n\n((?:(?:- | {2}).*\n)+)/gm);
    const cannot = [...lists].flatMap(([, list = ""]) => list.split(/^- /m).slice(1));
    expect(cannot.length).toBeGreaterThan(20);
    expect(cannot.filter((each) => !each.includes("`test/"))).toEqual([]);
  });
});
