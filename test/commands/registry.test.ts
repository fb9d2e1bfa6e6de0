/** The registry's commands, as the administrator of a state types them. */
import { rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { list, row, students } from "../entity/registry/lists.ts";
import { initArgs, newHome, temporaryFolder } from "./home.ts";
import { errorOf, packetboat, resultOf } from "./terminal.ts";

/** So many take long enough to be looked at meanwhile. */
const SLOW_ROWS = 12_000;
const NOW = new Date("2024-07-19T14:00:00Z");

/** A home of an entity in a folder of its own; and what one types there. */
async function newEntity(folder: string) {
  const [, dir = "", , ...rest] = initArgs(join(folder, "entity"), "2700000");
  const more = [
    "--role=entity",
    "--public-address=sftp://files.state.example:22",
    `--root=${folder}/server`,
    `--host-key=SHA256:${"a".repeat(43)}`,
    "--yes",
  ];
  const made = (await resultOf(["init", dir, ...more, ...rest], { now: NOW })) as {
    config: string;
  };
  const around = { cwd: folder, env: { PACKETBOAT_CONFIG: made.config }, now: NOW };
  return {
    around,
    home: dir,
    file: async (name: string, text: string, at = NOW): Promise<void> => {
      await writeFile(join(folder, name), text);
      await utimes(join(folder, name), at, at);
    },
  };
}

describe("registry import", () => {
  it("shows the first faults of a file that is refused, and the only one once", async () => {
    await using folder = await temporaryFolder();
    const { around, file } = await newEntity(folder.path);
    await file("all.csv", list(...students(50, 100)).replaceAll("2025-2026", "26"));
    const { stderr } = await packetboat(["registry", "import", "all.csv", "--snapshot"], around);
    expect(stderr.match(/^line /gm)).toHaveLength(20);
    expect(stderr).toContain("\n… and 30 more: see them with --json\n");
    await file("none.csv", list());
    const empty = await packetboat(["registry", "import", "none.csv", "--snapshot"], around);
    expect(empty.stderr.match(/the file has a header and no rows/g)).toHaveLength(1);
  });

  it("takes a snapshot, tells what is in it, and stands in status", async () => {
    await using folder = await temporaryFolder();
    const { around, file } = await newEntity(folder.path);
    expect(await resultOf(["registry", "status"], around)).toEqual({
      ageDays: null,
      isOld: true,
      current: null,
      waiting: null,
    });
    await file("all.csv", list(row(), ...students(20, 100)));
    const imported = await resultOf(["registry", "import", "all.csv", "--snapshot"], around);
    expect(imported).toMatchObject({ outcome: "current", students: 21, faults: [] });
    const again = await packetboat(["registry", "import", "all.csv", "--snapshot"], around);
    expect(again.stdout).toContain("This very file is in the registry already");
    const later = { ...around, now: new Date("2024-07-24T14:00:00Z") };
    expect(await resultOf(["registry", "status"], later)).toMatchObject({
      ageDays: 5,
      isOld: true,
    });
    expect(await resultOf(["status"], later)).toMatchObject({
      registry: { asOf: "2024-07-19", ageDays: 5, isOld: true, students: 21, isWaiting: false },
    });
    const { stdout } = await packetboat(["status"], later);
    expect(stdout).toMatch(
      /Registry: +21 students, 21 enrollments as of 2024-07-19; 5 days old, which/,
    );
  });

  it("ends with 10 when rows are left out, and names their lines", async () => {
    await using folder = await temporaryFolder();
    const { around, file } = await newEntity(folder.path);
    await file("all.csv", list(row({ sex: "Q" }), ...students(200)));
    const ran = await packetboat(["registry", "import", "all.csv", "--snapshot"], around);
    expect(ran.exit).toBe(10);
    expect(ran.stdout).toContain("line 2: Sex: must be one of");
    expect(ran.stdout).not.toMatch(/Abrams/);
  });

  it("ends with 10 when it waits for a person, who discards or allows it", async () => {
    await using folder = await temporaryFolder();
    const { around, file } = await newEntity(folder.path);
    await file("all.csv", list(row(), ...students(20, 100)));
    await file("half.csv", list(...students(10, 100)));
    const half = ["registry", "import", "half.csv", "--snapshot"];
    await packetboat(["registry", "import", "all.csv", "--snapshot"], around);
    expect(await packetboat(half, around)).toMatchObject({ exit: 10 });
    expect(await resultOf(["registry", "discard"], around)).toMatchObject({ closed: 11 });
    expect(await errorOf(["registry", "proceed"], around)).toMatchObject({
      code: "REGISTRY_NOTHING_WAITS",
    });
    await packetboat(half, around);
    expect(await resultOf(["registry", "proceed"], around)).toMatchObject({ open: 10 });
    await packetboat(["registry", "import", "all.csv", "--snapshot"], around);
    expect(await resultOf([...half, "--proceed"], around)).toMatchObject({ outcome: "current" });
  });

  it("shows whoever sits at a terminal how far it is, and nobody else", async () => {
    await using folder = await temporaryFolder();
    const { around, file } = await newEntity(folder.path);
    const importing = async (name: string, ...more: string[]) => {
      await file(name, list(...students(SLOW_ROWS, name.length)));
      const words = ["registry", "import", name, "--snapshot", ...more];
      return packetboat(words, more.includes("--proceed") ? around : { ...around, typing: "" });
    };
    const { stderr, stdout } = await importing("a.csv");
    const drawn = [...stderr.matchAll(/reading +[█░]{24} +(\d+) % +([\d,]+) rows +[\d,]+\/s/g)];
    const shares = drawn.map(([, share]) => Number(share));
    const rows = drawn.map(([, , read = ""]) => Number(read.replaceAll(",", "")));
    expect(shares.length).toBeGreaterThan(1);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(Math.max(...shares)).toBeLessThanOrEqual(100);
    expect(Math.max(...rows)).toBeGreaterThan(0);
    // What is left on the screen is the answer alone.
    expect(stderr.endsWith("\u001b[2K")).toBe(true);
    expect(stdout).toContain(`Read ${SLOW_ROWS} rows; 0 left out with faults.`);
    for (const quiet of [["--quiet"], ["--json"]]) {
      expect(await importing("b.csv", ...quiet)).toMatchObject({ stderr: "" });
    }
    expect(await importing("cc.csv", "--proceed")).toMatchObject({ exit: 0, stderr: "" });
  });

  it("refuses what is no list, what is not there, and what is not said", async () => {
    await using folder = await temporaryFolder();
    const { around, file } = await newEntity(folder.path);
    await file("empty.csv", "");
    const importing = (...more: string[]) => errorOf(["registry", "import", ...more], around);
    expect(await importing("empty.csv", "--changes")).toMatchObject({ code: "REGISTRY_INVALID" });
    expect(await importing("none.csv", "--changes")).toMatchObject({ code: "FILE_NOT_FOUND" });
    expect(await importing("empty.csv")).toMatchObject({ code: "USAGE" });
    expect(await importing("empty.csv", "--changes", "--snapshot")).toMatchObject({
      code: "USAGE",
    });
  });

  it("belongs to an entity", async () => {
    await using folder = await temporaryFolder();
    const { config } = await newHome(folder.path, "2700105");
    const around = { env: { PACKETBOAT_CONFIG: config } };
    for (const command of ["status", "proceed", "discard"]) {
      expect(await errorOf(["registry", command], around)).toMatchObject({ code: "ROLE_DIFFERS" });
    }
    expect(await resultOf(["status"], around)).toMatchObject({ registry: null });
  });
});

describe("a restored entity", () => {
  it("has its registry's folder again, which is the one that is meant", async () => {
    await using folder = await temporaryFolder();
    const { around, home } = await newEntity(folder.path);
    await packetboat(["exchange"], around);
    const backup = join(folder.path, "backup");
    await resultOf(["keys", "backup", backup], around);
    await rm(home, { recursive: true });
    await resultOf(["keys", "restore", backup], around);
    await packetboat(["exchange", "--proceed"], around);
    expect((await packetboat(["alerts", "list"], around)).stdout).not.toContain("FOLDER_");
  });
});
