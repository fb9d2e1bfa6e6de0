import { describe, expect, it, vi } from "vitest";
import {
  comingRuns,
  DAYS,
  everyMinute,
  lastRunDue,
  nextClockChange,
  type NightlyPlan,
  runOn,
} from "../daemon/schedule.ts";

const plan = (changes: Partial<NightlyPlan> = {}): NightlyPlan => ({
  at: "02:30",
  days: DAYS,
  jitterMinutes: 0,
  timeZone: "America/Chicago",
  agencyId: "2700105",
  ...changes,
});

const utc = (at: Date | undefined): string | undefined => at?.toISOString().slice(0, 16);

describe("the night on which the clocks go forward", () => {
  it.each([
    ["America/Chicago", "2027-03-14", "2027-03-14T08:00"],
    ["America/New_York", "2027-03-14", "2027-03-14T07:00"],
    ["Europe/Berlin", "2027-03-28", "2027-03-28T01:00"],
    // Half an hour only, at 02:00.
    ["Australia/Lord_Howe", "2026-10-04", "2026-10-03T15:30"],
  ])("an hour that is skipped in %s is the end of the gap", (timeZone, date, expected) => {
    const at = timeZone === "Australia/Lord_Howe" ? "02:15" : "02:30";
    const run = runOn(plan({ timeZone, at }), date);
    expect([utc(run?.at), run?.clockChange]).toEqual([expected, "skipped"]);
  });

  it("an hour after the gap is what the clock shows", () => {
    expect(utc(runOn(plan({ at: "03:00" }), "2027-03-14")?.at)).toBe("2027-03-14T08:00");
  });
});

describe("the night on which the clocks go back", () => {
  it.each([
    ["America/Chicago", "2026-11-01", "2026-11-01T06:30"],
    ["America/New_York", "2026-11-01", "2026-11-01T05:30"],
    ["Europe/Berlin", "2026-10-25", "2026-10-25T00:30"],
    ["Australia/Lord_Howe", "2027-04-04", "2027-04-03T14:45"],
  ])("an hour that is shown twice in %s is the first", (timeZone, date, expected) => {
    const hours = { "Europe/Berlin": "02:30", "Australia/Lord_Howe": "01:45" };
    const at = hours[timeZone as keyof typeof hours] ?? "01:30";
    const run = runOn(plan({ timeZone, at }), date);
    expect([utc(run?.at), run?.clockChange]).toEqual([expected, "twice"]);
  });
});

describe("a plan", () => {
  it("has one run for each of its days, and none on the others", () => {
    const runs = comingRuns(plan({ days: ["mon", "fri"] }), new Date("2026-11-25T12:00:00Z"), 4);
    expect(runs.map(({ date }) => date)).toEqual([
      "2026-11-27",
      "2026-11-30",
      "2026-12-04",
      "2026-12-07",
    ]);
  });

  it.each(["America/Chicago", "Europe/Berlin", "Pacific/Auckland", "America/Phoenix"])(
    "has exactly one run for each date of two years in %s, in order",
    (timeZone) => {
      const runs = comingRuns(
        plan({ timeZone, jitterMinutes: 120 }),
        new Date("2026-01-01T12:00:00Z"),
        730,
      );
      expect(new Set(runs.map(({ date }) => date)).size).toBe(730);
      const times = runs.map(({ at }) => at.getTime());
      expect(times).toEqual(times.toSorted((one, other) => one - other));
    },
  );

  it("counts a run that crosses midnight to the evening it was planned for", () => {
    const late = plan({ at: "23:59", jitterMinutes: 120 });
    const [run] = comingRuns(late, new Date("2026-11-25T12:00:00-06:00"), 1);
    expect(run?.date).toBe("2026-11-25");
    expect(run?.at.getTime()).toBeGreaterThan(Date.parse("2026-11-26T00:00:00-06:00"));
    expect(lastRunDue(late, run?.at ?? new Date())).toEqual(run);
  });

  it("spreads agencies over its jitter, and one agency's nights too, but never beyond", () => {
    const planned = Date.parse("2026-11-26T02:30:00-06:00");
    const minutes = Array.from({ length: 600 }, (_, index) => {
      const agencyId = String(2700000 + index);
      const run = runOn(plan({ jitterMinutes: 20, agencyId }), "2026-11-26");
      expect(run).toEqual(runOn(plan({ jitterMinutes: 20, agencyId }), "2026-11-26"));
      return ((run?.at.getTime() ?? 0) - planned) / 60_000;
    });
    expect(Math.min(...minutes)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...minutes)).toBeLessThan(20);
    for (let from = 0; from < 20; from += 5) {
      const share = minutes.filter((minute) => minute >= from && minute < from + 5).length;
      expect(share).toBeGreaterThan(100);
    }
    const nights = comingRuns(plan({ jitterMinutes: 20 }), new Date("2026-11-25T12:00:00Z"), 10);
    expect(new Set(nights.map(({ at }) => at.getTime() % 3_600_000)).size).toBeGreaterThan(5);
  });

  it("is due from its moment on, not before", () => {
    const at = new Date("2026-11-26T02:30:00-06:00");
    expect(lastRunDue(plan(), at).date).toBe("2026-11-26");
    expect(lastRunDue(plan(), new Date(at.getTime() - 1)).date).toBe("2026-11-25");
    expect(lastRunDue(plan({ days: ["sun"] }), at).date).toBe("2026-11-22");
  });

  it("tells beforehand on which night the clocks change its hour", () => {
    const now = new Date("2026-11-25T12:00:00Z");
    expect(nextClockChange(plan(), now, 400)).toMatchObject({
      date: "2027-03-14",
      clockChange: "skipped",
    });
    expect(nextClockChange(plan({ at: "01:30" }), now, 400)).toMatchObject({
      date: "2027-11-07",
      clockChange: "twice",
    });
    expect(nextClockChange(plan({ days: ["mon"] }), now, 400)).toMatchObject({
      date: "2027-03-14",
    });
    expect(nextClockChange(plan({ at: "03:15" }), now, 400)).toBeNull();
    expect(nextClockChange(plan({ timeZone: "America/Phoenix" }), now, 400)).toBeNull();
  });
});

describe("the tick", () => {
  it("comes once a minute, at the agency's own second, until it is ended", async () => {
    vi.useFakeTimers({ now: new Date("2026-11-25T12:00:30.500Z") });
    try {
      const seconds = new Set<number>();
      for (const agencyId of ["2700105", "3900417", "1900012"]) {
        const ticks: number[] = [];
        const end = await everyMinute(agencyId, () => ticks.push(new Date().getUTCSeconds()));
        await vi.advanceTimersByTimeAsync(180_000);
        expect(ticks).toHaveLength(3);
        expect(new Set(ticks).size).toBe(1);
        end();
        await vi.advanceTimersByTimeAsync(180_000);
        expect(ticks).toHaveLength(3);
        seconds.add(ticks[0] ?? -1);
      }
      expect(seconds.size).toBe(3);
    } finally {
      vi.useRealTimers();
    }
  });
});
