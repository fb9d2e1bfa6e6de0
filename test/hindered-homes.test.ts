/** A home that is busy, or whose drop folder is not there: the rest goes on, and nothing is lost. */
import { readdir, rename } from "node:fs/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  asked,
  dropRelease,
  meet,
  newWorld,
  office,
  openAlerts,
  states,
  withLedger,
  type World,
} from "./homes.ts";
import { alertsAt, alertsWithCause, inBox } from "./scene.ts";
import { type Snapshot, snapshot } from "./snapshots.ts";

let world: World;
let atFirst: Snapshot;
beforeAll(async () => {
  world = await newWorld();
  atFirst = await snapshot(world);
});
beforeEach(() => atFirst.restore());
afterAll(async () => {
  await atFirst[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

describe("a home in which an exchange is under way", () => {
  it("lets no other begin", async () => {
    const { valley } = world;
    const both = await Promise.allSettled([meet(world, valley), meet(world, valley)]);
    const refused = both.filter(({ status }) => status === "rejected");
    expect(refused).toMatchObject([{ reason: { code: "HOME_BUSY" } }]);
    expect((await meet(world, valley)).exit).toBe(0);
  });

  it("that died is taken over", async () => {
    const { valley } = world;
    const dead = { process_id: 2 ** 22 + 1, started_ticks: "1" };
    await withLedger(valley, (ledger) =>
      ledger
        .insertInto("locks")
        .values({ name: "home", boot_id: "another boot", since: "2024-07-01", ...dead })
        .execute(),
    );
    expect((await meet(world, valley)).exit).toBe(0);
  });
});

describe("a drop folder", () => {
  it("whose outbox is missing hinders neither the server nor the reports, and is told", async () => {
    const { valley, prairie } = world;
    await asked(world);
    await rename(office(valley, "outbox"), office(valley, "away"));
    const { exit, counts } = await meet(world, valley);
    expect([exit, counts.taken, counts.sent]).toEqual([2, 2, 1]);
    expect(await alertsWithCause(valley)).toEqual(["FOLDER_MISSING FOLDER_MISSING"]);
    expect(await states(world)).toEqual(["RequestReceived", "RequestReceived"]);
    await rename(office(valley, "away"), office(valley, "outbox"));
    expect((await meet(world, valley)).exit).toBe(0);
    expect(await alertsAt(valley)).toEqual([]);
    expect(await inBox(world, prairie)).toHaveLength(1);
  });

  it("without its place for records keeps them waiting, and makes no place of its own", async () => {
    const { valley, prairie } = world;
    await dropRelease(world, await asked(world));
    await meet(world, prairie);
    await rename(office(valley, "records"), office(valley, "away"));
    for (let times = 0; times < 2; times++) {
      const { exit, counts } = await meet(world, valley);
      expect([exit, counts.waiting, counts.refused, counts.failed]).toEqual([0, 1, 0, 0]);
    }
    expect(await readdir(office(valley))).not.toContain("records");
    expect(await alertsWithCause(valley)).toEqual(["PACKET_WAITING FOLDER_MISSING"]);
    await rename(office(valley, "away"), office(valley, "records"));
    expect((await meet(world, valley)).counts).toMatchObject({ waiting: 0, published: 1 });
    expect((await states(world))[0]).toBe("Delivered");
    expect(await openAlerts(valley)).toEqual(["RECORDS_RELEASED"]);
  });

  it("that vanished before finished records were shown shows them when it is back", async () => {
    const { valley, prairie } = world;
    const reference = await asked(world);
    await dropRelease(world, reference);
    await meet(world, prairie);
    await meet(world, valley);
    // As if the program had died just before the one rename.
    const hidden = office(valley, "records", ".01910e2a-0000-7000-8000-000000000001.hidden");
    await rename(office(valley, "records", reference), hidden);
    await withLedger(valley, (ledger) =>
      ledger.updateTable("publications").set({ state: "READY", hidden_path: hidden }).execute(),
    );
    await rename(office(valley, "records"), office(valley, "away"));
    expect((await meet(world, valley)).exit).toBe(2);
    expect(await alertsWithCause(valley)).toContain("FOLDER_MISSING FOLDER_MISSING");
    await rename(office(valley, "away"), office(valley, "records"));
    expect((await meet(world, valley)).counts.published).toBe(1);
    expect(await readdir(office(valley, "records"))).toEqual([reference]);
  });
});
