import { appendFile, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addAgency } from "../../daemon/ledger/agencies.ts";
import { raiseAlert } from "../../daemon/ledger/alerts.ts";
import { beginRun, endRun } from "../../daemon/ledger/runs.ts";
import { writeReports } from "../../daemon/reports/write.ts";
import { checkerFor } from "../../daemon/schema.ts";
import { ACTING, tagsOf, textIn } from "./markup.ts";
import { busyNight, MORNING, openOffice, RUN, type Office } from "./office.ts";
import { releasingCard } from "./samples.ts";

const EXCHANGE = "exchange-2024-07-30T02-00-14";
let office: Office;
let written: string[];

beforeAll(async () => {
  office = await openOffice();
  await busyNight(office);
  written = await office.report();
});
afterAll(() => office.close());

const read = (path: string): Promise<string> => readFile(join(office.folder, path), "utf8");
const page = async (path: string): Promise<string> => textIn(await read(path));
const rows = async (path: string): Promise<Record<string, string>[]> =>
  parse(await read(path), { bom: true, columns: true });

describe("the two trees", () => {
  it("have the same reports, but for the register, which registrars keep", async () => {
    const common = ["alerts", "transfers", EXCHANGE].flatMap((name) =>
      ["csv", "html", "json"].map((ending) => `${name}.${ending}`),
    );
    expect((await readdir(join(office.folder, "it"))).toSorted()).toEqual(common.toSorted());
    expect((await readdir(join(office.folder, "registrar"))).toSorted()).toEqual(
      [...common, "disclosures.csv"].toSorted(),
    );
    expect(written).toHaveLength(2 * common.length + 1);
  });

  it("are files that the folder's group may read and nobody else", async () => {
    for (const path of written) expect((await stat(path)).mode & 0o777).toBe(0o660);
  });

  it("name students, their documents and their people to registrars only", async () => {
    const personal =
      /Abrams|Jenna|Haddad|ليلى|Ødegård|Nguyen|Bartholomew|2009-02-12|2010-11-03|February 12|8841207756|104477|0142|castellanos|requests july/i;
    for (const name of await readdir(join(office.folder, "it"))) {
      expect([name, personal.exec(await read(`it/${name}`))?.[0]]).toEqual([name, undefined]);
    }
    for (const name of ["alerts.html", "transfers.csv", `${EXCHANGE}.json`]) {
      expect(await read(`registrar/${name}`)).toContain("Abrams, Jenna Marie");
    }
  });

  it("follow the schema of reports", async () => {
    const check = checkerFor("reports.schema.json");
    for (const tree of ["registrar", "it"]) {
      for (const name of ["alerts", "transfers", EXCHANGE]) {
        const document: unknown = JSON.parse(await read(`${tree}/${name}.json`));
        expect([name, check(document)]).toEqual([name, []]);
        expect(document).toMatchObject({ version: 1, reader: tree });
        expect(check({ ...(document as object), version: 2 })).not.toEqual([]);
      }
    }
  });

  it("load nothing and run nothing", async () => {
    for (const path of written.filter((each) => each.endsWith(".html"))) {
      const tags = tagsOf(await readFile(path, "utf8")).join("\n");
      expect(tags).not.toMatch(/<script|<link|<img|\son[a-z]+=|\sstyle=/i);
    }
  });
});

describe("alerts", () => {
  it("stand in the order of urgency, with who, what, what to do and whom to call", async () => {
    const text = await page("registrar/alerts.html");
    expect(text.indexOf("Request to release")).toBeLessThan(
      text.indexOf("Records released to you"),
    );
    expect(text).toMatch(/Ødegård, Søren [0-9A-Z]{4}-[0-9A-Z]{4} Lakeview Unified What happened/);
    expect(text).toContain("The student cannot wait: foster care.");
    expect(text).toMatch(
      /fill in decision\.txt there: release, hold or reject\. At a terminal: packetboat release [0-9A-Z]{4}-[0-9A-Z]{4}/,
    );
    expect(text).toContain("Cedar Flats Community School District : 555-555-0188 (from its card)");
  });

  it("of IT are told to registrars by title alone, and the other way round", async () => {
    const registrar = await page("registrar/alerts.html");
    expect(registrar).toContain("Alerts that IT must see to");
    expect(registrar).not.toContain("no partner owns signing key");
    const forIt = await page("it/alerts.html");
    expect(forIt).toContain(
      "no partner owns signing key 2a4b701e3c973948 ( PACKET_UNKNOWN_SIGNER )",
    );
    expect(forIt).toContain("Alerts that registrars must see to");
    expect(forIt).not.toContain("foster care");
  });

  it("name the refused document to the registrar", async () => {
    expect(await page("registrar/alerts.html")).toContain("About abrams jenna.xml");
  });

  it("that were settled lately are still shown", async () => {
    expect(await page("it/alerts.html")).toMatch(/Server unreachable — July 30, 2024 at 2:00 AM/);
  });

  it("are rows of a spreadsheet too", async () => {
    const found = await rows("registrar/alerts.csv");
    expect(found).toContainEqual(
      expect.objectContaining({
        Severity: "attention",
        Title: "Records released to you",
        Student: "Abrams, Jenna Marie",
        District: "Cedar Flats Community School District",
        "Whom to call": "Cedar Flats Community School District: 555-555-0188 (from its card)",
        Code: "RECORDS_RELEASED",
      }),
    );
    const [first] = await rows("it/alerts.csv");
    expect(Object.keys(first ?? {})).not.toContain("Student");
  });
});

describe("transfers", () => {
  it("show request date, name, status, both districts and reference, newest first", async () => {
    expect(await page("registrar/transfers.html")).toMatch(
      /July 25, 2024 Abrams, Jenna Marie Delivered Riverbend Public Schools Cedar Flats Community School District [0-9A-Z]{4}-[0-9A-Z]{4} July 22, 2024 Nguyen, Kim Rejected/,
    );
    const order = (await rows("it/transfers.csv")).map((row) => row["Request date"] ?? "");
    expect(order).toEqual(order.toSorted((a, b) => b.localeCompare(a)));
    expect(order).toHaveLength(5);
  });

  it("say what their statuses mean on our side", async () => {
    const text = await page("it/transfers.html");
    expect(text).toContain(
      "Imported When we are asked The other district has imported the records.",
    );
    expect(text).toContain("On hold until August 5, 2024");
  });
});

describe("the report of an exchange", () => {
  it("tells what was sent, collected, refused, and what still waits", async () => {
    const text = await page(`registrar/${EXCHANGE}.html`);
    expect(text).toContain("Began on July 30, 2024 at 2:00 AM CDT ; it took 38 seconds.");
    expect(text).toContain("Documents taken 2 Packets sent 1 Packets collected 2 Refused 4");
    expect(text).toMatch(/Request: Nguyen, Kim [0-9A-Z-]{9} Refused there RULE_BROKEN/);
    expect(text).toMatch(/Records: Abrams, Jenna Marie [0-9A-Z-]{9}/);
    expect(text).toContain("Sender not proved 9999999_2700105_000000003");
    expect(text).toContain("Lakeview Unified 1 July 30, 2024 at 2:00 AM CDT BOX_TIMEOUT");
  });

  it("shows IT a document by its id, and a packet's reason", async () => {
    const text = await page(`it/${EXCHANGE}.html`);
    expect(text).toContain("0190b2aa-0000-7000-8000-0000000000d2 office Refused");
    expect(text).toContain("RULE_BROKEN HoldUntil is a day in the past");
  });

  it("has a row for each message, document and unread packet", async () => {
    const found = await rows(`it/${EXCHANGE}.csv`);
    expect(found.map((row) => [row.What, row.Kind, row["What became of it"]])).toEqual([
      ["Document", "0190b2aa-0000-7000-8000-0000000000d1", "Taken"],
      ["Document", "0190b2aa-0000-7000-8000-0000000000d2", "Refused"],
      ["Sent", "Request", "Confirmed"],
      ["Sent", "Request", "Refused there"],
      ["Collected", "Records", "Taken"],
      ["Collected", "Answer", "Refused"],
      ["Collected", "Packet", "Refused"],
    ]);
  });

  it("leaves out what another exchange did", async () => {
    const text = await read(`it/${EXCHANGE}.json`);
    const run = { ...RUN, startedAt: new Date("2024-07-31T07:00:00Z") };
    const next = { ...run, endedAt: new Date("2024-07-31T07:00:05Z") };
    await writeReports({ ...office.reporting, run: next, at: next.endedAt });
    const later = await read("it/exchange-2024-07-31T02-00-00.json");
    expect(JSON.parse(later)).toMatchObject({ sent: [], collected: [], documents: [] });
    expect(await read(`it/${EXCHANGE}.json`)).toBe(text);
  });
});

describe("the register", () => {
  it("has the party, its interest and purpose, and how the person was known", async () => {
    expect(await rows("registrar/disclosures.csv")).toEqual([
      expect.objectContaining({
        What: "Request",
        Student: "Ødegård, Søren",
        Party: "Lakeview Unified",
        "Legitimate interest": "The student has enrolled with us.",
        Purpose: "All that is there now",
        By: "lview",
      }),
    ]);
  });

  it("is written again only when something has happened, or the file is not as it was", async () => {
    const other = await openOffice();
    await busyNight(other);
    const path = join(other.folder, "registrar", "disclosures.csv");
    const isWritten = async (): Promise<boolean> => (await other.report()).includes(path);
    expect([await isWritten(), await isWritten()]).toEqual([true, false]);
    const text = await readFile(path, "utf8");
    await other.transfer({});
    expect(await isWritten()).toBe(true);
    await appendFile(path, "more");
    expect([await isWritten(), await readFile(path, "utf8")]).toEqual([true, text]);
    await rm(path);
    expect([await isWritten(), await isWritten()]).toEqual([true, false]);
    await other.close();
  });
});

describe("writing", () => {
  it("without an exchange brings alerts and transfers up to date, and links the last one", async () => {
    await using other = await emptyOffice();
    const { ledger } = other.office;
    const runId = await beginRun(ledger, RUN.startedAt, "everything");
    await endRun(ledger, runId, { at: RUN.endedAt, counts: {}, exitCode: 0, code: null });
    const { run: _, ...reporting } = other.office.reporting;
    const paths = await writeReports({ ...reporting, at: MORNING });
    expect(paths).toHaveLength(12);
    const html = await readFile(join(other.office.folder, "it/alerts.html"), "utf8");
    expect(html).toContain(`href="./${EXCHANGE}.html"`);
    expect(textIn(html)).toContain("Nobody has to do anything now.");
  });

  it("leaves a name out when the request is no longer kept", async () => {
    await using other = await emptyOffice();
    await other.office.transfer({});
    await other.office.ledger.deleteFrom("content").execute();
    await other.office.report();
    const html = await readFile(join(other.office.folder, "registrar/transfers.html"), "utf8");
    expect(textIn(html)).toContain("no longer kept");
  });

  it("is refused, and makes no folder, where the folder is missing", async () => {
    await using other = await emptyOffice();
    const { config } = other.office.reporting;
    const elsewhere = { ...config, itPath: join(other.office.folder, "not mounted") };
    await expect(
      writeReports({ ...other.office.reporting, config: elsewhere }),
    ).rejects.toMatchObject({ code: "FOLDER_MISSING" });
    expect(await readdir(other.office.folder)).not.toContain("not mounted");
  });
});

it("a partner's name on its card is text in every report, whatever it is", async () => {
  await using other = await emptyOffice();
  const { ledger } = other.office;
  const name = "=1+1</td><script>alert(1)</script>\u001B[2J\u202E";
  await addAgency(ledger, { ...releasingCard, name, phone: name });
  const transfer = await other.office.transfer({ state: "Rejected" });
  const { partnerId: agencyId, requesterId, transferId } = transfer;
  const subject = `${requesterId}/${transferId}`;
  const at = RUN.startedAt;
  await raiseAlert(ledger, {
    code: "REQUEST_REJECTED",
    subject,
    transfer,
    agencyId,
    at,
    facts: { reason: name },
  });
  for (const path of await other.office.report()) {
    const text = await readFile(path, "utf8");
    expect([path, ACTING.test(text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n"))]).toEqual([
      path,
      false,
    ]);
    if (path.endsWith(".html")) expect(text).not.toContain("<script");
    if (path.endsWith(".csv")) expect(text).not.toMatch(/"=1/);
  }
  const html = await readFile(join(other.office.folder, "it/transfers.html"), "utf8");
  expect(textIn(html)).toContain("=1+1</td><script>alert(1)</script>␛[2J[U+202E]");
});

async function emptyOffice(): Promise<AsyncDisposable & { office: Office }> {
  const opened = await openOffice();
  return { office: opened, [Symbol.asyncDispose]: () => opened.close() };
}
