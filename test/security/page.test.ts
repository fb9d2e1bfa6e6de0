/** `daemon/SECURITY.md` names tests and commands by which it can be held to its word: they are there. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../daemon/commands/commands.ts";

const repository = new URL("../../", import.meta.url);
const page = readFileSync(new URL("daemon/SECURITY.md", repository), "utf8");

/** What stands between backticks. */
const markedIn = (text: string): string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, marked = ""]) => marked);

/** The lists of what cannot be done; each item ends with its tests. */
const cannot = [...page.matchAll(/^\*\*Cannot\*\*\n\n((?:(?:- | {2}).*\n)+)/gm)].flatMap(
  ([, list = ""]) => list.split(/^- /m).slice(1),
);

const isTest = (name: string): boolean => existsSync(new URL(`test/${name}.test.ts`, repository));

/** Tests that are named in passing. */
const inPassing = [...page.matchAll(/\(`([^`]+)`\)/g)].map(([, name = ""]) => name);

describe("daemon/SECURITY.md", () => {
  it("shows a test for everything that it says cannot be done", () => {
    // No list is overlooked.
    expect(cannot).toHaveLength([...page.matchAll(/^- /gm)].length);
    expect(cannot.length).toBeGreaterThan(20);
    const shown = cannot.map((each) => markedIn(each.slice(each.lastIndexOf(":"))));
    expect(shown.filter((tests) => tests.length === 0)).toEqual([]);
    expect(inPassing.length).toBeGreaterThan(1);
    expect([...shown.flat(), ...inPassing].filter((name) => !isTest(name))).toEqual([]);
  });

  it("names commands that are there", () => {
    const commands = markedIn(page).filter((text) => text.startsWith("packetboat "));
    expect(commands.length).toBeGreaterThan(5);
    const known = Object.keys(COMMANDS).map((name) => `packetboat ${name}`);
    const isKnown = (text: string): boolean =>
      known.some((name) => text === name || text.startsWith(`${name} `));
    expect(commands.filter((text) => !isKnown(text))).toEqual([]);
  });
});
