import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { endIfHung, endInTime, noticing, NotEnded } from "../../daemon/run/hung.ts";
import { silent } from "../logs.ts";

const never = new AbortController().signal;
const MINUTE = 60_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "setInterval", "performance"] }));
afterEach(() => void vi.useRealTimers());

/** Resolves when it is asked to end. */
const obedient = (ending: AbortSignal): Promise<string> =>
  new Promise((resolve) => ending.addEventListener("abort", () => resolve("ended")));

describe("an exchange of which nothing is heard", () => {
  it("is asked to end after an hour", async () => {
    const heard = noticing(silent);
    const end = vi.fn<(how: string) => void>();
    void endIfHung({ stop: never, heard }, obedient).then(end);
    await vi.advanceTimersByTimeAsync(59 * MINUTE);
    expect(end).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(10 * MINUTE);
    expect(end).toHaveBeenCalledWith("ended");
  });

  it("is given up when it does not obey", async () => {
    const heard = noticing(silent);
    const given = endIfHung({ stop: never, heard }, () => new Promise(() => undefined));
    const expected = expect(given).rejects.toSatisfy(
      (error) => error instanceof NotEnded && !error.isParked,
    );
    await vi.advanceTimersByTimeAsync(70 * MINUTE);
    await expected;
  });
});

it("one that goes on writing to its log may take as long as it needs", async () => {
  const heard = noticing(silent);
  const asked = vi.fn<() => void>();
  void endIfHung({ stop: never, heard }, (ending) => {
    ending.addEventListener("abort", asked);
    return new Promise(() => undefined);
  });
  const child = heard.log.child({ packetId: "x" });
  for (let times = 0; times < 20; times++) {
    await vi.advanceTimersByTimeAsync(50 * MINUTE);
    child.info("Packet delivered");
  }
  expect(asked).not.toHaveBeenCalled();
});

it("nothing else is waited for for long when the daemon is asked to end", async () => {
  const stop = new AbortController();
  const given = endInTime(stop.signal, new Promise(() => undefined));
  const expected = expect(given).rejects.toSatisfy(
    (error) => error instanceof NotEnded && error.isParked,
  );
  await vi.advanceTimersByTimeAsync(60 * MINUTE);
  stop.abort();
  await vi.advanceTimersByTimeAsync(9_000);
  await expected;
});

it("when the daemon is asked to end, one that does not end in time is parked", async () => {
  const stop = new AbortController();
  const heard = noticing(silent);
  const given = endIfHung({ stop: stop.signal, heard }, () => new Promise(() => undefined));
  const expected = expect(given).rejects.toSatisfy(
    (error) => error instanceof NotEnded && error.isParked,
  );
  stop.abort();
  await vi.advanceTimersByTimeAsync(9_000);
  await expected;
});
