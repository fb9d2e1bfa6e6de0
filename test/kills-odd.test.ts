/** The other half of the journeys of `kills-even.test.ts`. */
import { afterAll, beforeAll, describe, it } from "vitest";
import { dyingJourneys, everyOther, expectSameEnds } from "./every-step.ts";
import { newTrial, type Trial } from "./three-students.ts";

/** Processes are started by the dozen. */
const PATIENCE = { timeout: 600_000 };

let trial: Trial;
beforeAll(async () => {
  trial = await newTrial();
}, 120_000);
afterAll(() => trial[Symbol.asyncDispose]());

describe("a program that is killed", () => {
  it("at any step leaves nothing lost, doubled or half", PATIENCE, () =>
    expectSameEnds(trial, everyOther("odd", dyingJourneys(trial))),
  );
});
