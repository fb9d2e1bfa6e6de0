/**
 * `kill -9` of a real process, at every named step of both ways and between them: whatever the point, in
 * the end the world is that of a journey that nothing hindered. `npm run torture` does more of the same.
 */
import { randomInt } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { STEPS } from "../daemon/steps.ts";
import { openAlerts, withLedger } from "./homes.ts";
import { randomFrom } from "./random.ts";
import { homeOf, LEGS, newTrial, type Trial } from "./three-students.ts";
import type { Death } from "./mortal.ts";

/** Processes are started by the dozen. */
const PATIENCE = { timeout: 600_000 };

type Deaths = ReadonlyMap<number, readonly Death[]>;

let trial: Trial;
beforeAll(async () => {
  trial = await newTrial();
}, 120_000);
afterAll(() => trial[Symbol.asyncDispose]());

/** The legs by what happens on them. */
const [REQUESTS, CASES, RELEASES, RECORDS] = [0, 1, 2, 3] as const;

/** First, middle and last of so many. */
const positions = (times: number): number[] => [...new Set([1, Math.ceil(times / 2), times])];

/**
 * Each step is died of for its first, middle and last packet on the leg where it is first taken; and for
 * its last once more where the packets carry something else: records with documents.
 */
function deathsOn(leg: number): Death[] {
  return trial.steps
    .filter((step) => step.leg === leg)
    .flatMap(({ sentence, times }) => {
      const isNew = !trial.steps.some((step) => step.leg < leg && step.sentence === sentence);
      if (isNew) return positions(times).map((nth) => ({ sentence, nth }));
      const isWorthIt = (leg === RELEASES || leg === RECORDS) && times > 1;
      return isWorthIt ? [{ sentence, nth: times }] : [];
    });
}

/** One journey dies once on each leg at most, so that no packet is taken for poison. */
function journeys(): Deaths[] {
  const deaths = LEGS.map((_, leg) => deathsOn(leg));
  const longest = Math.max(...deaths.map(({ length }) => length));
  return Array.from({ length: longest }, (_, index) => {
    const fates = deaths.map((onLeg, leg) => [leg, onLeg.slice(index, index + 1)] as const);
    return new Map(fates.filter(([, death]) => death.length > 0));
  });
}

describe("a journey that nothing hinders", () => {
  it("takes every step of both ways that a good journey has", () => {
    const taken = new Set(trial.steps.map(({ sentence }) => sentence));
    const died = journeys().flatMap((fates) => [...fates.values()].flat());
    expect(new Set(died.map(({ sentence }) => sentence))).toEqual(taken);
    expect(Object.values(STEPS).flat()).toEqual(expect.arrayContaining([...taken]));
  });

  it("brings the records of three students, with two documents, once", () => {
    const { valley, prairie } = trial.expected;
    const delivered = (how: string): string[] => Array(3).fill(`Delivered ${how}`) as string[];
    expect(valley).toMatchObject({ transfers: delivered("received"), box: [], left: [] });
    expect(prairie).toMatchObject({ transfers: delivered("sent"), box: [], left: [] });
    expect(valley.folders.filter((name) => name.endsWith("record.xml written"))).toHaveLength(3);
    expect(valley.folders.filter((name) => /\.pdf \w{8}$/.test(name))).toHaveLength(2);
  });
});

describe("a program that is killed", () => {
  it(
    "at a step, for its first, middle or last packet, leaves nothing lost, doubled or half",
    PATIENCE,
    async () => {
      for (const fates of journeys()) {
        const { traces, ends } = await trial.journey(fates);
        const about = [...fates.values()].flat();
        const deaths = traces.map(({ wasKilled, last }) => [wasKilled, last]);
        expect({ about, deaths }).toEqual({
          about,
          deaths: about.map(({ sentence }) => [true, sentence]),
        });
        expect({ about, ends }).toEqual({ about, ends: trial.expected });
      }
    },
  );

  it(
    "at any moment, and again while it takes up its work, ends the same way",
    PATIENCE,
    async () => {
      const seed = randomInt(2 ** 31);
      const random = randomFrom(seed);
      const moment = (leg: number) => ({ afterMs: random() * (trial.legMs[leg] ?? 0) });
      for (const leg of [REQUESTS, CASES, RELEASES, RECORDS]) {
        const fates = new Map([[leg, [moment(leg), moment(leg)]]]);
        const { ends } = await trial.journey(fates);
        expect({ seed, leg, ends }).toEqual({ seed, leg, ends: trial.expected });
      }
    },
  );

  it(
    "at a step, and twice at the first steps of taking it up, ends the same way",
    PATIENCE,
    async () => {
      const fates = new Map([
        [REQUESTS, dying("Packet fixed 2", "Exchange begun 1", "Packet sealed 1")],
        [RELEASES, dying("Attachment delivered 1", "Server reached 1")],
        [RECORDS, dying("Packet recorded 5", "Folder published 1", "Packet claimed 1")],
      ]);
      const { traces, ends } = await trial.journey(fates);
      expect(traces.filter(({ wasKilled }) => !wasKilled)).toEqual([]);
      expect(ends).toEqual(trial.expected);
    },
  );
});

const dying = (...steps: string[]): Death[] =>
  steps.map((step) => ({ sentence: step.slice(0, -2), nth: Number(step.at(-1)) }));

describe("a packet of which the program died three times", () => {
  it("is poison: kept in quarantine, and its neighbours are taken", PATIENCE, async () => {
    const death: Death = { sentence: "Packet opened", nth: 1 };
    const { traces, ends } = await trial.journey(new Map([[CASES, [death, death, death]]]));
    expect(traces.map(({ wasKilled }) => wasKilled)).toEqual([true, true, true]);
    expect(ends.prairie).toMatchObject({
      claims: ["QUARANTINED PACKET_POISONOUS", "RECORDED "],
      transfers: ["Delivered sent", "Delivered sent"],
      alerts: ["PACKET_REFUSED"],
      box: [],
      left: [],
    });
    expect(ends.prairie.quarantine).toHaveLength(1);
    expect(ends.valley.transfers).toEqual([
      "Delivered received",
      "Delivered received",
      "Requested",
    ]);
  });
});

describe("two programs on one home", () => {
  it(
    "are one too many: the second says so; when the first is dead, its lock is taken over",
    PATIENCE,
    async () => {
      await trial.restore(REQUESTS);
      const first = trial.begin(REQUESTS, { sentence: "Server reached", nth: 1, by: "SIGSTOP" });
      await first.until("SIGSTOP");
      const home = homeOf(REQUESTS, trial.world);
      const second = await trial.begin(REQUESTS, null).end;
      expect(second.said).toEqual(["begun", "HOME_BUSY"]);
      first.kill();
      expect((await first.end).wasKilled).toBe(true);
      const lock = await withLedger(home, (ledger) =>
        ledger.selectFrom("locks").selectAll().execute(),
      );
      expect(lock).toHaveLength(1);
      expect((await trial.begin(REQUESTS, null).end).said).toEqual(["begun"]);
      expect(await openAlerts(home)).toEqual([]);
      expect(await trial.goOn(REQUESTS)).toEqual(trial.expected);
    },
  );
});
