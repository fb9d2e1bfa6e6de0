/** `kill -9` of a real process, at every named step of the way in, as `kills-out.test.ts` on the way out. */
import { afterAll, beforeAll, describe, it } from "vitest";
import { dyingJourneys, expectSameEnds } from "./every-step.ts";
import { CASES, newTrial, RECEIPTS, RECORDS, type Trial } from "./three-students.ts";

/** Processes are started by the dozen. */
const PATIENCE = { timeout: 600_000 };

let trial: Trial;
beforeAll(async () => {
  trial = await newTrial();
}, 120_000);
afterAll(() => trial[Symbol.asyncDispose]());

describe("a program that is killed on the way in", () => {
  it(
    "at a step, for its first, middle or last packet, leaves nothing lost, doubled or half",
    PATIENCE,
    () => expectSameEnds(trial, dyingJourneys(trial, [CASES, RECORDS, RECEIPTS])),
  );
});
