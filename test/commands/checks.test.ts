/** The parts of `check` that a terminal does not reach easily. */
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkClock } from "../../daemon/commands/checks/clock.ts";
import type { Checking, Finding } from "../../daemon/commands/checks/finding.ts";
import { checkSharedFolders } from "../../daemon/commands/checks/folders.ts";
import { isShort } from "../../daemon/commands/checks/home.ts";
import { checkPartners } from "../../daemon/commands/checks/keys.ts";
import { checkLedger } from "../../daemon/commands/checks/ledger.ts";
import { checkComing } from "../../daemon/commands/checks/coming.ts";
import { readConfig } from "../../daemon/config.ts";
import { assertSameFolder } from "../../daemon/desk/mounted.ts";
import { takeLock } from "../../daemon/ledger/locks.ts";
import { beginReconciling } from "../../daemon/ledger/settings.ts";
import { beginRun } from "../../daemon/ledger/runs.ts";
import { newWorld, office, withLedger, type World } from "../homes.ts";
import { configure } from "../scene.ts";

let world: World;
beforeEach(async () => {
  world = await newWorld();
});
afterEach(async () => world[Symbol.asyncDispose]());

/** What a part finds in the home of the world. */
const found = (
  part: (checking: Checking) => Finding | Finding[] | Promise<Finding | Finding[]>,
): Promise<Finding[]> =>
  withLedger(world.valley, async (ledger) => {
    const config = await readConfig(world.valley.configPath);
    return [await part({ config, now: world.clock.now, ledger })].flat();
  });

const ANY = expect.any(String) as string;
const said = (pattern: RegExp): string => expect.stringMatching(pattern) as string;

describe("shared folders", () => {
  it("are written to and taken from, and nothing is left", async () => {
    const { mtimeMs } = await stat(office(world.valley, "records"));
    const findings = await found(checkSharedFolders);
    expect(findings.map(({ level }) => level)).toEqual(["ok", "ok", "ok"]);
    for (const folder of ["office/outbox", "office/records", "state/intake", "reports/it"]) {
      const names = await readdir(join(world.valley.folder, folder));
      expect(names.filter((name) => name.includes("check"))).toEqual([]);
    }
    // It was there: a folder that is written to shows so.
    expect((await stat(office(world.valley, "records"))).mtimeMs).toBeGreaterThan(mtimeMs);
  });

  it("are not those of before when another lies in their place", async () => {
    const folder = office(world.valley);
    await withLedger(world.valley, (ledger) => assertSameFolder(ledger, folder));
    await rename(folder, `${folder}-away`);
    for (const name of ["outbox", "sent", "refused", "requests", "records"]) {
      await mkdir(join(folder, name), { recursive: true });
    }
    const findings = await found(checkSharedFolders);
    expect(findings[0]).toMatchObject({ level: "error", code: "FOLDER_REPLACED" });
  });

  it("need no done/ in a home of an older release: the next exchange makes it", async () => {
    await rm(office(world.valley, "done"), { recursive: true });
    const findings = await found(checkSharedFolders);
    expect(findings.map(({ level }) => level)).toEqual(["ok", "ok", "ok"]);
    await rm(office(world.valley, "records"), { recursive: true });
    expect((await found(checkSharedFolders))[0]?.level).toBe("error");
  });

  it("are only looked at: one that was never used is not remembered", async () => {
    await found(checkSharedFolders);
    const folder = office(world.valley);
    await rename(folder, `${folder}-away`);
    await rename(`${folder}-away`, folder);
    await withLedger(world.valley, async (ledger) => {
      const rows = await ledger.selectFrom("settings").selectAll().execute();
      expect(rows.filter(({ name }) => name.startsWith("folder "))).toEqual([]);
    });
  });

  it("cannot be used when a file stands in the way", async () => {
    // Also for root, whom no mode keeps out.
    await mkdir(office(world.valley, "outbox", ".packetboat-check.tmp"));
    expect((await found(checkSharedFolders))[0]).toMatchObject({
      level: "error",
      subject: "dropFolders.office",
      sentence: said(/no file can be written in .*outbox \(E/),
    });
  });

  it("belong to the group, with all that is below", async () => {
    const group = "root";
    await configure(world.valley, {
      at: ["dropFolders", "office"],
      value: { path: office(world.valley), group },
    });
    await chmod(office(world.valley, "sent"), 0o2750);
    const findings = await found(checkSharedFolders);
    const about = findings.find(({ subject }) => subject === "dropFolders.office");
    expect(about).toMatchObject({
      level: "warning",
      hint: said(/^Hand it over, as root \(chgrp -R root .*office && find /),
    });
  });
});

describe("the disk", () => {
  const block = 4096;
  const room = (freeBytes: number, allBytes: number) => ({
    bavail: freeBytes / block,
    bsize: block,
    blocks: allBytes / block,
  });

  it.each([
    [0.5e9, 5e9, true],
    [2e9, 10e9, false],
    [2e9, 100e9, true],
    [21e9, 4e12, false],
    [0, 0, false],
  ])("with %d of %d bytes free is short: %s", (free, all, expected) => {
    expect(isShort(room(free, all))).toBe(expected);
  });
});

describe("the ledger", () => {
  it("holds at the end of its audit", async () => {
    expect(await found(checkLedger)).toMatchObject([{ level: "ok" }]);
    await withLedger(world.valley, (ledger) =>
      ledger.updateTable("audit").set({ subject: "another" }).execute(),
    );
    expect(await found(checkLedger)).toMatchObject([{ level: "error", code: "AUDIT_BROKEN" }]);
  });

  it("says who is at work", async () => {
    await withLedger(world.valley, async (ledger) => {
      const giveBack = await takeLock(ledger, "run", world.clock.now());
      expect(await found(checkLedger)).toMatchObject([
        { level: "ok", sentence: said(/packetboat run is alive \(process \d+, since/) },
      ]);
      await giveBack();
    });
  });

  it("waits for a person after a restore", async () => {
    await withLedger(world.valley, (ledger) => beginReconciling(ledger, world.clock.now()));
    expect(await found(checkLedger)).toMatchObject([
      { level: "warning", hint: said(/exchange --proceed/) },
    ]);
  });
});

describe("the clock", () => {
  const NOWHERE = "/nonexistent";
  let timesync: string;
  beforeEach(async () => {
    timesync = await mkdtemp(join(tmpdir(), "packetboat-timesync-"));
  });
  afterEach(() => rm(timesync, { recursive: true }));

  it("is not behind what the ledger knows", async () => {
    expect(await found((checking) => checkClock(checking, NOWHERE))).toMatchObject([
      { level: "ok" },
    ]);
    await withLedger(world.valley, (ledger) =>
      beginRun(ledger, new Date(world.clock.now().getTime() + 3 * 3_600_000), "everything"),
    );
    expect(await found((checking) => checkClock(checking, NOWHERE))).toMatchObject([
      { level: "error", sentence: said(/3 hours before the newest entry/) },
    ]);
  });

  it("is kept by a time service, if that has reached a time server", async () => {
    const clock = () => found((checking) => checkClock(checking, timesync));
    expect(await clock()).toMatchObject([{ level: "warning", hint: ANY }]);
    await writeFile(join(timesync, "synchronized"), "");
    expect(await clock()).toMatchObject([{ level: "ok", sentence: said(/time service$/) }]);
  });
});

describe("the coming exchanges", () => {
  it("are shown, and a time that a change of the clocks meets is told of", async () => {
    expect(await found(checkComing)).toMatchObject([
      { level: "ok", sentence: said(/2024-07-22 03:\d\d, 2024-07-23/) },
    ]);
    const nightly = { at: "02:30", days: ["sun"], jitterMinutes: 0 };
    await configure(world.valley, { at: ["exchanges", "nightly"], value: nightly });
    expect(await found(checkComing)).toMatchObject([
      { level: "warning", sentence: said(/on 2025-03-09 there is no 02:30/) },
    ]);
  });
});

describe("partners", () => {
  it("share a line when nothing is amiss", async () => {
    expect(await found(checkPartners)).toMatchObject([
      { level: "ok", sentence: "1 partner whose key holds for 60 days and more" },
    ]);
  });

  it.each([
    [3 * 365 - 30, said(/expires in 30 days$/)],
    [3 * 366, said(/is expired: nothing is sealed for it$/)],
  ])("are warned of after %i days", async (days, sentence) => {
    world.clock.pass({ days });
    expect(await found(checkPartners)).toMatchObject([
      { level: "warning", subject: "partner 2700105", sentence, hint: said(/partner add CARD/) },
    ]);
  });

  it("are told of when they are stopped", async () => {
    await withLedger(world.valley, (ledger) =>
      ledger.updateTable("agencies").set({ stopped_code: "KEY_REVOKED" }).execute(),
    );
    expect(await found(checkPartners)).toMatchObject([
      { level: "warning", sentence: said(/until a person acts: KEY_REVOKED$/) },
    ]);
  });
});
