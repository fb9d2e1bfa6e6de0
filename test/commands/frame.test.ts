import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../daemon/commands/commands.ts";
import { gravestExit } from "../../daemon/errors.ts";
import { runCommandLine } from "../../daemon/commands/frame/run.ts";
import { pairs, shown, shownJson, table } from "../../daemon/commands/frame/shown.ts";
import { definitionAt } from "../../daemon/schema.ts";
import { newHome, temporaryFolder } from "./home.ts";
import { definitionOf, errorOf, packetboat } from "./terminal.ts";

const names = Object.keys(COMMANDS);

describe("the list of commands", () => {
  it("names every file beside it, and no other", () => {
    const files = readdirSync("daemon/commands")
      .filter((name) => name.endsWith(".ts") && name !== "commands.ts")
      .map((name) => name.replace(/\.ts$/, ""));
    const fileOf = (name: string) => name.replaceAll(" ", "-");
    expect(names.map(fileOf).toSorted()).toEqual(files.toSorted());
  });

  it.each(names)("has a schema for the --json of %s", (name) => {
    expect(definitionAt("cli.schema.json", `#/$defs/${definitionOf(name)}`)).toBeDefined();
  });

  it.each(names)("explains %s with an example", async (name) => {
    const { exit, stdout, stderr } = await packetboat([...name.split(" "), "--help"]);
    expect([exit, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`Usage: packetboat ${name} `);
    expect(stdout).toMatch(new RegExp(`Example:\n {2}packetboat ${name}`));
    expect(stdout).toContain("--json");
  });

  it("is shown by --help, with a line for each", async () => {
    const { exit, stdout } = await packetboat(["--help"]);
    expect(exit).toBe(0);
    for (const name of names)
      expect(stdout).toMatch(new RegExp(`^ {2}${name.split(" ")[0]}\\b`, "m"));
  });

  it("is asked for one group, or by the word help", async () => {
    const group = await packetboat(["partner", "--help"]);
    expect(group.stdout).toMatch(/add .*list .*remove /s);
    expect(await packetboat(["help", "partner", "add"])).toEqual(
      await packetboat(["partner", "add", "--help"]),
    );
  });

  it("tells its version", async () => {
    const { stdout } = await packetboat(["--version"]);
    expect(stdout).toMatch(/^[0-9]+\.[0-9]+\.[0-9]+\n$/);
  });
});

describe("words that are no command", () => {
  it.each<[string[], string]>([
    [[], "no command was named"],
    [["chekc"], 'there is no command "chekc", did you mean check?'],
    [["partner"], "partner needs one more word: add, list, remove"],
    [["partner", "ad"], 'there is no command "partner ad", did you mean partner add?'],
    [["explain", "7be6a835"], 'there is no command "explain", did you mean quarantine explain?'],
    [["list"], 'there is no command "list"'],
    [["frobnicate"], 'there is no command "frobnicate"'],
    [["toString"], 'there is no command "toString"'],
    [["check", "--jsn"], "unknown option '--jsn', did you mean --json?"],
    [["check", "now"], "too many arguments"],
    [["partner", "add"], "missing required argument 'card'"],
    [["locate"], "required option '--state <st>' not specified"],
    [["init", "x", "--role", "school"], "argument 'school' is invalid"],
    [["check", "--config"], "option '--config <file>' argument missing"],
  ])("%j end with exit code 2 and a sentence", async (argv, sentence) => {
    const { exit, stdout, stderr } = await packetboat(argv);
    expect([exit, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^packetboat: error: [^\n]* \[USAGE\]\npacketboat: hint: [^\n]*\n$/);
    expect(stderr).toContain(sentence);
    expect(await errorOf(argv)).toMatchObject({ code: "USAGE" });
  });
});

describe("a refusal", () => {
  it("is told on stderr with its code, every fault and what to do", async () => {
    await using folder = await temporaryFolder();
    const { exit, stdout, stderr } = await packetboat(
      ["check", "--quiet", "--config", "none.yaml"],
      {
        cwd: folder.path,
      },
    );
    expect([exit, stdout, stderr]).toEqual([2, "", ""]);
    const refused = await packetboat(["keys", "show"], { cwd: folder.path });
    expect(refused.exit).toBe(2);
    expect(refused.stdout).toBe("");
    expect(refused.stderr).toBe(
      `packetboat: error: there is no config ${folder.path}/packetboat.yaml [CONFIG_NOT_FOUND]\n` +
        "packetboat: hint: Name the file with --config or PACKETBOAT_CONFIG, or make a home with `packetboat init`.\n",
    );
  });

  it("is one document with --json, and no secret stack", async () => {
    await using folder = await temporaryFolder();
    expect(await errorOf(["keys", "show"], { cwd: folder.path })).toMatchObject({
      code: "CONFIG_NOT_FOUND",
      facts: {},
    });
  });

  it("shows its causes to whoever debugs", async () => {
    const argv = ["keys", "show", "--config", "/nowhere.yaml"];
    const { stderr } = await packetboat(argv, { env: { PACKETBOAT_DEBUG: "1" } });
    expect(stderr).toContain("ENOENT");
    expect((await packetboat(argv)).stderr).not.toContain("ENOENT");
  });
});

describe("the config", () => {
  it("is named by the option, then by the environment, then by the folder", async () => {
    await using folder = await temporaryFolder();
    const [one, other] = [
      await newHome(folder.path, "2700105"),
      await newHome(folder.path, "4808940"),
    ];
    const env = { PACKETBOAT_CONFIG: one.config };
    const agencyIn = async (argv: string[], around: Parameters<typeof packetboat>[1]) =>
      (await packetboat(["keys", "show", ...argv], around)).stdout.slice(0, 40);
    expect(await agencyIn(["--config", other.config], { env })).toContain("4808940");
    expect(await agencyIn([], { env, cwd: other.home })).toContain("2700105");
    expect(await agencyIn([], { cwd: other.home })).toContain("4808940");
    // npm runs us in the package's folder and says where its caller is.
    expect(await agencyIn([], { cwd: "/", env: { INIT_CWD: other.home } })).toContain("4808940");
    expect(
      (await packetboat(["--config", "packetboat.yaml", "keys", "show"], { cwd: one.home })).exit,
    ).toBe(0);
  });
});

it("ends with 70 and asks for a report when something is a bug", async () => {
  const told: string[] = [];
  const { stdin, stdout } = process;
  const stderr = Object.assign(Object.create(process.stderr) as typeof process.stderr, {
    write: (text: string) => told.push(text) > 0,
  });
  await using folder = await temporaryFolder();
  const { config } = await newHome(folder.path, "2700105");
  const exit = await runCommandLine({
    argv: ["keys", "show", "--config", config],
    env: {},
    cwd: "/",
    stdin,
    stdout,
    stderr,
    now: () => {
      throw new TypeError("no clock");
    },
    signal: () => new AbortController().signal,
    listen: () => undefined,
  });
  expect(exit).toBe(70);
  expect(told.join("")).toMatch(
    /this is a bug in packetboat: TypeError at commands\/frame\.test\.ts:\d+:\d+ \[BUG\]\n.*hint/,
  );
  expect(told.join("")).not.toContain("no clock");
});

it("has one exit code for several, by the order of DESIGN", () => {
  expect(gravestExit([0, 10, 3, 6])).toBe(6);
  expect(gravestExit([6, 4, 5])).toBe(5);
  expect(gravestExit([5, 2, 70])).toBe(70);
  expect(gravestExit([0, 0])).toBe(0);
  expect(gravestExit([])).toBe(0);
});

describe("text on a terminal", () => {
  it("steers nothing, whatever a partner wrote", () => {
    expect(shown("\u001b[2Jred\r\n\u202egnp\u2066\u009b\u0000")).toBe(
      String.raw`\u001b[2Jred\u000d\n\u202egnp\u2066\u009b\u0000`,
    );
    expect(shown("\ud800\u{e0041}\u200b")).toBe(String.raw`\ud800\u{e0041}\u200b`);
    expect(shown("Zoë 王 Nguyễn नमस्ते\u200d")).toBe("Zoë 王 Nguyễn नमस्ते\u200d");
  });

  it("steers nothing in JSON either, and reads back the same", () => {
    const value = { name: "\u001b[2J\u202e\u009b\u{e0041}\u2028" };
    expect(shownJson(value)).toMatch(/^[ -~\n]*$/);
    expect(JSON.parse(shownJson(value))).toEqual(value);
  });

  it("stands in columns, one line for each row", () => {
    expect(
      table(
        ["Id", "Name"],
        [
          ["2700105", "A\nB"],
          ["1", null],
        ],
        "none",
      ),
    ).toEqual(["Id       Name", String.raw`2700105  A\nB`, "1"]);
    expect(table(["Id"], [], "Nobody is here.")).toEqual(["Nobody is here."]);
    expect(
      pairs([
        ["Name", "A"],
        ["Phone", null],
        ["Fingerprint", "B"],
      ]),
    ).toEqual(["Name:        A", "Fingerprint: B"]);
  });
});
