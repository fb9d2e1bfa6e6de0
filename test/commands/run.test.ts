/** `packetboat run` as a process: signals, commands beside it, and what kills it. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ChildDaemon } from "../child-daemons.ts";
import { roughLine } from "../dropbox/rough-line.ts";
import { openAsks } from "../../daemon/ledger/asks.ts";
import {
  boxOf,
  dropRequest,
  newWorld,
  office,
  openAlerts,
  withLedger,
  type World,
} from "../homes.ts";
import { configure, inBox, reachBy } from "../scene.ts";
import { until } from "../until.ts";
import { beside } from "./beside.ts";
import { packetboat } from "./terminal.ts";

let world: World;
beforeEach(async () => {
  world = await newWorld(new Date().toISOString());
});
afterEach(() => world[Symbol.asyncDispose]());

describe("a daemon", () => {
  it("takes what is dropped without being told, and ends when it is asked to", async () => {
    await using daemon = new ChildDaemon(world.valley);
    await daemon.says("Daemon sleeps");
    await dropRequest(world);
    await until("it is taken", async () =>
      (await readdir(office(world.valley, "sent"))).includes("request.xml"),
    );
    await daemon.says("Exchange ended");
    await daemon.end();
    expect(daemon.lines.at(-1)).toMatchObject({ message: "Daemon ended", level: "info" });
    const log = await readFile(join(world.valley.folder, "state", "packetboat.log"), "utf8");
    const written = log.trim().split("\n");
    expect(written.map((line) => JSON.parse(line) as unknown)).toEqual(daemon.lines);
    expect(daemon.complaints).toBe("");
  });

  it("makes the exchange that a command asks for, and tells it what came of it", async () => {
    await using daemon = new ChildDaemon(world.valley);
    await daemon.says("Daemon sleeps");
    await dropRequest(world);
    const asked = await beside(world.valley, "exchange", "--json");
    expect([asked.status, asked.stderr]).toEqual([0, ""]);
    const { result } = JSON.parse(asked.stdout) as { result: Record<string, unknown> };
    expect(result["counts"]).toMatchObject({ sent: 1 });
    const { runId } = await daemon.says("Exchange begun", { scope: "everything" });
    expect(result["runId"]).toBe(runId);
    expect(await inBox(world, world.prairie)).toHaveLength(1);
    const ping = await beside(world.valley, "ping", world.prairie.id);
    expect([ping.status, ping.stderr]).toEqual([0, ""]);
    await daemon.says("Exchange ended");
    for (const argv of [["status"], ["transfers", "list"], ["alerts", "list"], ["next"]]) {
      expect(await beside(world.valley, ...argv)).toMatchObject({ status: 0, stderr: "" });
    }
    await daemon.end();
  });

  it("that is killed leaves the exchange to the command that had asked it", async () => {
    await using daemon = new ChildDaemon(world.valley);
    await daemon.says("Daemon sleeps");
    daemon.signal("SIGSTOP");
    const asking = beside(world.valley, "exchange", "--json");
    await until("it is asked", () =>
      withLedger(world.valley, async (ledger) => (await openAsks(ledger)).length > 0),
    );
    daemon.signal("SIGKILL");
    expect(await asking).toMatchObject({ status: 0, stderr: "" });
  });

  it("has a home for itself", async () => {
    await using daemon = new ChildDaemon(world.valley);
    await daemon.says("Daemon sleeps");
    const second = await beside(world.valley, "run");
    expect(second.status).toBe(6);
    expect(second.stderr).toContain(`process ${daemon.processId} has run packetboat`);
    daemon.signal("SIGKILL");
    await daemon.ended();
    await using third = new ChildDaemon(world.valley);
    await third.says("Daemon begun");
  });

  it("reads a changed config on SIGHUP, and lives on with the old one if it is bad", async () => {
    const { valley } = world;
    await using daemon = new ChildDaemon(valley);
    await daemon.says("Daemon sleeps");
    const good = await readFile(valley.configPath, "utf8");
    await writeFile(valley.configPath, `${good}\nnonsense: true\n`);
    daemon.signal("SIGHUP");
    const refused = await daemon.says("Config refused, the one before stays in force");
    expect(refused).toMatchObject({ level: "error", code: "CONFIG_INVALID", faults: 1 });
    await daemon.says("Daemon sleeps");
    expect(await openAlerts(valley)).toEqual(["CONFIG_REFUSED"]);
    await writeFile(valley.configPath, good);
    daemon.signal("SIGHUP");
    await daemon.says("Config read again");
    await daemon.end();
  });

  it("is not ended by whoever tells it to read its config before it has begun", async () => {
    // When it can be asked to end, it is still far from listening to more.
    const early = `const { on } = process;
      process.on = (name, call) => {
        if (name === "SIGTERM") process.kill(process.pid, "SIGHUP");
        return on.call(process, name, call);
      };`;
    const start = {
      args: ["--import", `data:text/javascript,${encodeURIComponent(early)}`],
      env: {},
    };
    await using daemon = new ChildDaemon(world.valley, { start });
    await daemon.says("Config read again");
    await daemon.end();
  });

  it("goes on when nobody reads what it prints any more", async () => {
    await using daemon = new ChildDaemon(world.valley);
    await daemon.says("Daemon sleeps");
    daemon.closeOutput();
    await dropRequest(world);
    await until("it is taken", async () =>
      (await readdir(office(world.valley, "sent"))).includes("request.xml"),
    );
    await daemon.end();
    const log = await readFile(join(world.valley.folder, "state", "packetboat.log"), "utf8");
    expect(log).toMatch(/"message":"Daemon ended"[^\n]*\n$/);
  });

  it("without a config says what to do, and ends", async () => {
    const refused = await packetboat(["run", "--config", "/nowhere/packetboat.yaml"]);
    expect(refused.exit).toBe(2);
    expect(refused.stderr).toMatch(/\[CONFIG_NOT_FOUND\]\n.*hint: .*packetboat init/);
  });
});

describe("a daemon that is asked to end while its server says nothing", () => {
  it("ends within ten seconds, and goes on at its next start", async () => {
    const { valley, prairie, server } = world;
    await using line = await roughLine(server.port);
    await reachBy(valley, line);
    await dropRequest(world);
    line.silence();
    await using daemon = new ChildDaemon(valley);
    await daemon.says("Exchange begun", { scope: "collect" });
    const asked = performance.now();
    await daemon.end();
    expect(performance.now() - asked).toBeLessThan(10_000);
    expect(await openAlerts(valley)).not.toContain("SERVER_UNREACHABLE");

    await reachBy(valley, server);
    expect(await beside(valley, "exchange")).toMatchObject({ status: 0, stderr: "" });
    expect(await inBox(world, prairie)).toHaveLength(1);
  });
});

describe("a daemon that is asked to end in the middle of an upload", () => {
  it("parks it within ten seconds, and finishes it at its next start, once", async () => {
    const { valley, prairie, server } = world;
    await using line = await roughLine(server.port);
    await reachBy(valley, line);
    const value = { sendOnArrival: true, collectEveryMinutes: 15 };
    await configure(valley, { at: ["exchanges", "watch"], value });
    await using daemon = new ChildDaemon(valley);
    await daemon.says("Daemon sleeps");
    const hasBegun = (): boolean => readdirSync(boxOf(world, prairie)).length > 0;
    line.spoil({ harm: "silence", way: "toClient", when: hasBegun });
    await dropRequest(world);
    await until("the upload has begun", () => line.done.harmed.silence > 0);
    const asked = performance.now();
    await daemon.end();
    expect(performance.now() - asked).toBeLessThan(10_000);

    line.mend();
    await using next = new ChildDaemon(valley);
    await next.says("Packet delivered");
    await next.says("Daemon sleeps");
    await next.end();
    const names = await inBox(world, prairie);
    expect(names).toEqual([expect.stringMatching(/_000000001_[0-9a-f]{16}\.xml\.pgp$/)]);
    expect(await openAlerts(valley)).toEqual([]);
  });
});

describe("the watchdog", () => {
  const guarded = (work: string) =>
    spawnSync(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        `import { startWatchdog } from ${JSON.stringify(join(process.cwd(), "daemon/run/watchdog.ts"))};
         const watchdog = startWatchdog({ everyMs: 50, looks: 3 });
         ${work}`,
      ],
      { encoding: "utf8", timeout: 20_000 },
    );

  it("kills a process whose loop stalls, and says so", () => {
    const { signal, stdout } = guarded("for (;;);");
    expect(signal).toBe("SIGKILL");
    expect(JSON.parse(stdout)).toMatchObject({
      level: "error",
      message: "Loop stalled, process killed",
    });
  });

  it("leaves one alone that moves, and keeps none alive", () => {
    const { status, stdout, stderr } = guarded(
      "await new Promise((resolve) => setTimeout(resolve, 1000)); await watchdog[Symbol.asyncDispose]();",
    );
    expect([status, stdout, stderr]).toEqual([0, "", ""]);
    expect(guarded("")).toMatchObject({ status: 0, stdout: "", stderr: "" });
  });
});
