import { appendFile, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { agesOf } from "../../daemon/commands/standing/nagios.ts";
import { EXIT } from "../../daemon/errors.ts";
import { takeLock } from "../../daemon/ledger/locks.ts";
import { beginRun, endRun } from "../../daemon/ledger/runs.ts";
import { leave } from "../forge.ts";
import { newWorld, withLedger, type World } from "../homes.ts";
import { type Desk, deskOf } from "./desk.ts";

/** Text, and figures behind one bar: Monitoring Plugins Development Guidelines, "Plugin Output". */
const LINE =
  /^PACKETBOAT (OK|WARNING|CRITICAL|UNKNOWN) - [^|\n]+(?: \| (?:[a-z_]+=(?:U|-?\d+s?)(?:;\d*:?){0,2} ?)+)?\n$/;

let world: World;
let valley: Desk;
beforeEach(async () => {
  // A Monday, 9:00 in Chicago.
  world = await newWorld("2024-07-15T14:00:00Z");
  valley = deskOf(world, world.valley);
});
afterEach(async () => world[Symbol.asyncDispose]());

async function monitored(...argv: string[]): Promise<readonly [exit: number, line: string]> {
  const { exit, stdout, stderr } = await valley.run("status", "--nagios", ...argv);
  expect(stdout).toMatch(LINE);
  expect(stderr).toBe("");
  return [exit, stdout.trim()];
}

const figures = (line: string): Record<string, string> =>
  Object.fromEntries(
    (line.split(" | ")[1] ?? "").split(" ").map((each) => each.split("=") as [string, string]),
  );

/** So that the only exchange is as old as wanted. */
const exchanged = (): Promise<unknown> => valley.result("exchange");

describe("status --nagios", () => {
  it("is OK after an exchange, with figures", async () => {
    await exchanged();
    world.clock.pass({ hours: 3 });
    const [exit, line] = await monitored();
    expect(exit).toBe(0);
    expect(line).toMatch(/^PACKETBOAT OK - last exchange 3 hours ago, nothing waits to leave \| /);
    expect(figures(line)).toEqual({
      alerts_urgent: "0;;0",
      alerts_attention: "0;0",
      alerts_info: "0",
      partners_stopped: "0;;0",
      waiting_out: "0",
      waiting_in: "0",
      quarantine: "0;0",
      exchange_age: expect.stringMatching(/^10800s;\d+;\d+$/) as string,
      key_days: "1094;30:;0:",
    });
  });

  it("is a warning before the first exchange", async () => {
    const [exit, line] = await monitored();
    expect(exit).toBe(1);
    expect(line).toMatch(/WARNING - no exchange yet \(packetboat run is not alive\) \| /);
    expect(figures(line).exchange_age).toMatch(/^U;/);
  });

  it.each([
    [{ hours: 16 }, 0],
    // Tuesday's time, its jitter and an hour are over.
    [{ hours: 20 }, 1],
    [{ hours: 36 }, 1],
    [{ hours: 43 }, 2],
  ])("counts the nights that were missed: after %j it ends with %i", async (by, expected) => {
    await exchanged();
    world.clock.pass(by);
    expect((await monitored())[0]).toBe(expected);
  });

  it("takes other limits, in hours", async () => {
    await exchanged();
    world.clock.pass({ hours: 5 });
    expect((await monitored("--warning", "4"))[0]).toBe(1);
    expect((await monitored("--critical", "4"))[0]).toBe(2);
    world.clock.pass({ days: 6 });
    expect((await monitored("--warning", "200", "--critical", "300"))[0]).toBe(0);
  });

  it("is OK before the first night of a daemon that is alive", async () => {
    await withLedger(world.valley, async (ledger) => {
      const giveBack = await takeLock(ledger, "run", world.clock.now());
      await endRun(ledger, await beginRun(ledger, world.clock.now(), "collect"), {
        at: world.clock.now(),
        counts: {},
        exitCode: 0,
        code: null,
      });
      const [exit, line] = await monitored();
      expect([exit, line]).toEqual([
        0,
        expect.stringContaining("the first night is still to come"),
      ]);
      await giveBack();
    });
  });

  it.each([
    ["collect", EXIT.done, null],
    ["everything", EXIT.needsPerson, "DISK_FULL"],
    ["everything", EXIT.unreachable, "BOX_UNREACHABLE"],
  ] as const)("does not take %s with exit %i for a night (%s)", async (scope, exitCode, code) => {
    await exchanged();
    world.clock.pass({ days: 3 });
    await withLedger(world.valley, async (ledger) => {
      const at = world.clock.now();
      await endRun(ledger, await beginRun(ledger, at, scope), { at, counts: {}, exitCode, code });
    });
    expect((await monitored())[1]).toContain("no exchange for 3 days");
  });

  it("counts from the first try as long as none went through", async () => {
    await world.server.close();
    await valley.run("exchange");
    world.clock.pass({ days: 3 });
    const [exit, line] = await monitored();
    expect(exit).toBe(2);
    expect(line).toContain("no exchange ever went through in 3 days");
  });

  it("is critical when a partner is stopped, and when our key has expired", async () => {
    await exchanged();
    await withLedger(world.valley, (ledger) =>
      ledger.updateTable("agencies").set({ stopped_code: "KEY_REVOKED" }).execute(),
    );
    expect(await monitored()).toEqual([
      2,
      expect.stringMatching(/^PACKETBOAT CRITICAL - partner stopped: 2700105 \| /),
    ]);
    world.clock.pass({ days: 3 * 366 });
    expect((await monitored())[1]).toMatch(
      /CRITICAL - partner stopped: 2700105, our key is expired, no exchange for \d+ days/,
    );
  });

  it("warns of a key that ends in 30 days", async () => {
    world.clock.pass({ days: 3 * 365 - 20 });
    await exchanged();
    const [exit, line] = await monitored();
    expect(exit).toBe(1);
    expect(line).toMatch(/WARNING - our key expires in 20 days, /);
  });

  it("warns of a packet in quarantine", async () => {
    await leave(world, world.valley, "<TransferPacket/>");
    await valley.run("exchange");
    const [exit, line] = await monitored();
    expect([exit, line]).toEqual([
      expect.any(Number) as number,
      expect.stringContaining("1 packet in quarantine") as string,
    ]);
    expect(exit).toBeGreaterThan(0);
  });

  it("is UNKNOWN when the config cannot be read, or the ledger, or what was typed", async () => {
    const [bad] = await monitored("--warning", "soon");
    expect(bad).toBe(3);
    const { configPath, folder } = world.valley;
    const text = await readFile(configPath, "utf8");
    await appendFile(configPath, "nonsense: 1\n");
    expect(await monitored()).toEqual([
      3,
      expect.stringMatching(/^PACKETBOAT UNKNOWN - .* \[CONFIG_INVALID\]$/),
    ]);
    await writeFile(configPath, text);
    for (const end of ["", "-wal", "-shm"]) {
      await rm(join(folder, `state/ledger.sqlite${end}`), { force: true });
    }
    await writeFile(join(folder, "state/ledger.sqlite"), "none".repeat(500), { mode: 0o600 });
    expect(await monitored()).toEqual([
      3,
      expect.stringMatching(/UNKNOWN - .* \[LEDGER_DAMAGED\]$/),
    ]);
  });

  it("fits the schema with --json", async () => {
    expect(await valley.result("status", "--nagios")).toMatchObject({
      state: "WARNING",
      figures: expect.arrayContaining([
        {
          label: "exchange_age",
          value: null,
          unit: "s",
          warning: expect.any(String) as string,
          critical: expect.any(String) as string,
        },
      ]) as unknown,
    });
  });
});

describe("status", () => {
  it("says whether packetboat run is alive, and when it exchanges next", async () => {
    expect((await valley.run("status")).stdout).toMatch(
      /^Next exchange: +when somebody exchanges: packetboat run is not alive$/m,
    );
    await withLedger(world.valley, async (ledger) => {
      const giveBack = await takeLock(ledger, "run", world.clock.now());
      const { stdout } = await valley.run("status");
      expect(stdout).toMatch(
        /^Next exchange: +2024-07-16 03:\d\d; packetboat run is alive since 2024-07-15 09:00, process \d+$/m,
      );
      await giveBack();
    });
  });

  it("refuses limits without --nagios", async () => {
    const { exit, stderr } = await valley.run("status", "--warning", "3");
    expect([exit, stderr]).toEqual([EXIT.usage, expect.stringContaining("[USAGE]")]);
  });
});

describe("the age that is critical", () => {
  const plan = {
    at: "03:15",
    days: ["mon", "tue", "wed", "thu", "fri"] as const,
    jitterMinutes: 0,
    timeZone: "America/Chicago",
    agencyId: "2700105",
  };
  const hours = (at: string) => {
    const { warning, critical } = agesOf({ ...plan, days: [...plan.days] }, new Date(at));
    return [warning / 3600, critical / 3600];
  };

  it("leaves the weekend out", () => {
    // Monday, 2:15, before its exchange: Friday's is the last, Thursday's the one before.
    expect(hours("2024-07-22T07:15:00Z")).toEqual([71, 95]);
    // Monday at 4:15, an hour after it: Monday's, and Friday's.
    expect(hours("2024-07-22T09:15:00Z")).toEqual([1, 73]);
  });

  it("gives a night an hour to be made", () => {
    expect(hours("2024-07-24T08:45:00Z")).toEqual([24.5, 24.5]);
  });
});
