/**
 * `kill -9` of a real process at any moment, and again while it takes up its work; of a packet that kills,
 * and of two processes on one home.
 */
import { randomInt } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openAlerts, withLedger } from "./homes.ts";
import type { Death } from "./mortal.ts";
import { randomFrom } from "./random.ts";
import {
  CASES,
  homeOf,
  newTrial,
  RECORDS,
  RELEASES,
  REQUESTS,
  type Trial,
} from "./three-students.ts";

/** Processes are started by the dozen. */
const PATIENCE = { timeout: 600_000 };

let trial: Trial;
beforeAll(async () => {
  trial = await newTrial();
}, 120_000);
afterAll(() => trial[Symbol.asyncDispose]());

describe("a program that is killed more than once", () => {
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
