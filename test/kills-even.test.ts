/**
 * `kill -9` of a real process, at every named step of both ways: whatever the step, in the end the world is
 * that of a journey that nothing hindered. `npm run torture` does more of the same. Every other journey is
 * in `kills-odd.test.ts`, for another worker.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { STEPS } from "../daemon/steps.ts";
import { dyingJourneys, everyOther, expectSameEnds } from "./every-step.ts";
import { newTrial, type Trial } from "./three-students.ts";

/** Processes are started by the dozen. */
const PATIENCE = { timeout: 600_000 };

let trial: Trial;
beforeAll(async () => {
  trial = await newTrial();
}, 120_000);
afterAll(() => trial[Symbol.asyncDispose]());

describe("a journey that nothing hinders", () => {
  it("takes every step of both ways that a good journey has", () => {
    const taken = new Set(trial.steps.map(({ sentence }) => sentence));
    const journeys = dyingJourneys(trial);
    const died = journeys.flatMap((fates) => [...fates.values()].flat());
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
  it("at any step leaves nothing lost, doubled or half", PATIENCE, () =>
    expectSameEnds(trial, everyOther("even", dyingJourneys(trial))),
  );
});
