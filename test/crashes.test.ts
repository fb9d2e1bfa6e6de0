/**
 * The journey of a record, cut off at one point and taken up again: whatever the point, in the end the
 * world is that of a journey that nothing hindered.
 */
import { readdir } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { account, type Account } from "./accounts.ts";
import { cutsOf, PATIENCE, spread } from "./cuts.ts";
import { exchangeUntil } from "./dying.ts";
import { failingHarbor, harborOfTheDying, localHarbor, thenGone } from "./harbors.ts";
import { type District, dropRelease, dropRequest, newWorld, office, type World } from "./homes.ts";
import { type Snapshot, snapshot } from "./snapshots.ts";

interface Step {
  readonly says: string;
  readonly home: (world: World) => District;
  /** What people do before this exchange. */
  readonly people?: (world: World) => Promise<void>;
}

const valley = ({ valley: home }: World): District => home;
const prairie = ({ prairie: home }: World): District => home;
const reference = async (world: World): Promise<string> => {
  const [name = ""] = await readdir(office(world.prairie, "requests"));
  return name;
};

const JOURNEY: readonly Step[] = [
  { says: "the request leaves", home: valley, people: dropRequest },
  { says: "the request is received", home: prairie },
  {
    says: "the records leave",
    home: prairie,
    people: async (world) => dropRelease(world, await reference(world)),
  },
  { says: "the records are received", home: valley },
  { says: "the receipt is received", home: prairie },
];

/** How often each step is cut off, at points spread over it: so that every fault below is tried on the line of each. */
const CUTS = { inLedger: cutsOf(4), onLine: cutsOf(4) };

let world: World;
let expected: Account;
const steps: { snapshot: Snapshot; writes: number; calls: number }[] = [];

/** The journey as nothing hinders it, remembered before each of its exchanges. */
beforeAll(async () => {
  world = await newWorld(new Date().toISOString());
  for (const { home, people } of JOURNEY) {
    await people?.(world);
    const before = await snapshot(world);
    const { harbor, calls } = failingHarbor(world, { call: Infinity, when: "before" });
    const change = () => ({ connect: async () => harbor });
    await using run = await exchangeUntil(world, home(world), Infinity, change);
    steps.push({ snapshot: before, writes: run.writes, calls: calls.made });
  }
  expected = await account(world);
});
afterAll(async () => {
  for (const step of steps) await step.snapshot[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

async function livingOn(home: District): Promise<void> {
  await using run = await exchangeUntil(world, home, Infinity, () => ({
    connect: async () => localHarbor(world),
  }));
  expect(run.died).toBe(false);
}

/** The step once more, and what follows it. */
async function goOn(from: number): Promise<void> {
  for (const [index, { home, people }] of JOURNEY.entries()) {
    if (index < from) continue;
    if (index > from) await people?.(world);
    await livingOn(home(world));
  }
  // What a command might still have needed is swept after an hour.
  world.clock.pass({ hours: 2 });
  for (const home of [prairie(world), valley(world), prairie(world)]) await livingOn(home);
}

describe("a journey that nothing hinders", () => {
  it("ends with everything in its place, once", () => {
    expect(expected).toMatchObject({
      valley: {
        transfers: ["Delivered received"],
        box: [],
        left: [],
        outbox: [],
        sent: ["request.xml", "request.xml.result.json"],
        folders: [
          "records/K7QM-3F2D",
          expect.stringMatching(/^records.K7QM-3F2D.01-abrams-jenna.transcript.pdf \w{8}$/),
          expect.stringMatching(/^records.K7QM-3F2D.02-abrams-jenna.immunization.pdf \w{8}$/),
          "records/K7QM-3F2D/record.html written",
          "records/K7QM-3F2D/record.xml written",
        ],
      },
      prairie: { transfers: ["Delivered sent"], box: [], left: [], outbox: [] },
    });
  });
});

const FAULTS = ["lost before", "killed before", "lost after", "killed after"] as const;

describe.each(JOURNEY.map((step, index) => ({ ...step, index })))(
  "when $says",
  ({ index, home }) => {
    it("a program that is killed leaves nothing lost, doubled or half", PATIENCE, async () => {
      const { snapshot: before, writes } = steps[index] ?? { writes: 0 };
      for (const at of spread(CUTS.inLedger, writes)) {
        await before?.restore();
        const connect = async () => localHarbor(world);
        const { died } = await exchangeUntil(world, home(world), at, () => ({ connect }));
        expect(died).toBe(true);
        await goOn(index);
        expect([at, await account(world)]).toEqual([at, expected]);
      }
    });

    it("nor does a call of the server that is never answered, or not heard", PATIENCE, async () => {
      const { snapshot: before, calls } = steps[index] ?? { calls: 0 };
      for (const [number, call] of spread(CUTS.onLine, calls).entries()) {
        await before?.restore();
        const fault = FAULTS[number % FAULTS.length] ?? "lost before";
        const when = fault.endsWith("after") ? "after" : "before";
        await using run = await exchangeUntil(world, home(world), Infinity, (die) => ({
          connect: thenGone(
            fault.startsWith("killed")
              ? harborOfTheDying(world, { call, when }, die)
              : failingHarbor(world, { call, when }).harbor,
          ),
        }));
        expect(run.died).toBe(fault.startsWith("killed"));
        await goOn(index);
        expect([call, fault, await account(world)]).toEqual([call, fault, expected]);
      }
    });
  },
);
