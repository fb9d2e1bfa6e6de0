import { Duplex } from "node:stream";
import type { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Answer, corking, Line } from "../../daemon/dropbox/line.ts";
import { PacketboatError } from "../../daemon/errors.ts";
import { refused } from "./contract.ts";

const IDLE_MS = 1_000;
let hungUp: number;
let line: Line;

beforeEach(() => {
  vi.useFakeTimers();
  hungUp = 0;
  line = new Line("sftp://somewhere", IDLE_MS, () => {
    hungUp++;
  });
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** A question that is answered when the test says so. */
function open(): { end: Promise<string>; answer: Answer<string> } {
  let answer: Answer<string> = () => undefined;
  const end = line.ask<string>((given) => {
    answer = given;
  });
  end.catch(() => undefined);
  return { end, answer };
}

it("what is asked in one turn of the event loop leaves together, and nothing waits longer", async () => {
  const left: number[] = [];
  const socket = new Duplex({
    write: (_, _encoding, done) => done(void left.push(1)),
    writev: (chunks, done) => done(void left.push(chunks.length)),
  });
  const asking = corking(socket as Socket);
  const ask = (): void => {
    asking();
    for (const part of ["length", "bytes", "tag"]) socket.write(part);
  };
  ask();
  ask();
  await vi.advanceTimersByTimeAsync(0);
  expect(left).toEqual([6]);
  ask();
  await vi.advanceTimersByTimeAsync(0);
  expect(left).toEqual([6, 3]);
});

describe("a line", () => {
  it("passes answers on, and the failures a server answers with", async () => {
    const failure = Object.assign(new Error("no such file"), { code: 2 });
    const [good, bad] = [open(), open()];
    good.answer(null, "the answer");
    bad.answer(failure);
    expect(await good.end).toBe("the answer");
    await expect(bad.end).rejects.toBe(failure);
    expect(hungUp).toBe(0);
  });

  it("bears any silence while nothing is asked", async () => {
    const first = open();
    first.answer(null, "");
    await first.end;
    await vi.advanceTimersByTimeAsync(100 * IDLE_MS);
    const second = open();
    second.answer(null, "still there");
    expect(await second.end).toBe("still there");
  });

  it("bears a slow server as long as it goes on answering", async () => {
    const slow = open();
    for (let count = 0; count < 5; count++) {
      const quick = open();
      await vi.advanceTimersByTimeAsync(0.9 * IDLE_MS);
      quick.answer(null, "");
      await quick.end;
    }
    slow.answer(null, "at last");
    expect(await slow.end).toBe("at last");
    expect(hungUp).toBe(0);
  });

  it("is given up when a question finds only silence, with all that was asked meanwhile", async () => {
    const first = open();
    await vi.advanceTimersByTimeAsync(0.9 * IDLE_MS);
    const second = open();
    await vi.advanceTimersByTimeAsync(0.2 * IDLE_MS);
    await expect(first.end).rejects.toSatisfy(refused("BOX_TIMEOUT"));
    await expect(second.end).rejects.toSatisfy(refused("BOX_TIMEOUT"));
    expect(hungUp).toBe(1);
  });

  it("gives the first reason of its loss to every later question, and asks none", async () => {
    const reason = new PacketboatError("BOX_UNREACHABLE", "cut");
    line.lose(reason);
    line.lose(new PacketboatError("BOX_TIMEOUT", "and silent"));
    let asked = false;
    const later = line.ask(() => {
      asked = true;
    });
    await expect(later).rejects.toBe(reason);
    expect({ asked, hungUp }).toEqual({ asked: false, hungUp: 1 });
  });

  it("is given up when the work over it takes too long, though it is not silent", async () => {
    const work = line.within(2 * IDLE_MS, "one operation", async () => {
      for (;;) {
        const { end, answer } = open();
        setTimeout(() => answer(null, ""), IDLE_MS / 10);
        await end;
      }
    });
    const failing = expect(work).rejects.toSatisfy(refused("BOX_TIMEOUT"));
    await vi.advanceTimersByTimeAsync(3 * IDLE_MS);
    await failing;
    expect(hungUp).toBe(1);
  });

  /** A piece each tenth of the time in which nothing may come. */
  async function* endless(): AsyncGenerator<number> {
    for (let piece = 0; ; piece++) {
      const { end, answer } = open();
      setTimeout(() => answer(null, ""), IDLE_MS / 10);
      await end;
      yield piece;
    }
  }

  it.each([
    ["drips in, after the time that few pieces may take", 0, 18],
    ["earns less than it takes", IDLE_MS / 20, 38],
    ["goes on for ever, after the time that any may take", IDLE_MS, 98],
  ])("is given up when a listing %s", async (_what, earned, pieces) => {
    const allowed = { graceMs: 2 * IDLE_MS, earnedMs: () => earned, totalMs: 10 * IDLE_MS };
    let seen = 0;
    const reading = (async () => {
      for await (const piece of line.eachWithin(allowed, "listing", endless())) seen = piece;
    })();
    const failing = expect(reading).rejects.toSatisfy(refused("BOX_TIMEOUT"));
    await vi.advanceTimersByTimeAsync(20 * IDLE_MS);
    await failing;
    expect(Math.abs(seen - pieces)).toBeLessThanOrEqual(1);
    expect(hungUp).toBe(1);
  });

  it("is not given up when the reader of a listing takes his time", async () => {
    const allowed = { graceMs: 2 * IDLE_MS, earnedMs: () => 0, totalMs: 2 * IDLE_MS };
    const pieces = line.eachWithin(allowed, "listing", endless());
    let seen = 0;
    const reading = (async () => {
      for await (const piece of pieces) {
        seen = piece;
        await new Promise((resolve) => setTimeout(resolve, 5 * IDLE_MS));
      }
    })();
    const failing = expect(reading).rejects.toSatisfy(refused("BOX_TIMEOUT"));
    await vi.advanceTimersByTimeAsync(200 * IDLE_MS);
    await failing;
    expect([seen, hungUp]).toEqual([18, 1]);
  });

  it("waits for nothing after a question that could not even be asked", async () => {
    const bug = new TypeError("no handle");
    const asking = line.ask(() => {
      throw bug;
    });
    await expect(asking).rejects.toBe(bug);
    await vi.advanceTimersByTimeAsync(2 * IDLE_MS);
    expect(hungUp).toBe(0);
  });
});
