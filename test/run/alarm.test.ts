import { describe, expect, it, vi } from "vitest";
import { Alarm } from "../../daemon/run/alarm.ts";
import { restMs } from "../../daemon/run/rest.ts";

describe("an alarm", () => {
  it("that rang while nobody slept wakes the next at once, and only that one", async () => {
    const alarm = new Alarm();
    alarm.ring();
    alarm.ring();
    await alarm.sleep(Infinity);
    let isAwake = false;
    const sleeping = alarm.sleep(Infinity).then(() => (isAwake = true));
    await new Promise(setImmediate);
    expect(isAwake).toBe(false);
    alarm.ring();
    await sleeping;
    expect(isAwake).toBe(true);
  });

  it("wakes after a minute in any case: the clock may have been set", async () => {
    vi.useFakeTimers();
    const alarm = new Alarm();
    for (const forMs of [3 * 3_600_000, Infinity]) {
      const sleeping = alarm.sleep(forMs);
      await vi.advanceTimersByTimeAsync(60_000);
      await sleeping;
    }
    vi.useRealTimers();
  });

  it("ends a sleep when its time is over", async () => {
    const alarm = new Alarm();
    await alarm.sleep(5);
    await alarm.sleep(-1);
  });
});

describe("a server that was not reached", () => {
  it("is left in peace twice as long each time, up to a limit", () => {
    const minutes = [1, 2, 3, 4, 5, 60].map(
      (failures) => restMs({ failures, mostMinutes: 15, random: () => 1 }) / 60_000,
    );
    expect(minutes).toEqual([1, 2, 4, 8, 15, 15]);
  });

  it("is not called by everybody at the same moment", () => {
    const rest = (random: number): number =>
      restMs({ failures: 3, mostMinutes: 15, random: () => random });
    expect([rest(0), rest(0.5), rest(1)]).toEqual([2 * 60_000, 3 * 60_000, 4 * 60_000]);
  });
});
