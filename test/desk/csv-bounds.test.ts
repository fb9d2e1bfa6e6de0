/** Lists made to harm whoever reads them, and honest ones that are as large as any. */
import { describe, expect, it } from "vitest";
import { readRequestList } from "../../daemon/desk/csv-requests.ts";
import { isRefusal } from "../../daemon/errors.ts";
import { HEADER, row } from "./csv.ts";
import { LISTS } from "./office.ts";

const MB = 1_000_000;
const HEAD = `${HEADER.join(",")}\r\n`;
const ROW = `${row().join(",")}\r\n`;

/** Of this thread alone, for others may be busy beside it; it takes a third, and took up to three minutes. */
const MOST_CPU_MS = 3000;
const MOST_SAID = 5000;

async function read(text: string) {
  const before = process.threadCpuUsage();
  const said = await readRequestList(Buffer.from(text), LISTS).catch((error: unknown) => {
    if (isRefusal(error, "DOCUMENT_INVALID")) return error;
    throw error;
  });
  const { user, system } = process.threadCpuUsage(before);
  return { said, cpuMs: (user + system) / 1000 };
}

async function refusalOf(text: string): Promise<string> {
  const { said, cpuMs } = await read(text);
  if (!isRefusal(said)) throw new Error("it was not refused");
  expect(cpuMs).toBeLessThan(MOST_CPU_MS);
  expect(JSON.stringify([said.message, said.facts]).length).toBeLessThan(MOST_SAID);
  return said.message;
}

async function rowsOf(text: string): Promise<(number | undefined)[]> {
  const { said } = await read(text);
  if (isRefusal(said)) throw said;
  return said.readings.map((each) => each.row);
}

const wide = (text: string, columns: number): string => text.trimEnd() + ",x".repeat(columns);

describe("a list made to harm", () => {
  it.each([
    ["is nothing but line ends", HEAD + "\n".repeat(7.9 * MB), /a header and no rows/],
    ["is nothing but quoted line ends", HEAD + '"\n'.repeat(3 * MB), /more than 5000 blank rows/],
    ["is nothing but quotes", HEAD + '"'.repeat(7 * MB), /longer than 100000 characters/],
    ["is nothing but commas", `${HEAD + ",".repeat(7 * MB)}x`, /longer than 100000 characters/],
    ["has rows of commas alone", `${HEAD + ",\n".repeat(3 * MB)}x`, /more than 5000 blank rows/],
    ["has 20,000 rows of junk", HEAD + "a,b,c\r\n".repeat(20_000), /more than 1000 rows have/],
    [
      "has 20,000 rows for nobody",
      HEAD + ROW.replace("2700105", "Example").repeat(20_000),
      /more than 1000 rows have faults; row 2: .* at To: must be the id of a district/,
    ],
    [
      "has 40,000 columns",
      `${wide(HEAD, 40_000)}\r\n${`${wide(ROW, 40_000)}\r\n`.repeat(80)}`,
      /row 1 has 40011 columns, more than 1000/,
    ],
    [
      "has rows of 40,000 columns",
      HEAD + `${wide(ROW, 40_000)}\r\n`.repeat(80),
      /row 2 has 40011 columns, more than 1000/,
    ],
    [
      "has one column 900 times",
      `${HEADER.join(",")}${",To".repeat(900)}\r\n${ROW}`,
      /^the columns To and To and To and To and To and 896 more all say To/,
    ],
    [
      "has rows of 400 commas",
      `${HEAD}${`${",".repeat(400)}\n`.repeat(19_000)}x`,
      /more than 720000 fields/,
    ],
    ["has 20,001 rows", HEAD + ROW.repeat(20_001), /more than 20000 rows: split it/],
  ] as const)("that %s is refused at once", async (_, text, sentence) => {
    expect(await refusalOf(text)).toMatch(sentence);
  });
});

describe("a list that is honest", () => {
  it("has 20,000 rows", async () => {
    expect(await rowsOf(HEAD + ROW.repeat(20_000))).toHaveLength(20_000);
  });

  it("has a million rows with nothing in them behind its own", async () => {
    const blank = `${",".repeat(HEADER.length - 1)}\r\n`;
    expect(await rowsOf(HEAD + ROW + blank.repeat(MB / 2))).toEqual([2]);
  });

  it("has rows between others that are empty, and counts them", async () => {
    expect(await rowsOf(`\n\n${HEAD}\r\n${ROW},,\r\n\r\n${ROW}`)).toEqual([5, 8]);
  });

  it("has signs of two units wherever it is cut to be read", async () => {
    const { said } = await read(
      HEAD + ROW.replace("Jenna", "\u{1F600}").repeat(3000).replace("S-1", "S"),
    );
    if (isRefusal(said)) throw said;
    expect(JSON.stringify(said.readings)).not.toContain("\u{FFFD}");
  });
});
