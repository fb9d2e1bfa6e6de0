import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, posix, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { DOORS, EVERYWHERE, faultOf, FOLDED, type Import, packageOf } from "./house.ts";

const repository = fileURLToPath(new URL("..", import.meta.url));
const daemon = join(repository, "daemon");

// Prettier writes every import alike, one statement from the line's start to its semicolon.
const FROM = /^(?:import|export)\s(type\s)?([^;"']*?)\s?from\s"([^"]+)"/gm;
const BARE = /^import\s"([^"]+)"/gm;
const CALLED = /\bimport\(\s*"([^"]+)"/g;

function importsOf(source: string): Import[] {
  const named = [...source.matchAll(FROM)].map(([, type, clause = "", specifier = ""]) => ({
    specifier,
    values: type === undefined ? valuesOf(clause) : [],
  }));
  const whole = [...source.matchAll(BARE), ...source.matchAll(CALLED)];
  return [...named, ...whole.map(([, specifier = ""]) => ({ specifier, values: ["*"] }))];
}

function valuesOf(clause: string): string[] {
  const braces = /\{([^}]*)\}/.exec(clause);
  const inside = (braces?.[1] ?? "").split(",").map((name) => name.trim());
  const values = inside.filter((name) => name !== "" && !name.startsWith("type "));
  const before = clause.replace(/\{[^}]*\}/, "").replaceAll(/[\s,]/g, "");
  return [...values.map((name) => name.split(" ")[0] ?? name), ...(before === "" ? [] : ["*"])];
}

async function sources(): Promise<Map<string, Import[]>> {
  const paths = (await readdir(daemon, { recursive: true })).filter((path) => path.endsWith(".ts"));
  const entries = paths.map(async (path): Promise<[string, Import[]]> => [
    path.split(sep).join("/"),
    importsOf(await readFile(join(daemon, path), "utf8")),
  ]);
  return new Map(await Promise.all(entries));
}

async function dependencies(): Promise<string[]> {
  const text = await readFile(join(repository, "package.json"), "utf8");
  return Object.keys((JSON.parse(text) as { dependencies: object }).dependencies);
}

/** The first circle met, as the files along it; every file is entered once. */
function circleIn(graph: ReadonlyMap<string, readonly string[]>): string[] | null {
  const finished = new Set<string>();
  const walk = (file: string, path: readonly string[]): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (finished.has(file)) return null;
    for (const next of graph.get(file) ?? []) {
      const circle = walk(next, [...path, file]);
      if (circle) return circle;
    }
    finished.add(file);
    return null;
  };
  return [...graph.keys()].reduce<string[] | null>((found, file) => found ?? walk(file, []), null);
}

const neighbours = (file: string, imports: readonly Import[]): string[] =>
  imports
    .filter(({ specifier }) => specifier.startsWith("."))
    .map(({ specifier }) => posix.join(posix.dirname(file), specifier));

describe("the house", () => {
  it("has imports that go down or stay inside, and packages behind their doors", async () => {
    const files = await sources();
    expect(files.size).toBeGreaterThan(1);
    const faults = [...files].flatMap(([file, imports]) =>
      imports.map((one) => ({ file, one, fault: faultOf(file, one) })),
    );
    const said = faults
      .filter(({ fault }) => fault !== null)
      .map(({ file, one, fault }) => `daemon/${file} imports ${one.specifier}: ${fault}`);
    expect(said).toEqual([]);
  });

  it("has no circle of imports", async () => {
    const files = await sources();
    const graph = new Map([...files].map(([file, imports]) => [file, neighbours(file, imports)]));
    expect(circleIn(graph)).toBeNull();
  });

  it("finds a circle where there is one", () => {
    const graph = new Map([
      ["a.ts", ["b.ts"]],
      ["b.ts", ["c.ts"]],
      ["c.ts", ["b.ts"]],
    ]);
    expect(circleIn(graph)).toEqual(["b.ts", "c.ts", "b.ts"]);
  });

  it("has a door for every dependency", async () => {
    const names = [...(await dependencies()), ...FOLDED];
    expect(names.filter((name) => !(name in DOORS) && !EVERYWHERE.includes(name))).toEqual([]);
  });

  it("uses nothing that the published package would miss", async () => {
    const published = [...(await dependencies()), ...FOLDED];
    const used = [...(await sources()).values()]
      .flat()
      .filter(({ specifier, values }) => !/^(?:\.|node:)/.test(specifier) && values.length > 0)
      .map(({ specifier }) => packageOf(specifier));
    expect(used.filter((name) => !published.includes(name))).toEqual([]);
  });
});

describe("an import", () => {
  it.each([
    ["main.ts", 'import { run } from "./commands/run.ts";'],
    ["inbound.ts", 'import { open } from "./inbound/open.ts";'],
    ["inbound/open.ts", 'import { open } from "../keys/pgp.ts";'],
    ["inbound/open.ts", 'import { log } from "../log.ts";'],
    ["ledger/queries.ts", 'import { tables } from "./tables.ts";'],
    ["ledger/queries.ts", 'import { sql, type Kysely } from "kysely";'],
    ["ledger/tables.ts", 'import type { Generated } from "kysely";'],
    ["dropbox/remote.ts", 'import type { Stats } from "ssh2";'],
    ["ledger/connect.ts", 'import { Kysely, sql } from "kysely";'],
    ["transfer/states.ts", 'import type { TransferRequest } from "../packet/model.gen.ts";'],
    ["schema.ts", 'import wire from "../schemas/transfer.schema.json" with { type: "json" };'],
    ["schema.ts", 'import { Ajv2020 } from "ajv/dist/2020.js";'],
    ["config.ts", 'import { type Config } from "./config.gen.ts";'],
    ["ids.ts", 'import { PacketboatError } from "./errors.ts";'],
    ["packet/xml.ts", 'import { EntityDecoder } from "@nodable/entities";'],
  ])("is right in %s: %s", (file, source) => {
    expect(importsOf(source).map((one) => faultOf(file, one))).toEqual([null]);
  });

  it("is read over several lines, types apart from values", () => {
    const source = 'import {\n  Kysely,\n  type Dialect,\n  sql as text,\n} from "kysely";\n';
    expect(importsOf(source)).toEqual([{ specifier: "kysely", values: ["Kysely", "sql"] }]);
    expect(importsOf('import a, { type B } from "c";')).toEqual([
      { specifier: "c", values: ["*"] },
    ]);
  });

  it.each(WRONG())("is refused in %s: %s", (file, source, fault) => {
    expect(importsOf(source).map((one) => faultOf(file, one))).toEqual([
      expect.stringContaining(fault),
    ]);
  });
});

/** One wrong import of each kind. A function, because the linter meets the same ones below. */
function WRONG(): [file: string, source: string, fault: string][] {
  return [
    ["errors.ts", 'import { parseAgencyId } from "./ids.ts";', "never up"],
    ["log.ts", 'import type { Config } from "./config.ts";', "never up"],
    ["keys/pgp.ts", 'export { read } from "../ledger/queries.ts";', "never across"],
    ["transfer/states.ts", 'export * from "../schema.ts";', "never across"],
    ["inbound/open.ts", 'import { check } from "./check.ts";', "check is a step"],
    ["outbound/seal.ts", 'import { open } from "../inbound/open.ts";', "open is a step"],
    ["commands/exchange.ts", 'import { open } from "../inbound/open.ts";', "open is a step"],
    ["people.ts", 'const { locate } = await import("./directory/locate.ts");', "never across"],
    ["ledger/words.ts", 'import { vector } from "../../test/vectors.ts";', "outside daemon/"],
    ["helpers.ts", 'import { sha256 } from "./ids.ts";', "helpers.ts has no floor"],
    ["inbound/open.ts", 'import { decrypt } from "openpgp";', "the door of openpgp is keys/pgp.ts"],
    ["keys/keyring.ts", 'import type { Key } from "openpgp";', "the door of openpgp"],
    ["ledger/queries.ts", 'import { Kysely, sql } from "kysely";', "the door of kysely"],
    ["ledger/queries.ts", 'import * as kysely from "kysely";', "the door of kysely"],
    ["dropbox/remote.ts", 'import { Client, type Stats } from "ssh2";', "the door of ssh2"],
    ["reports/cases.ts", 'import type { Kysely } from "kysely";', "the door of kysely"],
    ["packet/names.ts", 'import Ajv from "ajv/dist/2020.js";', "the door of ajv is schema.ts"],
    ["daemon.ts", 'import "winston";', "the door of winston is log.ts"],
    ["mail.ts", 'import { left } from "left-pad";', "left-pad has no door"],
  ];
}

describe("the linter", () => {
  it(
    "refuses the same imports, and a promise that nobody awaits",
    { timeout: 60_000 },
    async () => {
      const folder = await mkdtemp(join(tmpdir(), "packetboat-house-"));
      try {
        await seed(folder);
        const found = lint(folder);
        for (const [file, , fault] of WRONG()) {
          expect(found).toContainEqual(expect.stringMatching(`^daemon/${file}:.*${fault}`));
        }
        expect(found).toContainEqual(
          expect.stringMatching("^daemon/exchange.ts:.*floating-promises"),
        );
        expect(found).toContainEqual(expect.stringMatching("^daemon/disk.ts:.*no-cycle"));
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );
});

async function seed(folder: string): Promise<void> {
  const files = new Map<string, string>([
    [
      "tsconfig.json",
      '{ "compilerOptions": { "strict": true, "module": "NodeNext", "noEmit": true } }',
    ],
    ["daemon/exchange.ts", "export const late = async () => await Promise.resolve(1);\nlate();\n"],
    ["daemon/disk.ts", 'export { log } from "./log.ts";\nexport const disk = 1;\n'],
  ]);
  for (const [file, source] of WRONG()) {
    const path = `daemon/${file}`;
    files.set(path, `${files.get(path) ?? ""}${source}\n`);
  }
  files.set(
    "daemon/log.ts",
    `${files.get("daemon/log.ts")}export { disk as log } from "./disk.ts";\n`,
  );
  for (const [path, source] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), source);
  }
}

/** What the project's own lint settings find in a folder, one line each. */
function lint(folder: string): string[] {
  const oxlint = join(repository, "node_modules/.bin/oxlint");
  const settings = join(repository, "test/oxlint.json");
  const args = ["--config", settings, "--type-aware", "--format", "unix", "daemon"];
  const options = { cwd: folder, encoding: "utf8" } as const;
  return spawnSync(process.execPath, [oxlint, ...args], options).stdout.split("\n");
}
