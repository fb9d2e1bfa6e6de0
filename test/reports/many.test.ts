import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { raisePostAlert } from "../../daemon/alerts/raise.ts";
import { claimFile, updateClaim } from "../../daemon/ledger/incoming.ts";
import { checkerFor } from "../../daemon/schema.ts";
import { textIn } from "./markup.ts";
import { MORNING, openOffice, type Office, RUN } from "./office.ts";
import { RELEASING } from "./samples.ts";

const EXCHANGE = "exchange-2024-07-30T02-00-14";
/** The one that was refused is the last but one. */
const PACKETS = 2500;
const REFUSED = PACKETS - 1;
const ALERTS = 1200;

let office: Office;
beforeAll(async () => {
  office = await openOffice();
  await office.ledger.transaction().execute(async (db) => {
    for (let number = 1; number <= PACKETS; number++) {
      const name = `${RELEASING}_4808940_${String(number).padStart(9, "0")}_9f2c41d07be6a835.xml.pgp`;
      const file = { name, size: 1000, modifiedAt: RUN.startedAt };
      const { claim_id } = await claimFile(db, file, RUN.startedAt);
      await updateClaim(
        db,
        claim_id,
        number === REFUSED
          ? { state: "QUARANTINED", code: "PACKET_DAMAGED", reason: "it was cut" }
          : { state: "RECORDED", from_agency: RELEASING, sequence: number },
      );
    }
    for (let number = 1; number <= ALERTS; number++) {
      const facts = { code: "PACKET_DAMAGED", reason: "it was cut" };
      const at = new Date(MORNING.getTime() + number);
      await raisePostAlert(db, { code: "PACKET_REFUSED", subject: `claim ${number}`, facts, at });
    }
  });
  await office.report();
});
afterAll(() => office.close());

const read = (path: string): Promise<string> => readFile(join(office.folder, path), "utf8");

describe("of many thousands", () => {
  it("a page shows what was refused first, says what it leaves out, and links all", async () => {
    const html = await read(`it/${EXCHANGE}.html`);
    const text = textIn(html);
    expect(text).toContain("2000 of 2500");
    expect(html).toContain(`href="./${EXCHANGE}.csv"`);
    expect(text.indexOf("PACKET_DAMAGED")).toBeLessThan(text.indexOf("number 1,"));
    expect(text).toContain("number 1999,");
    expect(text).not.toContain("number 2000,");
  });

  it("the spreadsheet and the document have all, in their order", async () => {
    const rows: unknown[] = parse(await read(`it/${EXCHANGE}.csv`), { bom: true, columns: true });
    expect(rows).toHaveLength(PACKETS);
    const { collected } = JSON.parse(await read(`it/${EXCHANGE}.json`)) as {
      collected: { code: string | null }[];
    };
    expect(collected.findIndex(({ code }) => code !== null)).toBe(REFUSED - 1);
  });

  it("the alerts are the most urgent, the oldest first, and their number is told", async () => {
    expect(textIn(await read("it/alerts.html"))).toMatch(
      /1200 alerts are open.*The 1000 most urgent stand here; `packetboat alerts list` shows all\./s,
    );
    const document: unknown = JSON.parse(await read("it/alerts.json"));
    expect(checkerFor("reports.schema.json")(document)).toEqual([]);
    expect(document).toMatchObject({ open: ALERTS });
    const rows: { Raised: string }[] = parse(await read("it/alerts.csv"), {
      bom: true,
      columns: true,
    });
    const raised = rows.map(({ Raised }) => Date.parse(Raised) - MORNING.getTime());
    expect(raised).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1));
  });

  it("the other reader's page stays a page", async () => {
    expect(textIn(await read("registrar/alerts.html"))).toContain("The oldest 1000 of 1200.");
    expect((await stat(join(office.folder, "registrar/alerts.html"))).size).toBeLessThan(1e6);
  });
});
