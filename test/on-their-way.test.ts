/** Many packets for one partner: the next are made while these are on their way, and nothing is lost by that. */
import { readdir } from "node:fs/promises";
import { setTimeout as passed } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { homePaths } from "../daemon/config.ts";
import type { DropBox } from "../daemon/dropbox/contract.ts";
import { PacketboatError } from "../daemon/errors.ts";
import { exchange, type ExchangeResult } from "../daemon/exchange.ts";
import { localHarbor } from "./harbors.ts";
import {
  type District,
  drop,
  meet,
  newWorld,
  openAlerts,
  requestTo,
  withLedger,
  type World,
} from "./homes.ts";
import { configure, inBox, messagesFrom, neighbour, withParts } from "./scene.ts";
import { type Snapshot, snapshot } from "./snapshots.ts";
import { until } from "./until.ts";

/** Turns of 5, 10, 20 and 32 packets, and what is left. */
const COHORT = 72;
const BEFORE_FULL_PACE = 35;
const IN_A_TURN = 32;
/** Longer than it takes to make as many for another partner. */
const LONG_MS = 2_000;

let world: World;
/** Comes before the other partner, by number. */
let corners: District;
let atFirst: Snapshot;
beforeAll(async () => {
  world = await newWorld();
  corners = await neighbour(world);
  await configure(world.valley, { at: ["limits", "messagesPerPacket"], value: 1 });
  atFirst = await snapshot(world);
});
beforeEach(() => atFirst.restore());
afterAll(async () => {
  await atFirst[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

async function dropCohort(of: District, students = COHORT): Promise<void> {
  const request = await requestTo(of);
  for (let number = 1; number <= students; number++) {
    const name = `request-${of.id}-${number}.xml`;
    await drop(world.valley, name, request.replace("Marie", `M${number}`));
  }
}

/** What is left in which box, and how many were begun there before it. */
type Around = (leaving: {
  readonly to: string;
  readonly before: number;
  readonly leave: () => ReturnType<DropBox["deliver"]>;
}) => ReturnType<DropBox["deliver"]>;

/** One exchange, with something around each delivery. */
function meetAround(around: Around, stop?: AbortSignal): Promise<ExchangeResult> {
  const harbor = localHarbor(world);
  const begun = new Map<string, number>();
  const box = (folder: string): DropBox => {
    const real = harbor.box(folder);
    const deliver: DropBox["deliver"] = (...what) => {
      const before = begun.get(folder) ?? 0;
      begun.set(folder, before + 1);
      return around({ to: folder, before, leave: () => real.deliver(...what) });
    };
    return { ...real, deliver };
  };
  const connect = () => Promise.resolve({ ...harbor, box });
  return withParts(world.valley, world, (parts) =>
    exchange({ ...parts, connect }, { scope: "everything", ...(stop ? { stop } : {}) }),
  );
}

/** Sealed files that wait for their receipts or for a box. */
const sealed = async (): Promise<number> =>
  (await readdir(homePaths({ home: world.valley.folder }).sealed)).length;

const packets = () =>
  withLedger(world.valley, (ledger) =>
    ledger.selectFrom("packets_out").select(["state", "uploads", "file_name"]).execute(),
  );
const sent = async () => (await packets()).filter(({ state }) => state === "SENT");

describe("packets on their way", () => {
  it("keep the next ones neither from being made nor from following them", async () => {
    await dropCohort(world.prairie);
    const { counts } = await meetAround(async ({ before, leave }) => {
      // Those of the first load at full pace wait for all of the next, and its first for none of them.
      const isFirstLoad = before >= BEFORE_FULL_PACE && before < BEFORE_FULL_PACE + IN_A_TURN;
      if (isFirstLoad) await until("all are sealed", async () => (await sealed()) === COHORT);
      if (before === BEFORE_FULL_PACE) {
        await until(
          "more have followed",
          async () => (await inBox(world, world.prairie)).length >= COHORT - 1,
        );
      }
      return await leave();
    });
    expect([counts.sent, counts.failed]).toEqual([COHORT, 0]);
    expect((await packets()).map(({ state, uploads }) => `${state} ${uploads}`)).toEqual(
      Array(COHORT).fill("SENT 1"),
    );
  });

  it("are not under way while another partner has a turn", async () => {
    await dropCohort(corners);
    await dropCohort(world.prairie, COHORT - 2);
    const underWay: string[] = [];
    const mixed: string[][] = [];
    const { counts } = await meetAround(async ({ to, before, leave }) => {
      underWay.push(to);
      if (new Set(underWay).size > 1) mixed.push([...underWay]);
      // The last load would still be under way when those before it have ended a turn.
      await passed(before < BEFORE_FULL_PACE + IN_A_TURN ? 2 : LONG_MS);
      try {
        return await leave();
      } finally {
        underWay.splice(underWay.indexOf(to), 1);
      }
    });
    expect([counts.sent, mixed]).toEqual([2 * COHORT - 2, []]);
  });

  it.each([BEFORE_FULL_PACE + 5, BEFORE_FULL_PACE + IN_A_TURN])(
    "end with the first that the box refuses, after %i of them, and none is sent twice",
    async (room) => {
      await dropCohort(world.prairie);
      const refusal = new PacketboatError("BOX_FULL", "no room");
      const { counts } = await meetAround(({ before, leave }) =>
        before < room ? leave() : Promise.reject(refusal),
      );
      expect([counts.sent, counts.failed]).toEqual([room, 1]);
      expect(await openAlerts(world.valley)).toEqual(["PARTNER_UNREACHABLE"]);
      const there = await inBox(world, world.prairie);
      expect(new Set((await sent()).map((each) => each.file_name))).toEqual(new Set(there));
      expect(there).toHaveLength(room);

      world.clock.pass({ hours: 7 });
      expect((await meet(world, world.valley)).counts.sent).toBe(COHORT - room);
      expect((await packets()).map(({ uploads }) => uploads)).toEqual(Array(COHORT).fill(1));
      expect(await inBox(world, world.prairie)).toHaveLength(COHORT);
      expect(await openAlerts(world.valley)).toEqual([]);
    },
  );

  it("are waited for when one of those before them is refused", async () => {
    await dropCohort(world.prairie);
    let begun = 0;
    let ended = 0;
    const { counts } = await meetAround(async ({ before, leave }) => {
      begun++;
      if (before === BEFORE_FULL_PACE) {
        await until("more have followed", () => begun === COHORT);
        throw new PacketboatError("BOX_FAILED", "the server could not do it");
      }
      await passed(before < BEFORE_FULL_PACE + IN_A_TURN ? 2 : LONG_MS);
      return await leave().finally(() => ended++);
    });
    expect([counts.sent, counts.failed, begun, ended]).toEqual([COHORT - 1, 1, COHORT, COHORT - 1]);
    expect(await sent()).toHaveLength(COHORT - 1);
  });

  it("hide no bug of ours behind a refusal of those before them", async () => {
    await dropCohort(world.prairie);
    let begun = 0;
    const meeting = meetAround(async ({ before, leave }) => {
      begun++;
      if (before === COHORT - 1) throw new TypeError("a bug");
      if (before !== BEFORE_FULL_PACE) return await leave();
      await until("more have followed", () => begun === COHORT);
      throw new PacketboatError("BOX_FAILED", "the server could not do it");
    });
    await expect(meeting).rejects.toThrow("a bug");
  });

  it.each([
    ["alone", BEFORE_FULL_PACE + 1, BEFORE_FULL_PACE + IN_A_TURN],
    ["with others behind them", COHORT, COHORT],
  ])("arrive when the program is stopped, %s, and no more are begun", async (_how, when, all) => {
    await dropCohort(world.prairie);
    const stop = new AbortController();
    let begun = 0;
    let underWay = 0;
    const result = await meetAround(async ({ before, leave }) => {
      begun++;
      underWay++;
      if (before === BEFORE_FULL_PACE) {
        await until("so many are under way", () => begun >= when);
        stop.abort();
      }
      await passed(before < BEFORE_FULL_PACE + IN_A_TURN ? 2 : LONG_MS);
      return await leave().finally(() => underWay--);
    }, stop.signal);
    expect([result.counts.sent, underWay]).toEqual([all, 0]);
    expect(await sent()).toHaveLength(all);
    expect(await inBox(world, world.prairie)).toHaveLength(all);
    await meet(world, world.valley);
    expect((await messagesFrom(world.valley)).map(({ state }) => state)).toEqual(
      Array(COHORT).fill("PACKED"),
    );
    expect(await sent()).toHaveLength(COHORT);
  });
});
