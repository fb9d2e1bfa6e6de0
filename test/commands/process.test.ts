import { spawn, spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ERRORS } from "../../daemon/errors.ts";
import { initArgs, temporaryFolder } from "./home.ts";

/** By its sources, as in a checkout; what the other tests start is built. */
const run = (argv: readonly string[], cwd: string, env: Record<string, string> = {}) =>
  spawnSync(process.execPath, [join(process.cwd(), "daemon/main.ts"), ...argv], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    encoding: "utf8",
  });

it("keeps what people read on stdout and problems on stderr, and tells the outcome by its exit code", async () => {
  await using folder = await temporaryFolder();
  const made = run(initArgs("home", "2700105"), folder.path);
  expect([made.status, made.stderr]).toEqual([0, ""]);
  expect(made.stdout).toMatch(/^Made a home for District 2700105/);

  const home = join(folder.path, "home");
  const checked = run(["check", "--json"], home);
  expect([checked.status, checked.stderr]).toEqual([0, ""]);
  expect(JSON.parse(checked.stdout)).toMatchObject({ version: 1, command: "check", exitCode: 0 });

  const quiet = run(["partner", "list", "--quiet"], home);
  expect([quiet.status, quiet.stdout, quiet.stderr]).toEqual([0, "", ""]);

  await writeFile(join(home, "packetboat.yaml"), "rol: district\nmode: test\n");
  const refused = run(["keys", "show"], "/", { INIT_CWD: home });
  expect([refused.status, refused.stdout]).toEqual([2, ""]);
  expect(refused.stderr.split("\n")).toEqual([
    "packetboat: error: packetboat.yaml has 5 faults [CONFIG_INVALID]",
    "packetboat.yaml:1: role is required",
    "packetboat.yaml:1: agency is required",
    "packetboat.yaml:1: home is required",
    "packetboat.yaml:1: reports is required",
    "packetboat.yaml:1: rol: unknown setting, did you mean role?",
    "packetboat: hint: Mend every line named above; `packetboat check` reads the file again.",
    "",
  ]);
});

it("lives in UTC, wherever the machine stands", async () => {
  await using folder = await temporaryFolder();
  run(initArgs("home", "2700105"), folder.path);
  const home = join(folder.path, "home");
  const probe = `process.on("exit", () => process.stderr.write(String(new Date(2026, 0, 1).getTimezoneOffset())))`;
  await writeFile(join(folder.path, "probe.mjs"), probe);
  const told = run(["keys", "show", "--quiet"], home, {
    TZ: "America/Chicago",
    NODE_OPTIONS: `--import ${join(folder.path, "probe.mjs")}`,
  });
  expect(told.stderr).toBe("0");
});

it("ends without a word when its reader has gone", async () => {
  const child = spawn(process.execPath, ["daemon/main.ts", "--help"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdout.destroy();
  const status = await new Promise((resolve) => child.on("close", resolve));
  expect([status, stderr]).toEqual([0, ""]);
});

/** What a module does that Node loads before the program. */
const before = (source: string) => ({ NODE_OPTIONS: `--import=${dataUrl(source)}` });
const dataUrl = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;

it("tells an older Node what it needs, before anything fails to load", () => {
  const old = 'Object.defineProperty(process.versions, "node", { value: "22.11.0" })';
  const told = run(["--version"], "/", before(old));
  expect([told.status, told.stdout]).toEqual([2, ""]);
  expect(told.stderr.split("\n")).toEqual([
    "packetboat: error: this is Node 22.11.0, and packetboat needs 24 or later [NODE_TOO_OLD]",
    `packetboat: hint: ${ERRORS.NODE_TOO_OLD.hint}`,
    "",
  ]);
});

it("keeps quiet about what a Node calls experimental, and about nothing else", () => {
  const warn = (name: string) => `process.emitWarning("so it is", "${name}")`;
  const source = `process.on("beforeExit", () => { ${warn("ExperimentalWarning")}; ${warn("Other")} })`;
  const { stderr } = run(["--version"], "/", before(source));
  expect(stderr).toContain("Other: so it is");
  expect(stderr).not.toContain("Experimental");
});
