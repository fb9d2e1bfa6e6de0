/** The registry's drop folder, as a state's student information system uses it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync } from "node:fs";
import {
  chmod,
  chown,
  lchown,
  mkdir,
  readdir,
  readFile,
  rename,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { exchangeAt } from "../../../daemon/commands/demo/world.ts";
import { homePaths, readConfig } from "../../../daemon/config.ts";
import { listAlerts } from "../../../daemon/ledger/alerts.ts";
import { type Ledger, openLedger } from "../../../daemon/ledger/connect.ts";
import { takeLock } from "../../../daemon/ledger/locks.ts";
import { importIn } from "../../../daemon/ledger/registry.ts";
import { packetboat } from "../../commands/terminal.ts";
import { startDaemon } from "../../daemons.ts";
import { MORTAL } from "../../program.ts";
import { newState, type State } from "../../states.ts";
import { list, row, students } from "./lists.ts";

const folderOf = async ({ entity }: State): Promise<string> => {
  const { registry } = await readConfig(entity.configPath);
  return registry?.dropFolder ?? "";
};

/** As the other system writes: beside, then under its name, with the time of the clock. */
async function drop(state: State, name: string, text: string): Promise<void> {
  const folder = await folderOf(state);
  await writeFile(join(folder, `.${name}`), text);
  await utimes(join(folder, `.${name}`), state.clock.now(), state.clock.now());
  await rename(join(folder, `.${name}`), join(folder, name));
}

const exchanged = ({ entity, clock }: State) => exchangeAt(entity, clock);

async function inLedger<T>({ entity }: State, use: (ledger: Ledger) => Promise<T>): Promise<T> {
  const ledger = await openLedger(homePaths(await readConfig(entity.configPath)).ledger);
  try {
    return await use(ledger);
  } finally {
    await ledger.destroy();
  }
}

const openCodes = (state: State): Promise<string[]> =>
  inLedger(state, async (ledger) =>
    (await listAlerts(ledger, { open: true })).map(({ code }) => code).toSorted(),
  );

const GOOD = list(row(), ...students(30, 100));

const ROOT = 0;
const NOBODY = 65_534;
/** The account of the state's student information system. */
const OTHER = 65_533;

/** The home and the server's folders belong to this account. */
async function handOver({ folder }: State, account: number): Promise<void> {
  for (const name of await readdir(folder, { recursive: true })) {
    await lchown(join(folder, name), account, account);
  }
}

/** One exchange by an account that is not root, of a file that is another's; how its process ended. */
async function exchangedAsNobody(state: State, name: string, mode: number): Promise<number | null> {
  const { entity, clock, folder } = state;
  const path = join(await folderOf(state), name);
  await chmod(folder, 0o755);
  await handOver(state, NOBODY);
  await chown(path, OTHER, NOBODY);
  await chmod(path, mode);
  const order = { configPath: entity.configPath, at: clock.now().toISOString(), death: null };
  const child = spawn(process.execPath, [MORTAL, JSON.stringify(order)], {
    stdio: ["ignore", "ignore", "inherit"],
    uid: NOBODY,
    gid: NOBODY,
    env: { ...process.env, NODE_OPTIONS: "", NODE_COMPILE_CACHE: "" },
  });
  const [exitCode] = (await once(child, "close")) as [number | null];
  await handOver(state, ROOT);
  return exitCode;
}

describe("the registry's drop folder", () => {
  it("takes a file that held still, answers it, and keeps nothing of it", async () => {
    await using state = await newState();
    const folder = await folderOf(state);
    await exchanged(state);
    expect(await openCodes(state)).toEqual(["REGISTRY_OLD"]);
    await drop(state, "night.csv", GOOD);
    await writeFile(join(folder, "notes.txt"), "stays");
    const { counts, exit } = await exchanged(state);
    expect([counts.documents, counts.documentsRefused, exit]).toEqual([1, 0, 0]);
    expect((await readdir(folder)).toSorted()).toEqual([
      ".packetboat",
      "notes.txt",
      "refused",
      "sent",
    ]);
    expect(await readdir(join(folder, "sent"))).toEqual(["night.csv.result.txt"]);
    const answer = await readFile(join(folder, "sent", "night.csv.result.txt"), "utf8");
    expect(answer).toContain("Taken: the registry is as this file says.");
    expect(answer).toContain("31 students");
    expect(await readdir(join(state.entity.folder, "state", "intake"))).toEqual([]);
    expect(await openCodes(state)).toEqual([]);
    state.clock.pass({ days: 4 });
    await exchanged(state);
    expect(await openCodes(state)).toEqual(["REGISTRY_OLD"]);
    await drop(state, "night.csv", GOOD);
    await exchanged(state);
    expect(await openCodes(state)).toEqual([]);
  });

  it("gives back one that is refused, with its faults, until a good one of its name comes", async () => {
    await using state = await newState();
    const folder = await folderOf(state);
    await drop(state, "night.csv", list(row({ sex: "Q" }), row()));
    const { counts, exit } = await exchanged(state);
    expect([counts.documentsRefused, exit]).toEqual([1, 10]);
    expect((await readdir(join(folder, "refused"))).toSorted()).toEqual([
      "night.csv",
      "night.csv.faults.txt",
    ]);
    const faults = await readFile(join(folder, "refused", "night.csv.faults.txt"), "utf8");
    expect(faults).toContain("line 2: Sex: must be one of");
    expect(faults).not.toMatch(/Abrams|Jenna/);
    expect(await openCodes(state)).toContain("REGISTRY_REFUSED");
    await drop(state, "night.csv", GOOD);
    await exchanged(state);
    expect(await readdir(join(folder, "refused"))).toEqual([]);
    expect(await openCodes(state)).toEqual([]);
    await drop(state, "night.csv", list(row({ sex: "Q" }), row()));
    await exchanged(state);
    expect(await openCodes(state)).toEqual(["REGISTRY_REFUSED"]);
    await drop(state, "night.csv", GOOD);
    await exchanged(state);
    expect(await openCodes(state)).toEqual([]);
  });

  it("says that a snapshot waits, which a person then allows", async () => {
    await using state = await newState();
    const folder = await folderOf(state);
    const config = ["--config", state.entity.configPath];
    await drop(state, "night.csv", GOOD);
    await exchanged(state);
    await drop(state, "night.csv", list(...students(20, 100)));
    expect(await exchanged(state)).toMatchObject({ exit: 10 });
    const answer = await readFile(join(folder, "sent", "night.csv.result.txt"), "utf8");
    expect(answer).toContain("Waits:");
    expect(await openCodes(state)).toEqual(["REGISTRY_WAITS"]);
    const allowed = await packetboat(["registry", "proceed", ...config], {
      now: state.clock.now(),
    });
    expect(allowed).toMatchObject({ exit: 0, stderr: "" });
    expect(allowed.stdout).toContain("Closed: 11 enrollments.");
    expect(await openCodes(state)).toEqual([]);
  });

  it("goes on with what a crash left in the intake", async () => {
    await using state = await newState();
    const paths = homePaths(await readConfig(state.entity.configPath));
    const left = join(paths.intake, "registry-night.csv");
    await writeFile(left, GOOD);
    chmodSync(left, 0o600);
    expect((await exchanged(state)).counts.documents).toBe(1);
    expect(await readdir(paths.intake)).toEqual([]);
    expect(await inLedger(state, (ledger) => importIn(ledger, "CURRENT"))).toMatchObject({
      students: 31,
      by: "packetboat",
    });
  });

  it("lets no file overtake one that another import delays", async () => {
    await using state = await newState();
    const folder = await folderOf(state);
    await drop(state, "first.csv", GOOD);
    state.clock.pass({ minutes: 1 });
    await drop(state, "second.csv", list(row(), ...students(31, 100)));
    await inLedger(state, async (ledger) => {
      const giveBack = await takeLock(ledger, "registry", state.clock.now());
      expect((await exchanged(state)).counts.documents).toBe(0);
      expect(await readdir(folder)).toContain("second.csv");
      await giveBack();
    });
    expect((await exchanged(state)).counts.documents).toBe(2);
    expect(await inLedger(state, (ledger) => importIn(ledger, "CURRENT"))).toMatchObject({
      students: 32,
    });
  });

  describe.runIf(process.getuid?.() === 0)("of somebody else", () => {
    it("is taken from with the time that it has", async () => {
      await using state = await newState();
      await drop(state, "night.csv", GOOD);
      state.clock.pass({ days: 1 });
      expect(await exchangedAsNobody(state, "night.csv", 0o640)).toBe(0);
      expect(await inLedger(state, (ledger) => importIn(ledger, "CURRENT"))).toMatchObject({
        as_of: "2024-07-19",
        students: 31,
      });
    });

    it("gives back what it may not read", async () => {
      await using state = await newState();
      const folder = await folderOf(state);
      await drop(state, "night.csv", GOOD);
      expect(await exchangedAsNobody(state, "night.csv", 0o600)).toBe(0);
      const faults = await readFile(join(folder, "refused", "night.csv.faults.txt"), "utf8");
      expect(faults).toContain("[FILE_UNREADABLE]");
      expect(await openCodes(state)).toContain("REGISTRY_REFUSED");
    });
  });

  it("wakes the daemon when a file has held still in it, and takes it once", async () => {
    await using state = await newState();
    const folder = await folderOf(state);
    await using daemon = await startDaemon(state, state.entity);
    const sent = async (): Promise<string[]> =>
      (await readdir(folder)).includes("sent") ? readdir(join(folder, "sent")) : [];
    state.clock.pass({ minutes: 1 });
    await drop(state, "night.csv", GOOD);
    await daemon.look();
    expect(await sent()).toEqual([]);
    state.clock.pass({ minutes: 1 });
    await daemon.look();
    expect(await sent()).toEqual(["night.csv.result.txt"]);
    const made = daemon.scopes().length;
    state.clock.pass({ minutes: 1 });
    await daemon.look();
    expect(daemon.scopes()).toHaveLength(made);
  });

  it("that is not there is told of, and the exchange goes on", async () => {
    await using state = await newState();
    const folder = await folderOf(state);
    await exchanged(state);
    await rename(folder, `${folder}-away`);
    expect((await exchanged(state)).failure).toMatchObject({ code: "FOLDER_MISSING" });
    await mkdir(folder, { recursive: true });
    expect((await exchanged(state)).failure).toMatchObject({ code: "FOLDER_REPLACED" });
  });

  it("leaves no student in log, alerts, reports or names", async () => {
    await using state = await newState();
    const { entity } = state;
    const secret = { id: "9876501234", last: "Quillfeather", first: "Zebedee" };
    await drop(
      state,
      "night.csv",
      list(row(secret), row({ ...secret, sex: "Q" }), ...students(200)),
    );
    await exchanged(state);
    await drop(state, "night.csv", list(row({ ...secret, sex: "Q" })));
    await exchanged(state);
    const config = ["--config", entity.configPath];
    const status = await packetboat(["status", ...config], { now: state.clock.now() });
    const registry = await packetboat(["registry", "status", ...config], {
      now: state.clock.now(),
    });
    expect(registry.stdout).toContain("201 students");
    expect(status.stdout).toContain("Registry:");
    const reports = (await readConfig(entity.configPath)).reports.it.path;
    const names = await readdir(reports, { recursive: true, withFileTypes: true });
    const texts = await Promise.all(
      names
        .filter((each) => each.isFile())
        .map((each) => readFile(join(each.parentPath, each.name), "utf8")),
    );
    const alerts = await inLedger(state, (ledger) => listAlerts(ledger, {}));
    const log = await readFile(join(entity.folder, "state", "packetboat.log"), "utf8");
    expect(texts.length).toBeGreaterThan(1);
    expect(log).toContain("Document refused");
    const all = [...texts, log, JSON.stringify(alerts), status.stdout, registry.stdout].join("\n");
    expect(all).not.toMatch(/quillfeather|zebedee|9876501234|night\.csv/i);
  });
});
