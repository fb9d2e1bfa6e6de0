/** The short form of `npm run cohort`. */
import { describe, expect, it } from "vitest";
import { moveCohort } from "./cohort.ts";

const STUDENTS = 100;
const PER_PACKET = 10;

describe("a cohort of students", { timeout: 600_000 }, () => {
  it("moves whole, each once, in packets within their bounds, whenever its exchanges are killed", async () => {
    const cohort = { students: STUDENTS, messagesPerPacket: PER_PACKET };
    const { faults, legs, packets, mostMessages } = await moveCohort(cohort);
    expect(faults).toEqual([]);
    expect(legs.reduce((sum, { kills }) => sum + kills, 0)).toBeGreaterThan(15);
    expect(packets).toBeGreaterThanOrEqual((STUDENTS / PER_PACKET) * 2);
    expect(mostMessages).toBe(PER_PACKET);
  });
});
