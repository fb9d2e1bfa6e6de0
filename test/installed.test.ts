/**
 * The package as a stranger gets it: packed, installed globally on a machine without compilers, and run
 * far from the checkout.
 */
import { execFile, spawn, spawnSync, type SpawnSyncReturns } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, delimiter, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import packageJson from "../package.json" with { type: "json" };
import { initArgs } from "./commands/home.ts";
import { FOLDED } from "./house.ts";
import { until } from "./until.ts";

const run = promisify(execFile);
const checkout = fileURLToPath(new URL("..", import.meta.url));
const npm = npmProgram();
const hasRegistry = npm !== null && canAskRegistry(npm);
const skipped = hasRegistry ? "" : " (skipped: npm reaches no registry)";
/** Nobody's own account: it may read the installation, and not change it. */
const STRANGER = 65_534;
const canBeStranger = process.getuid?.() === 0 && runs(process.execPath, { uid: STRANGER });
const asStranger = canBeStranger ? { uid: STRANGER, gid: STRANGER } : {};
const notAsStranger = canBeStranger ? "" : " (as ourselves: no other user can be taken here)";
const old = olderNode();

let folder = "";
/** `stderr` of what npm did, without what it says of this machine's own settings. */
let said = "";
const prefix = () => join(folder, "prefix");
const root = () => join(prefix(), "lib", "node_modules", "packetboat");

beforeAll(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), "packetboat-installed-"));
  await fs.chmod(folder, 0o755);
  if (npm === null || !hasRegistry) return;
  await barePath();
  const tarball = await pack(npm);
  const cache = join(folder, "cache");
  const { stderr } = await run(
    process.execPath,
    // The defaults of npm, whatever this machine or checkout has set.
    [npm, "install", "--global", tarball, `--prefix=${prefix()}`, `--cache=${cache}`].concat(
      ["--loglevel=notice", "--ignore-scripts=false", "--foreground-scripts", "--prefer-offline"],
      ["--no-update-notifier", "--no-audit"],
    ),
    { cwd: folder, env: { ...npmEnvironment(), PATH: join(folder, "bin") } },
  );
  const isOfThisMachine = /^npm (?:warn|notice) Unknown \w+ config /;
  const lines = stderr.split("\n").filter((line) => line !== "" && !isOfThisMachine.test(line));
  said = lines.join("\n");
}, 120_000);

afterAll(() => fs.rm(folder, { recursive: true, force: true }));

describe.skipIf(!hasRegistry)(`the installed package${skipped}`, () => {
  it("installs without a warning, and builds nothing", async () => {
    expect(said).toBe("");
    const files = await filesBelow(prefix());
    expect(files.filter((path) => /\.(?:node|gyp|gypi|o)$/.test(path))).toEqual([]);
    const manifests = files.filter((path) => /node_modules\/[^/]+\/package\.json$/.test(path));
    const installing = manifests.filter((path) =>
      /"(?:pre|post)?install":/.test(readFileSync(join(prefix(), path), "utf8")),
    );
    expect(manifests.length).toBeGreaterThan(20);
    expect(installing).toEqual([]);
  });

  it("is built anew whenever it is packed, and not if its types are wrong", () => {
    expect(packageJson.scripts.prepack).toBe("npm run -s types && npm run -s build");
  });

  it("holds what is needed, and nothing else", async () => {
    const packed = await filesBelow(root());
    const ours = packed.filter((path) => !path.startsWith("node_modules/"));
    const code = ours.filter((path) => /^dist\/daemon\/[^/]+\.js$/.test(path));
    const rest = ours.filter((path) => !code.includes(path));
    expect(rest.toSorted()).toEqual((await expectedFiles()).toSorted());
    expect(code).toContain("dist/daemon/main.js");
    const names = await expectedCode();
    const isNamed = (path: string): boolean =>
      [/\.js$/, /\d+\.js$/].some((end) => names.has(basename(path).replace(end, "")));
    expect(code.filter((path) => !isNamed(path))).toEqual([]);
  });

  it("is in few files, which Node takes time to load", async () => {
    const code = (await filesBelow(join(root(), "dist"))).filter((path) => path.endsWith(".js"));
    expect(code.length).toBeLessThan(200);
  });

  it("names no path of the machine that built it", async () => {
    const files = (await filesBelow(join(root(), "dist"))).map((path) =>
      join(root(), "dist", path),
    );
    const places = [folder, checkout, realpathSync(join(checkout, "node_modules"))];
    const telling = files.filter((path) => {
      const text = readFileSync(path, "utf8");
      return places.some((place) => text.includes(place));
    });
    expect(files.length).toBeGreaterThan(100);
    expect(telling).toEqual([]);
  });

  it("carries the licence of all that is folded into it", () => {
    const licences = readFileSync(join(root(), "dist/daemon/LICENSES.txt"), "utf8");
    const named = licences.match(/^[a-z0-9-]+(?= \d+\.\d+\.\d+$)/gm);
    const folded = ["asn1", "bcrypt-pbkdf", "kysely", "ssh2", "ssh2-sftp-client", "tweetnacl"];
    expect(named).toEqual(expect.arrayContaining(folded));
  });

  it("leaves OpenPGP.js as it is, to be replaced by whoever wants to", () => {
    expect(existsSync(join(root(), "node_modules/openpgp/package.json"))).toBe(true);
  });

  it("tells its version", () => {
    const { version } = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")) as {
      version: string;
    };
    expect(packetboat(["--version"], folder)).toMatchObject({ stdout: `${version}\n`, stderr: "" });
  });

  it(`makes a home and checks it${notAsStranger}`, async () => {
    const place = await ownFolder("init");
    const made = packetboat(
      initArgs("home", "2700105", `--drop-box=file://${place}/boxes/2700105`),
      place,
    );
    expect([made.status, made.stderr]).toEqual([0, ""]);
    const checked = packetboat(["check", "--config", "home/packetboat.yaml"], place);
    expect(checked.stderr).toBe("");
    expect(checked.stdout).not.toMatch(/^error/m);
    expect([checked.status, checked.stdout]).toEqual([0, expect.stringMatching(/^ok {6} keys: /m)]);
  });

  it(`runs as a daemon until it is asked to end${notAsStranger}`, async () => {
    const place = await ownFolder("run");
    packetboat(initArgs("home", "2700105", `--drop-box=file://${place}/boxes/2700105`), place);
    const config = ["--config", "home/packetboat.yaml"];
    const daemon = spawn(installed(), ["run", ...config], {
      ...surroundings(place),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [lines, complaints] = ["", ""];
    daemon.stdout.on("data", (chunk: Buffer) => (lines += chunk.toString()));
    daemon.stderr.on("data", (chunk: Buffer) => (complaints += chunk.toString()));
    const ended = once(daemon, "close") as Promise<unknown[]>;
    try {
      await until("it has begun", () => lines.includes('"Daemon begun"'));
      daemon.kill("SIGTERM");
      expect([...(await ended), complaints]).toEqual([0, null, ""]);
      expect(lines).toContain('"Daemon ended"');
    } finally {
      daemon.kill("SIGKILL");
      await ended;
    }
  });

  it(`shows the demo${notAsStranger}`, async () => {
    const shown = packetboat(["demo", "shown"], await ownFolder("demo"));
    expect([shown.status, shown.stderr]).toEqual([0, ""]);
    expect(shown.stdout).toMatch(/as: Imported\n[^]*\nLook at it in a browser:/);
  }, 60_000);

  it.skipIf(old === null)(
    `tells an older Node what it needs${old === null ? " (skipped: none here)" : ""}`,
    () => {
      const main = realpathSync(installed());
      const told = spawnSync(old ?? "", [main, "--version"], { encoding: "utf8" });
      expect([told.status, told.stdout]).toEqual([2, ""]);
      expect(told.stderr).toMatch(/^packetboat: error: this is Node .* \[NODE_TOO_OLD\]\n/);
    },
  );
});

/** As the system's PATH has it, with nothing else to find: no compiler, no python, no make. */
async function barePath(): Promise<void> {
  const bin = join(folder, "bin");
  await fs.mkdir(bin);
  await fs.symlink(process.execPath, join(bin, "node"));
  await fs.symlink("/bin/sh", join(bin, "sh"));
}

const installed = (): string => join(prefix(), "bin", "packetboat");

const surroundings = (cwd: string) => ({
  cwd,
  env: { PATH: join(folder, "bin"), HOME: cwd },
  ...asStranger,
});

const packetboat = (argv: readonly string[], cwd: string): SpawnSyncReturns<string> =>
  spawnSync(installed(), argv, { ...surroundings(cwd), encoding: "utf8" });

async function ownFolder(name: string): Promise<string> {
  const path = join(folder, name);
  await fs.mkdir(path);
  if (canBeStranger) await fs.chown(path, STRANGER, STRANGER);
  return path;
}

/**
 * Packed in a copy: a build leaves nothing in the checkout. It is what `npm pack` does, but for its check of types, which
 * takes longest: `npm run static` has made it.
 */
async function pack(program: string): Promise<string> {
  const copy = join(folder, "copy");
  const left = /^(?:\.git|node_modules|dist|coverage|fixtures\/vectors|packetboat-demo.*)$/;
  await fs.cp(checkout, copy, {
    recursive: true,
    filter: (path) => !left.test(relative(checkout, path).split(sep).join("/")),
  });
  await fs.symlink(realpathSync(join(checkout, "node_modules")), join(copy, "node_modules"));
  const npmIn = (...argv: string[]) =>
    run(process.execPath, [program, ...argv], { cwd: copy, env: npmEnvironment() });
  await npmIn("run", "--silent", "build");
  await npmIn("pack", "--silent", "--ignore-scripts", `--pack-destination=${folder}`);
  const tarball = (await fs.readdir(folder)).find((name) => name.endsWith(".tgz"));
  await fs.rm(copy, { recursive: true });
  return join(folder, tarball ?? "no tarball");
}

/** A file of code is called after a source that is in it, perhaps with a number, or after a library. */
async function expectedCode(): Promise<ReadonlySet<string>> {
  const sources = await filesBelow(join(checkout, "daemon"));
  const names = sources.map((path) => basename(path).replace(/(?:\.gen)?\.ts$/, ""));
  return new Set([...names, ...FOLDED, "rolldown-runtime"]);
}

/** The data that is read or shown, and the papers. */
async function expectedFiles(): Promise<string[]> {
  const below = async (path: string, wanted: RegExp): Promise<string[]> =>
    (await filesBelow(join(checkout, path)))
      .filter((name) => wanted.test(name))
      .map((name) => `${path}/${name}`);
  return [
    "dist/daemon/LICENSES.txt",
    ...["card", "config", "directory", "outbox", "transfer"].map(
      (name) => `dist/daemon/schema/ahead/${name}.schema.json.cjs`,
    ),
    ...(await below("schemas", /\.(?:json|xsd|md)$/)),
    ...(await below("config", /./)),
    ...(await below("fixtures/outbox", /./)),
    ...(await below("fixtures/students", /./)),
    "daemon/CODES.md",
    "daemon/SECURITY.md",
    "daemon/TRANSFERS.md",
    "package.json",
    "LICENSE",
    "README.md",
    "CHANGELOG.md",
  ];
}

async function filesBelow(path: string): Promise<string[]> {
  const entries = await fs.readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(path, join(entry.parentPath, entry.name)).split(sep).join("/"));
}

/** The script that Node runs, so that the test chooses the Node. */
function npmProgram(): string | null {
  const { npm_execpath: running = "", PATH = "" } = process.env;
  const found = PATH.split(delimiter).map((path) => join(path, "npm"));
  const scripts = [running, ...found].filter((path) => existsSync(path));
  return (
    scripts.map((path) => realpathSync(path)).find((path) => /npm-cli\.c?js$/.test(path)) ?? null
  );
}

/** Without what `npm test` hands down from the checkout's `.npmrc`; the registry's address stays. */
function npmEnvironment(): NodeJS.ProcessEnv {
  const kept = /^npm_config_(?:registry|.*proxy|cafile|userconfig|globalconfig)$/i;
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name) || kept.test(name)),
  );
}

function canAskRegistry(program: string): boolean {
  const asked = [
    "view",
    "commander@15.1.0",
    "version",
    "--fetch-retries=0",
    "--fetch-timeout=10000",
  ];
  const { status } = spawnSync(process.execPath, [program, ...asked], {
    cwd: tmpdir(),
    env: npmEnvironment(),
    timeout: 30_000,
  });
  return status === 0;
}

function runs(program: string, options: { uid?: number }): boolean {
  return spawnSync(program, ["--version"], { cwd: "/", ...options }).status === 0;
}

/** A Node of this machine that is too old, if there is one. */
function olderNode(): string | null {
  const { PATH = "" } = process.env;
  const found = PATH.split(delimiter).map((path) => join(path, "node"));
  const isOld = (program: string): boolean => {
    const { stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
    return Number(/^v(\d+)\./.exec(stdout)?.[1] ?? 99) < 24;
  };
  return found.find((path) => existsSync(path) && isOld(path)) ?? null;
}
