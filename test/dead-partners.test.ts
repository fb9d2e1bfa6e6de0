/** A box or a file that hangs the line whenever it is touched: nothing else waits behind it. */
import { mkdir, rm } from "node:fs/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { send } from "../daemon/outbound.ts";
import { lasting } from "../daemon/dropbox/lasting.ts";
import { startServer, type EmbeddedServer } from "../daemon/dropbox/server.ts";
import type { Served } from "../daemon/dropbox/served.ts";
import { changed } from "./dropbox/faults.ts";
import { hurriedTo, localHarbor, meetWith } from "./harbors.ts";
import {
  boxOf,
  type District,
  drop,
  dropRequest,
  requestTo,
  meet,
  newWorld,
  openAlerts,
  withLedger,
  type World,
} from "./homes.ts";
import { alertsWithCause, claimOn, inBox, neighbour, withParts } from "./scene.ts";
import { type Snapshot, snapshot } from "./snapshots.ts";

type Habit = "hangs" | "fails";

/** What the server does when a path like this is opened. */
let habits: [RegExp, Habit][] = [];
/** Paths in the order in which they were opened. */
let opened: string[] = [];

const between = (files: Served): Served =>
  changed(files, {
    open: async (path, how) => {
      opened.push(path);
      const [, habit] = habits.find(([pattern]) => pattern.test(path)) ?? [];
      if (habit === "hangs") return new Promise(() => undefined);
      if (habit === "fails") throw Object.assign(new Error("EIO"), { code: "EIO" });
      return files.open(path, how);
    },
  });

let world: World;
let server: EmbeddedServer;
/** Both come before the others, by number. */
let corners: District;
let dells: District;
let atFirst: Snapshot;
beforeAll(async () => {
  world = await newWorld(
    "2024-07-19T14:00:00Z",
    async (root) => (server = await startServer(root, { between })),
  );
  corners = await neighbour(world, "1900012");
  dells = await neighbour(world, "1900013");
  atFirst = await snapshot(world);
});
beforeEach(async () => {
  await atFirst.restore();
  habits = [];
  opened = [];
});
afterAll(async () => {
  await atFirst[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const inBoxOf = ({ id }: District): RegExp => new RegExp(`^/boxes/${id}/`);

const hurriedMeet = (home: District) =>
  meetWith(world, home, () => ({ connect: hurriedTo(world, home) }));

/** A request for the records of some student, of a first name of her own. */
async function ask(home: District, of: District, firstName: string): Promise<void> {
  await drop(home, `${firstName}.xml`, (await requestTo(of)).replace("Jenna", firstName));
}

const wholeIn = async (of: District): Promise<string[]> =>
  (await inBox(world, of)).filter((name) => !name.startsWith("."));

const backoffsOf = (home: District) =>
  withLedger(home, (ledger) => ledger.selectFrom("backoffs").selectAll().execute());

describe("a partner whose box hangs the line each time", () => {
  beforeEach(async () => {
    await ask(world.valley, corners, "Anna");
    await dropRequest(world);
  });

  it("does not keep the others from being served, rests, and is served when it can be", async () => {
    const { valley, prairie, clock } = world;
    habits = [[inBoxOf(corners), "hangs"]];
    const first = await hurriedMeet(valley);
    expect([first.exit, first.counts.failed, first.counts.sent]).toEqual([10, 1, 1]);
    expect(await wholeIn(prairie)).toHaveLength(1);
    expect(await alertsWithCause(valley)).toEqual(["PARTNER_UNREACHABLE BOX_TIMEOUT"]);

    const before = server.connections.accepted;
    expect((await hurriedMeet(valley)).exit).toBe(0);
    expect(server.connections.accepted - before).toBe(1);
    expect(await alertsWithCause(valley)).toEqual(["PARTNER_UNREACHABLE BOX_TIMEOUT"]);

    habits = [];
    clock.pass({ hours: 6 });
    expect((await hurriedMeet(valley)).counts).toMatchObject({ sent: 1, failed: 0 });
    expect(await wholeIn(corners)).toHaveLength(1);
    expect(await openAlerts(valley)).toEqual([]);
    expect(await backoffsOf(valley)).toEqual([]);
  });

  it("comes after the others, once, when its rest is over", async () => {
    const { valley, prairie, clock } = world;
    habits = [[inBoxOf(corners), "hangs"]];
    await hurriedMeet(valley);
    clock.pass({ minutes: 10 });
    await ask(valley, prairie, "Clara");
    opened = [];
    await hurriedMeet(valley);
    expect(opened.map((path) => path.split("/")[2])).toEqual([prairie.id, corners.id]);
    expect(await alertsWithCause(valley)).toEqual(["PARTNER_UNREACHABLE BOX_TIMEOUT"]);
  });

  it("is no hindrance either when there are two of them", async () => {
    const { valley, prairie } = world;
    await ask(valley, dells, "Clara");
    habits = [
      [inBoxOf(corners), "hangs"],
      [inBoxOf(dells), "hangs"],
    ];
    expect((await hurriedMeet(valley)).counts).toMatchObject({ sent: 1, failed: 2 });
    expect(await wholeIn(prairie)).toHaveLength(1);
  });

  it("is not blamed when the server hangs for everybody, and all is sent once when it is well", async () => {
    const { valley, prairie, clock } = world;
    await ask(valley, dells, "Clara");
    habits = [[/^\/boxes\/.*\.part$/, "hangs"]];
    for (let times = 0; times < 2; times++) {
      expect((await hurriedMeet(valley)).exit).toBe(4);
      expect(await alertsWithCause(valley)).toEqual(["SERVER_UNREACHABLE BOX_TIMEOUT"]);
      clock.pass({ minutes: 10 });
    }
    habits = [];
    expect((await hurriedMeet(valley)).exit).toBe(0);
    expect(await openAlerts(valley)).toEqual([]);
    for (const home of [corners, dells, prairie]) expect(await wholeIn(home)).toHaveLength(1);
  });
});

describe("a file in our box that the server cannot give", () => {
  let hers: string;

  /** One packet each of two partners lies in prairie's box; the first of them is corners'. */
  beforeEach(async () => {
    const { valley, prairie } = world;
    await ask(corners, prairie, "Anna");
    await meet(world, corners);
    [hers = ""] = await inBox(world, prairie);
    await dropRequest(world);
    await meet(world, valley);
    expect((await inBox(world, prairie))[0]).toBe(hers);
  });

  it.each<[Habit, string]>([
    ["hangs", "BOX_TIMEOUT"],
    ["fails", "BOX_FAILED"],
  ])("and %s each time, keeps neither the others nor what we send", async (habit, code) => {
    const { valley, prairie, clock } = world;
    habits = [[new RegExp(hers), habit]];
    for (let times = 0; times < 3; times++) {
      const { exit, counts } = await hurriedMeet(prairie);
      const fresh = times === 0 ? 1 : 0;
      expect([exit, counts.waiting, counts.taken]).toEqual([0, 1, fresh]);
      // The answer to the other's request goes out all the same.
      expect(counts.sent).toBe(fresh);
      expect(await alertsWithCause(prairie)).toEqual([
        `PACKET_WAITING ${code}`,
        "REQUEST_TO_RELEASE",
      ]);
      expect(await claimOn(prairie, hers)).toMatchObject({ state: "WAITING", code, deaths: 0 });
      clock.pass({ minutes: 10 });
    }

    // What came later, a receipt and a request, is taken first.
    await ask(valley, prairie, "Clara");
    await meet(world, valley);
    opened = [];
    expect((await hurriedMeet(prairie)).counts).toMatchObject({ taken: 2, waiting: 1 });
    const fetched = opened.filter((path) => !path.endsWith(".part"));
    expect(fetched.map((path) => path.endsWith(hers))).toEqual([false, true]);

    habits = [];
    expect((await hurriedMeet(prairie)).counts).toMatchObject({ taken: 1, waiting: 0, refused: 0 });
    expect(await openAlerts(prairie)).not.toContain("PACKET_WAITING");
    expect(await inBox(world, prairie)).toEqual([]);
  });

  it("is no packet's fault when it is so with all of them: the server is", async () => {
    const { prairie } = world;
    await ask(dells, prairie, "Clara");
    await meet(world, dells);
    habits = [[/\.xml\.pgp$/, "fails"]];
    const { exit } = await hurriedMeet(prairie);
    expect(exit).toBe(4);
    expect(await alertsWithCause(prairie)).toEqual(["SERVER_UNREACHABLE BOX_FAILED"]);
    habits = [];
    expect((await hurriedMeet(prairie)).counts).toMatchObject({ taken: 3, waiting: 0 });
    expect(await openAlerts(prairie)).not.toContain("SERVER_UNREACHABLE");
  });
});

describe("a partner that is down for five days", () => {
  it("is tried ever more rarely, told of once, and gets everything once when it is back", async () => {
    const { valley, clock } = world;
    await ask(valley, corners, "Anna");
    await rm(boxOf(world, corners), { recursive: true });
    const tries: number[] = [];
    await withParts(valley, world, async (parts) => {
      await parts.takeAll(
        async (work) => void (await work()),
        new AbortController().signal,
        () => undefined,
      );
      await using harbor = await lasting(async () => localHarbor(world));
      const outbound = parts.outbound(harbor);
      const began = clock.now().getTime();
      for (let minutes = 0; minutes < 5 * 24 * 60; minutes += 5) {
        clock.set(new Date(began + minutes * 60_000));
        const counts = { packed: 0, sent: 0, failed: 0 };
        await send(outbound, counts);
        if (counts.failed > 0) tries.push(minutes);
      }
    });
    expect(await alertsWithCause(valley)).toEqual(["PARTNER_UNREACHABLE BOX_NOT_FOUND"]);
    // 1,440 times we looked. The waits double, from a minute or two to between three and six hours.
    const waits = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
    expect(tries.length).toBeGreaterThan(20);
    expect(tries.length).toBeLessThan(55);
    expect(Math.max(...waits)).toBeLessThanOrEqual(6 * 60 + 5);
    expect(Math.min(...waits.slice(10))).toBeGreaterThanOrEqual(3 * 60);
    expect(new Set(waits.slice(10)).size).toBeGreaterThan(3);

    await mkdir(boxOf(world, corners));
    clock.pass({ hours: 6 });
    expect((await meet(world, valley)).counts).toMatchObject({ sent: 1, failed: 0 });
    expect(await alertsWithCause(valley)).toEqual([]);
    expect(await backoffsOf(valley)).toEqual([]);
    clock.pass({ hours: 6 });
    expect((await meet(world, valley)).counts).toMatchObject({ sent: 0, failed: 0 });
    expect((await meet(world, corners)).counts).toMatchObject({ taken: 1, refused: 0 });
  });
});
