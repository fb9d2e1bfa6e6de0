import { describe, expect, it } from "vitest";
import { tableIn } from "../../daemon/desk/csv/table.ts";
import { HEADER, row } from "./csv.ts";

const LIST = `${HEADER.join(",")}\n${row().join(",")}\n`;
const isKnown = (header: string): boolean => HEADER.some((each) => each === header);

/** Processor seconds; other tests may run beside this one, in other processes. */
function secondsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

describe("a list that is made to hurt whoever reads it", () => {
  it.each([
    ["as many blank lines as fit", `${LIST}${"\n".repeat(7_000_000)}`, "more than 40000 lines"],
    ["as many before its header", `${"\n".repeat(7_000_000)}${LIST}`, "more than 40000 lines"],
    ["a line end in each field", `${LIST}${'"\n'.repeat(3_000_000)}`, "more than 40000 lines"],
    ["fields of a line end each", `${LIST}${'"\n"\n'.repeat(2_000_000)}`, "more than 40000 lines"],
    [
      "as many fields as fit",
      `${LIST}${`${",".repeat(90_000)}\n`.repeat(77)}`,
      "more than 1000000 fields",
    ],
  ])("%s: is refused soon", (_, text, sentence) => {
    const seconds = secondsOf(() => {
      expect(() => tableIn(text, "auto", isKnown)).toThrow(sentence);
    });
    // Without a bound it took minutes; it takes about one second.
    expect(seconds).toBeLessThan(4);
  });

  it("with blank lines that a spreadsheet left is read", () => {
    const { rows } = tableIn(`${LIST}${",\n".repeat(10_000)}\n\n`, "auto", isKnown);
    expect(rows).toMatchObject([{ number: 2 }]);
  });
});
