/** The short form of `npm run state-night`. */
import { describe, expect, it } from "vitest";
import { noOpenSsh } from "../openssh.ts";
import { spendStateNight } from "./night.ts";
import { PACKETS_PER_MOVE } from "./prepare.ts";

describe.skipIf(noOpenSsh)("a night of a state on a real sshd", { timeout: 180_000 }, () => {
  it("brings every student's records from one of its districts to another", async () => {
    const figures = await spendStateNight({
      districts: 6,
      packets: 12 * PACKETS_PER_MOVE,
      otherStudents: 100,
      jitterMinutes: 5,
      collectEveryMinutes: 5,
      hours: 2,
      factor: 120,
      towns: 1,
      seed: 3,
    });
    expect(figures.faults).toEqual([]);
    const { moves, packets, uploads, alerts, strain } = figures;
    expect({ moves, packets, uploads, alerts, dropped: strain.dropped }).toEqual({
      moves: 12,
      packets: 12 * PACKETS_PER_MOVE,
      uploads: 12 * PACKETS_PER_MOVE,
      alerts: { RECORDS_RELEASED: 12 },
      dropped: 0,
    });
  });
});
