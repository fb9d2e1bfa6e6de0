/** The daemon, driven by a clock that the test moves: what is due, when, and how often. */
import { appendFile, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { homePaths } from "../daemon/config.ts";
import { openLedger } from "../daemon/ledger/connect.ts";
import { takeLock } from "../daemon/ledger/locks.ts";
import { backOff } from "../daemon/ledger/runs.ts";
import { type RunningDaemon, startDaemon } from "./daemons.ts";
import { roughLine } from "./dropbox/rough-line.ts";
import {
  boxOf,
  dropRelease,
  dropRequest,
  meet,
  newWorld,
  office,
  openAlerts,
  states,
  withLedger,
  type World,
} from "./homes.ts";
import { alertsWithCause, configure, inBox, nightly, nightsOf, reachBy } from "./scene.ts";

let world: World;
beforeEach(async () => {
  // A Friday morning.
  world = await newWorld("2027-03-12T15:00:00Z");
});
afterEach(() => world[Symbol.asyncDispose]());

const full = (scopes: readonly string[]): number =>
  scopes.filter((scope) => scope === "everything").length;

/** At this time the daemon is woken. @returns how many full exchanges it has made by then */
async function fullBy(daemon: RunningDaemon, at: string): Promise<number> {
  world.clock.set(new Date(at));
  await daemon.look();
  return full(daemon.scopes());
}

describe("the nightly exchange", () => {
  it("is made at its time, and once for each date", async () => {
    await configure(world.valley, nightly("02:30"));
    await using daemon = await startDaemon(world, world.valley);
    expect(daemon.scopes()).toEqual(["collect"]);
    expect(await fullBy(daemon, "2027-03-13T08:29:59Z")).toBe(0);
    expect(await fullBy(daemon, "2027-03-13T08:30:00Z")).toBe(1);
    world.clock.pass({ hours: 5 });
    await daemon.look();
    expect(full(daemon.scopes())).toBe(1);
    expect(await nightsOf(world.valley)).toEqual(["2027-03-13 made 1"]);
  });

  it("is made at the end of the hour that the clock skips", async () => {
    await configure(world.valley, nightly("02:30"));
    world.clock.set(new Date("2027-03-13T20:00:00Z"));
    await using daemon = await startDaemon(world, world.valley);
    expect(await fullBy(daemon, "2027-03-14T07:59:59Z")).toBe(0);
    expect(await fullBy(daemon, "2027-03-14T08:00:00Z")).toBe(1);
    expect(await fullBy(daemon, "2027-03-14T08:30:00Z")).toBe(1);
    expect(await nightsOf(world.valley)).toEqual(["2027-03-14 made 1"]);
  });

  it("is made once in the hour that the clock shows twice", async () => {
    await configure(world.valley, nightly("01:30"));
    world.clock.set(new Date("2027-11-06T20:00:00Z"));
    await using daemon = await startDaemon(world, world.valley);
    for (const at of ["2027-11-07T06:29:59Z", "2027-11-07T06:30:00Z", "2027-11-07T07:30:00Z"]) {
      world.clock.set(new Date(at));
      await daemon.look();
    }
    expect(full(daemon.scopes())).toBe(1);
    expect(await nightsOf(world.valley)).toEqual(["2027-11-07 made 1"]);
  });

  it("that was missed is made up for once, as soon as the daemon runs again", async () => {
    await configure(world.valley, nightly("02:30"));
    await (await startDaemon(world, world.valley)).end();
    world.clock.set(new Date("2027-03-17T15:00:00Z"));
    await using daemon = await startDaemon(world, world.valley);
    expect(daemon.scopes()).toEqual(["everything"]);
    expect(await nightsOf(world.valley)).toEqual(["2027-03-17 made 1"]);
  });

  it("that was missed is passed over if the config says so, but not one that is only late", async () => {
    const { valley, clock } = world;
    await configure(valley, nightly("02:30"), { at: ["exchanges", "ifMissed"], value: "skip" });
    await (await startDaemon(world, valley)).end();
    clock.set(new Date("2027-03-13T15:00:00Z"));
    await (await startDaemon(world, valley)).end();
    expect(await nightsOf(valley)).toEqual(["2027-03-13 skipped 1"]);
    clock.set(new Date("2027-03-14T08:45:00Z"));
    await (await startDaemon(world, valley)).end();
    expect(await nightsOf(valley)).toEqual(["2027-03-13 skipped 1", "2027-03-14 made 1"]);
  });

  it("of a day before the first start was not missed", async () => {
    await configure(world.valley, nightly("02:30"));
    await using daemon = await startDaemon(world, world.valley);
    await daemon.look();
    expect(daemon.scopes()).toEqual(["collect"]);
    expect(await nightsOf(world.valley)).toEqual([]);
  });

  it("that a crash cut off is made again", async () => {
    await configure(world.valley, nightly("02:30"));
    await (await startDaemon(world, world.valley)).end();
    world.clock.set(new Date("2027-03-13T08:40:00Z"));
    await withLedger(world.valley, (ledger) =>
      ledger
        .insertInto("nights")
        .values({
          night: "2027-03-13",
          planned_at: "2027-03-13T08:30:00.000Z",
          state: "tried",
          attempts: 1,
          last_attempt_at: "2027-03-13T08:30:00.000Z",
        })
        .execute(),
    );
    await using _ = await startDaemon(world, world.valley);
    expect(await nightsOf(world.valley)).toEqual(["2027-03-13 made 2"]);
  });
});

describe("between the nights", () => {
  it("documents are taken, answers leave, and requests and releases wait for the night", async () => {
    const { valley, prairie, clock } = world;
    await configure(valley, nightly("02:30"));
    await configure(prairie, nightly("02:30"));
    await using asking = await startDaemon(world, valley);
    await using answering = await startDaemon(world, prairie);
    await dropRequest(world);
    await asking.look();
    clock.pass({ minutes: 1 });
    await asking.look();
    expect(await readdir(office(valley, "sent"))).toContain("request.xml.result.json");
    clock.pass({ minutes: 15 });
    await asking.look();
    expect(await inBox(world, prairie)).toEqual([]);

    clock.set(new Date("2027-03-13T08:30:00Z"));
    await asking.look();
    expect(await inBox(world, prairie)).toHaveLength(1);
    await answering.look();
    clock.pass({ minutes: 16 });
    await answering.look();
    await asking.look();
    expect(await states(world)).toEqual(["RequestReceived", "RequestReceived"]);

    const [reference = ""] = await readdir(office(prairie, "requests"));
    await dropRelease(world, reference);
    await answering.look();
    clock.pass({ minutes: 16 });
    await answering.look();
    expect((await states(world))[1]).toBe("ReleasePending");
    clock.set(new Date("2027-03-14T08:00:00Z"));
    await answering.look();
    clock.pass({ minutes: 16 });
    await asking.look();
    expect(await readdir(office(valley, "records"))).toEqual([reference]);
    clock.pass({ minutes: 16 });
    await answering.look();
    expect(await states(world)).toEqual(["Delivered", "Delivered"]);
  });

  it("everything leaves at once if the config says so, and what is held back as soon as it may", async () => {
    const { valley, prairie, clock } = world;
    const watch = { sendOnArrival: true, collectEveryMinutes: 15 };
    await configure(valley, { at: ["exchanges", "watch"], value: watch });
    await configure(
      prairie,
      { at: ["exchanges", "watch"], value: watch },
      { at: ["releases", "holdBackMinutes"], value: 60 },
    );
    await using asking = await startDaemon(world, valley);
    await using answering = await startDaemon(world, prairie);
    await dropRequest(world);
    await asking.look();
    clock.pass({ minutes: 1 });
    await asking.look();
    expect(await inBox(world, prairie)).toHaveLength(1);
    clock.pass({ minutes: 15 });
    await answering.look();
    const [reference = ""] = await readdir(office(prairie, "requests"));
    await dropRelease(world, reference);
    await answering.look();
    clock.pass({ minutes: 1 });
    await answering.look();
    clock.pass({ minutes: 58 });
    await answering.look();
    expect((await states(world))[1]).toBe("ReleasePending");
    clock.pass({ minutes: 2 });
    await answering.look();
    clock.pass({ minutes: 15 });
    await asking.look();
    expect(await readdir(office(valley, "records"))).toEqual([reference]);
  });

  it("looking into an empty box leaves one line of it, and no report", async () => {
    await using daemon = await startDaemon(world, world.valley);
    const reports = join(world.valley.folder, "reports", "it");
    for (let times = 0; times < 4; times++) {
      world.clock.pass({ minutes: 15 });
      await daemon.look();
    }
    expect(daemon.scopes()).toEqual(Array.from({ length: 5 }, () => "collect"));
    const runs = await withLedger(world.valley, (ledger) =>
      ledger.selectFrom("runs").selectAll().execute(),
    );
    expect(runs).toHaveLength(1);
    expect(await readdir(reports)).toEqual([]);
  });

  it("a server that is away all weekend leaves no page for each try", async () => {
    const { valley, clock } = world;
    await using daemon = await startDaemon(world, valley);
    const box = boxOf(world, valley);
    await rename(box, `${box}-away`);
    for (let times = 0; times < 8; times++) {
      clock.pass({ minutes: 16 });
      await daemon.look();
    }
    expect(daemon.scopes().filter((scope) => scope === "collect")).toHaveLength(9);
    const reports = await readdir(join(valley.folder, "reports", "it"));
    expect(reports.filter((name) => name.startsWith("exchange-"))).toEqual([]);
    const page = await readFile(join(valley.folder, "reports", "it", "alerts.html"), "utf8");
    expect(page).toContain("Server unreachable");
  });

  it("documents that wait for their release cause no exchange a minute", async () => {
    await using daemon = await startDaemon(world, world.valley);
    await writeFile(office(world.valley, "outbox", "early.pdf"), "%PDF-1.4\n");
    for (let times = 0; times < 6; times++) {
      await daemon.look();
      world.clock.pass({ minutes: 1 });
    }
    expect(daemon.scopes().filter((scope) => scope === "take")).toHaveLength(1);
  });
});

describe("a file that is being written", () => {
  it("is left alone, also when the daemon starts, and taken when it is finished", async () => {
    const { valley, prairie, clock } = world;
    await dropRequest(world);
    const path = office(valley, "outbox", "request.xml");
    const text = await readFile(path, "utf8");
    await writeFile(path, text.slice(0, 400));
    await using daemon = await startDaemon(world, valley);
    // Older than any patience, but never seen to hold still.
    expect(await readdir(office(valley, "outbox"))).toEqual(["request.xml"]);
    await appendFile(path, text.slice(400, 800));
    clock.pass({ minutes: 1 });
    await daemon.look();
    expect(await readdir(office(valley, "outbox"))).toEqual(["request.xml"]);
    await appendFile(path, text.slice(800));
    await daemon.look();
    expect(await readdir(office(valley, "outbox"))).toEqual(["request.xml"]);
    clock.pass({ minutes: 1 });
    await daemon.look();
    expect(await readdir(office(valley, "sent"))).toContain("request.xml");
    expect(prairie.id).toBeTruthy();
  });

  it("is taken though no watcher ever says so", async () => {
    await using daemon = await startDaemon(world, world.valley);
    const outbox = office(world.valley, "outbox");
    // The watched folder goes, and another one stands in its place: its watcher is silent now.
    await rename(outbox, `${outbox}-old`);
    await mkdir(outbox, { mode: 0o770 });
    await dropRequest(world);
    await daemon.look();
    world.clock.pass({ minutes: 1 });
    await daemon.look();
    expect(await readdir(office(world.valley, "sent"))).toContain("request.xml");
  });
});

describe("a drop folder that is not what it was", () => {
  it("is told of when it is missing, and again when it is back", async () => {
    const { valley } = world;
    await using daemon = await startDaemon(world, valley);
    await rename(office(valley), `${office(valley)}-away`);
    await daemon.look();
    expect(await alertsWithCause(valley)).toEqual(["FOLDER_MISSING FOLDER_MISSING"]);
    const before = daemon.scopes().length;
    await daemon.look();
    expect(daemon.scopes()).toHaveLength(before);
    await rename(`${office(valley)}-away`, office(valley));
    await daemon.look();
    expect(await openAlerts(valley)).toEqual([]);
  });

  it("is not used when an empty one lies in its place, until its own is back", async () => {
    const { valley, prairie, clock } = world;
    await dropRequest(world);
    await meet(world, valley);
    await using daemon = await startDaemon(world, prairie);
    await rename(office(prairie), `${office(prairie)}-share`);
    for (const name of ["outbox", "sent", "refused", "requests", "records"]) {
      await mkdir(office(prairie, name), { recursive: true });
    }
    clock.pass({ minutes: 15 });
    await daemon.look();
    expect(await alertsWithCause(prairie)).toContain("FOLDER_MISSING FOLDER_REPLACED");
    expect(await readdir(office(prairie, "requests"))).toEqual([]);
    await rm(office(prairie), { recursive: true });
    await rename(`${office(prairie)}-share`, office(prairie));
    clock.pass({ minutes: 15 });
    await daemon.look();
    expect(await readdir(office(prairie, "requests"))).toHaveLength(1);
    expect(await openAlerts(prairie)).toEqual(["REQUEST_TO_RELEASE"]);
  });

  it("is used when a person says that it is the right one", async () => {
    const { valley } = world;
    await using daemon = await startDaemon(world, valley);
    await rename(office(valley), `${office(valley)}-old`);
    for (const name of ["outbox", "sent", "refused", "requests", "records"]) {
      await mkdir(office(valley, name), { recursive: true });
    }
    await daemon.look();
    expect(await openAlerts(valley)).toEqual(["FOLDER_MISSING"]);
    await writeFile(office(valley, ".packetboat"), "");
    await daemon.look();
    expect(await openAlerts(valley)).toEqual([]);
  });
});

describe("a server that is not reached", () => {
  it("is tried again less and less often, is told of once, and loses nothing", async () => {
    const { valley, prairie, clock } = world;
    await configure(valley, nightly("02:30"));
    await using daemon = await startDaemon(world, valley);
    await dropRequest(world);
    await daemon.look();
    clock.pass({ minutes: 1 });
    await daemon.look();
    const box = boxOf(world, valley);
    await rename(box, `${box}-away`);
    clock.set(new Date("2027-03-13T08:30:00Z"));
    for (let minute = 0; minute < 60; minute++) {
      await daemon.look();
      clock.pass({ minutes: 1 });
    }
    // After 1, 2, 4, 8, 15 and 15 minutes.
    expect(full(daemon.scopes())).toBe(7);
    const alerts = await withLedger(valley, (ledger) =>
      ledger.selectFrom("alerts").selectAll().where("code", "=", "SERVER_UNREACHABLE").execute(),
    );
    expect(alerts.map(({ times }) => times)).toEqual([7]);
    await rename(`${box}-away`, box);
    clock.pass({ minutes: 15 });
    await daemon.look();
    expect(await nightsOf(valley)).toEqual(["2027-03-13 made 8"]);
    expect(await openAlerts(valley)).toEqual([]);
    expect(await inBox(world, prairie)).toHaveLength(1);
  });
});

describe("an exchange that cannot begin", () => {
  it("is tried again after a rest, and not at once, though a document lies there", async () => {
    const { valley, prairie, clock } = world;
    await configure(valley, {
      at: ["exchanges", "watch"],
      value: { sendOnArrival: true, collectEveryMinutes: 15 },
    });
    await using daemon = await startDaemon(world, valley);
    await withLedger(valley, (ledger) => takeLock(ledger, "home", clock.now()));
    await dropRequest(world);
    await daemon.look();
    const refused = (): number =>
      daemon.said.filter(({ sentence }) => sentence === "Exchange not begun").length;
    for (let minute = 0; minute < 14; minute++) {
      clock.pass({ minutes: 1 });
      await daemon.look();
    }
    // After 1, 2, 4 and 8 minutes at the most.
    expect(refused()).toBeGreaterThan(1);
    expect(refused()).toBeLessThan(6);
    await withLedger(valley, (ledger) =>
      ledger.deleteFrom("locks").where("name", "=", "home").execute(),
    );
    clock.pass({ minutes: 15 });
    await daemon.look();
    expect(await inBox(world, prairie)).toHaveLength(1);
  });
});

describe("a ledger that another program holds", () => {
  it("hinders the daemon as long as that lasts, and does not end it", async () => {
    const { valley, clock } = world;
    await configure(valley, nightly("02:30"));
    const { ledger: path } = homePaths({ home: valley.folder });
    const ledger = await openLedger(path);
    await sql.raw("PRAGMA busy_timeout=0").execute(ledger);
    await using daemon = await startDaemon(world, valley, { ledger });
    using other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    clock.set(new Date("2027-03-13T08:30:00Z"));
    await daemon.look();
    other.exec("ROLLBACK");
    expect(daemon.said).toContainEqual({ sentence: "Daemon hindered", code: "HOME_BUSY" });
    await daemon.look();
    expect(await nightsOf(valley)).toEqual(["2027-03-13 made 1"]);
    await daemon.end();
    await ledger.destroy();
  });
});

describe("a clock that is set back", () => {
  it("keeps nothing waiting until it shows the same again", async () => {
    const { valley, prairie, clock } = world;
    await configure(valley, {
      at: ["exchanges", "watch"],
      value: { sendOnArrival: true, collectEveryMinutes: 15 },
    });
    clock.pass({ hours: 5 });
    await using daemon = await startDaemon(world, valley);
    clock.pass({ hours: -5 });
    await daemon.look();
    const before = daemon.scopes().length;
    clock.pass({ minutes: 15 });
    await daemon.look();
    expect(daemon.scopes()).toHaveLength(before + 1);
    await dropRequest(world);
    await daemon.look();
    clock.pass({ minutes: 1 });
    await daemon.look();
    expect(await inBox(world, prairie)).toHaveLength(1);
  });

  it("does not let a partner rest for longer than it would have", async () => {
    const { valley, prairie, clock } = world;
    await configure(valley, nightly("02:30"));
    await withLedger(valley, (ledger) =>
      backOff(ledger, {
        agencyId: prairie.id,
        code: "BOX_FULL",
        at: new Date("2036-01-01T00:00:00Z"),
        random: () => 1,
      }),
    );
    await using daemon = await startDaemon(world, valley);
    await dropRequest(world);
    await daemon.look();
    clock.set(new Date("2027-03-13T08:30:00Z"));
    await daemon.look();
    expect(await inBox(world, prairie)).toHaveLength(1);
  });

  it("leaves no night out that comes after the first start", async () => {
    const { valley, clock } = world;
    await configure(valley, nightly("02:30"));
    clock.pass({ days: 3650 });
    await (await startDaemon(world, valley)).end();
    clock.pass({ days: -3650 });
    await using daemon = await startDaemon(world, valley);
    clock.set(new Date("2027-03-13T08:30:00Z"));
    await daemon.look();
    expect(await nightsOf(valley)).toEqual(["2027-03-13 made 1"]);
  });
});

describe("an exchange that hangs", () => {
  it("is ended, and the daemon goes on", async () => {
    const { valley, server } = world;
    await using line = await roughLine(server.port);
    await reachBy(valley, line);
    line.silence();
    await using daemon = await startDaemon(world, valley, { hungAfterMs: 300 });
    const sentences = daemon.said.map(({ sentence }) => sentence);
    expect(sentences).toContain("Exchange hangs, and is ended");
    expect(sentences).toContain("Exchange ended");
    line.mend();
    line.cut();
    world.clock.pass({ minutes: 15 });
    await daemon.look();
    expect(daemon.said.filter(({ sentence }) => sentence === "Server reached")).toHaveLength(1);
  });
});

describe("a config that was changed", () => {
  it("is read again when somebody says so", async () => {
    await configure(world.valley, nightly("02:30"));
    await using daemon = await startDaemon(world, world.valley);
    await configure(world.valley, nightly("20:00"));
    await daemon.reload();
    world.clock.set(new Date("2027-03-13T02:00:00Z"));
    await daemon.look();
    expect(await nightsOf(world.valley)).toEqual(["2027-03-12 made 1"]);
  });

  it("with a fault leaves the one before in force, and says so until it is mended", async () => {
    const { valley, clock } = world;
    await configure(valley, nightly("02:30"));
    const good = await readFile(valley.configPath, "utf8");
    await using daemon = await startDaemon(world, valley);
    await writeFile(valley.configPath, good.replace("collectEveryMinutes:", "collectEvery:"));
    await daemon.reload();
    expect(await alertsWithCause(valley)).toEqual(["CONFIG_REFUSED CONFIG_INVALID"]);
    clock.set(new Date("2027-03-13T08:30:00Z"));
    await daemon.look();
    expect(await nightsOf(valley)).toEqual(["2027-03-13 made 1"]);
    await writeFile(valley.configPath, good);
    await daemon.reload();
    expect(await openAlerts(valley)).toEqual([]);
  });

  it("cannot make another home of it", async () => {
    const { valley } = world;
    const good = await readFile(valley.configPath, "utf8");
    await using daemon = await startDaemon(world, valley);
    await writeFile(valley.configPath, good.replace(/^mode: .*$/m, "mode: production"));
    await daemon.reload();
    expect(await openAlerts(valley)).toEqual(["CONFIG_REFUSED"]);
  });
});

describe("a home", () => {
  it("has one daemon", async () => {
    await using _ = await startDaemon(world, world.valley);
    await expect(startDaemon(world, world.valley)).rejects.toMatchObject({ code: "HOME_BUSY" });
    await using other = await startDaemon(world, world.prairie);
    expect(other.scopes()).toEqual(["collect"]);
  });

  it("without a drop box, or without its key, has none", async () => {
    const { valley, prairie } = world;
    await rm(join(valley.folder, "keys", "openpgp.asc"));
    await expect(startDaemon(world, valley)).rejects.toMatchObject({ code: "KEY_MISSING" });
    await configure(prairie, { at: ["server"] });
    await expect(startDaemon(world, prairie)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
});
