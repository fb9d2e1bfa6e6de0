/** The short form of `npm run many`: what must hold for thousands shows in how hundreds compare to tens. */
import { beforeAll, describe, expect, it } from "vitest";
import { crowd, type Stage } from "./crowd/stages.ts";

const FEW = 30;
const MANY = 150;
const MINUTES_MS = 60_000;
/** Of one process; most of it is the program itself. */
const MOST_MEGABYTES = 300;

let few: Stage[];
let many: Stage[];

beforeAll(async () => {
  few = await crowd({ documents: FEW, packets: FEW, releases: false });
  many = await crowd({ documents: MANY, packets: MANY, releases: false });
}, 10 * MINUTES_MS);

const told = (stages: readonly Stage[]) => stages.map(({ name, faults }) => ({ name, faults }));

describe("a crowd of documents and packets", () => {
  it("goes through: nothing lost, doubled or out of order, and what is bad harms none", () => {
    expect(told(many).filter(({ faults }) => faults.length > 0)).toEqual([]);
    expect(told(few)).toEqual(told(many));
  });

  it("takes memory that has a bound", () => {
    const most = many.map(({ peakMegabytes }) => peakMegabytes);
    expect(Math.max(...most)).toBeLessThan(MOST_MEGABYTES);
  });

  it("asks the ledger in proportion to its size, and not more", () => {
    for (const [index, { name, items, statements, rows }] of many.entries()) {
      const before = few[index];
      if (!before || items === 0) continue;
      const growth = items / before.items;
      expect([name, statements < before.statements * growth * 1.1]).toEqual([name, true]);
      expect([name, rows < before.rows * growth * 1.1]).toEqual([name, true]);
    }
  });

  it("costs an idle exchange afterwards no more questions than a few would", () => {
    const idle = (stages: readonly Stage[]) =>
      stages.filter(({ items }) => items === 0).map(({ statements }) => statements);
    for (const [index, statements] of idle(many).entries()) {
      expect(statements).toBeLessThan((idle(few)[index] ?? 0) + 20);
    }
  });
});
