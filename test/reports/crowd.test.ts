/**
 * The night on which a state's schools ask: the reports of twenty thousand messages are written in little memory,
 * and tell how many there were.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkerFor } from "../../daemon/schema.ts";
import { writeReports } from "../../daemon/reports/write.ts";
import { addCrowd, PER_PACKET } from "./crowd.ts";
import { textIn } from "./markup.ts";
import { openOffice, type Office } from "./office.ts";

const MESSAGES = 20_000;
const PACKETS = MESSAGES / PER_PACKET;
const EXCHANGE = "exchange-2024-07-30T02-00-14";

let office: Office;
beforeAll(async () => {
  office = await openOffice();
  await addCrowd(office, MESSAGES);
});
afterAll(() => office.close());

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** What this process holds at most: looked at as often as the ledger is asked for students, and soon after. */
function heldHeap(): { look: () => void; megabytes: () => number } {
  collect();
  const before = process.memoryUsage().heapUsed;
  let [most, looked] = [before, 0];
  return {
    look: () => {
      if (performance.now() - looked < 200) return;
      collect();
      most = Math.max(most, process.memoryUsage().heapUsed);
      looked = performance.now();
    },
    megabytes: () => (most - before) / 1e6,
  };
}

const read = (path: string): Promise<string> => readFile(join(office.folder, path), "utf8");

describe(`the reports of ${MESSAGES} requests that came in one night`, () => {
  it("are written in little memory", async () => {
    const { reporting } = office;
    await office.report();
    const held = heldHeap();
    const looking = setInterval(held.look, 50);
    const began = performance.now();
    await office.ledger.deleteFrom("settings").where("name", "=", "register shown").execute();
    await writeReports({
      ...reporting,
      studentsOf: async (ids) => {
        held.look();
        return await reporting.studentsOf(ids);
      },
    });
    clearInterval(looking);
    const figures = {
      heldMegabytes: Math.round(held.megabytes()),
      rssMegabytes: Math.round(process.resourceUsage().maxRSS / 1000),
      ms: Math.round(performance.now() - began),
    };
    if (process.env["SHOW_FIGURES"]) process.stderr.write(`${JSON.stringify(figures)}\n`);
    expect(held.megabytes()).toBeLessThan(20);
  }, 180_000);

  it("tell how many there are, and show the most urgent first", async () => {
    const html = await read("registrar/alerts.html");
    const text = textIn(html);
    expect(text).toContain(`${MESSAGES} alerts are open`);
    expect(text).toContain("The 1000 most urgent stand here");
    expect(text.indexOf("foster care")).toBeLessThan(text.indexOf("Request to release", 2000));
    expect(textIn(await read("it/alerts.html"))).toContain(`The oldest 1000 of ${MESSAGES}.`);
    expect(textIn(await read("it/transfers.html"))).toContain("The newest 1000");
    const due: { "Answer by": string }[] = parse(await read("it/transfers.csv"), {
      bom: true,
      columns: true,
    });
    expect(due.filter((row) => row["Answer by"] !== "")).toHaveLength(1000);
  });

  it("have every message in the spreadsheet and the document, with its student for registrars", async () => {
    const rows: Record<string, string>[] = parse(await read(`registrar/${EXCHANGE}.csv`), {
      bom: true,
      columns: true,
    });
    expect(rows).toHaveLength(MESSAGES);
    expect(rows.at(-1)).toMatchObject({ Student: "Abrams, Jenna Marie" });
    const references = rows.map(({ Reference }) => Reference);
    expect(references).toEqual(
      references.toSorted((one = "", other = "") => one.localeCompare(other)),
    );
    const document = JSON.parse(await read(`it/${EXCHANGE}.json`)) as {
      exchange: { refused: number };
      collected: { messages: { state: string }[] }[];
    };
    expect(checkerFor("reports.schema.json")(document)).toEqual([]);
    expect(document.exchange.refused).toBe(1);
    expect(document.collected.flatMap(({ messages }) => messages)).toHaveLength(MESSAGES);
    expect(await read(`it/${EXCHANGE}.csv`)).not.toContain("Abrams");
    const page = textIn(await read(`it/${EXCHANGE}.html`));
    expect(page).toContain(`Packets collected ${PACKETS} Refused 1`);
    expect(page).toContain(`20 of ${PACKETS}: what was refused or waits, then the first`);
  });

  it("have every line of the register", async () => {
    const rows: Record<string, string>[] = parse(await read("registrar/disclosures.csv"), {
      bom: true,
      columns: true,
    });
    expect(rows).toHaveLength(MESSAGES);
    expect(rows.at(-1)).toMatchObject({ Student: "Abrams, Jenna Marie", Party: "Cedar Flats" });
  });
});
