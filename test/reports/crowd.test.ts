/**
 * The night on which a state's schools ask: the reports of twenty thousand messages are written in little memory,
 * and tell how many there were.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parse } from "csv-parse/sync";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addAgency } from "../../daemon/ledger/agencies.ts";
import { checkerFor } from "../../daemon/schema.ts";
import { writeReports } from "../../daemon/reports/write.ts";
import { textIn } from "./markup.ts";
import { openOffice, RUN, type Office } from "./office.ts";
import { RELEASING, releasingCard } from "./samples.ts";

const MESSAGES = Number(process.env["MESSAGES"] ?? 20_000);
const PER_PACKET = 100;
const PACKETS = MESSAGES / PER_PACKET;
const EXCHANGE = "exchange-2024-07-30T02-00-14";

let office: Office;
beforeAll(async () => {
  office = await openOffice();
  await addAgency(office.ledger, releasingCard);
  const one = await office.transfer({
    requesterId: RELEASING,
    side: "releaser",
    state: "RequestReceived",
    requestedAt: RUN.startedAt,
  });
  await office.ledger.transaction().execute(async (db) => {
    const during =
      "strftime('%Y-%m-%dT%H:%M:%fZ', '2024-07-30T07:00:14.000Z', (n / 1000) || ' seconds')";
    const many = `with recursive crowd (n) as (select 1 union all select n + 1 from crowd where n < ${MESSAGES})`;
    const id = (kind: string): string => `printf('0190b2aa-0000-7000-${kind}-%012d', n)`;
    const subject = `'${RELEASING}/' || ${id("8000")}`;
    for (const text of [
      // The request of each is a copy of the first one.
      `insert into content ${many} select ${id("8001")}, kind, bytes, ${during} from crowd, content`,
      `insert into transfers (requester_id, transfer_id, reference, side, partner_id, state, revision,
        request_message_id, request_content_id, releases, requested_at, expires_at, version)
        ${many} select '${RELEASING}', ${id("8000")}, printf('%08d', n), side, partner_id, state, 0,
        ${id("8002")}, ${id("8001")}, releases, ${during}, expires_at, 1
        from crowd, transfers where transfer_id = '${one.transferId}'`,
      `insert into transfer_events (requester_id, transfer_id, at, event, state, who)
        select requester_id, transfer_id, requested_at, 'Original', state, 'packetboat' from transfers`,
      `insert into alerts (alert_id, code, subject, requester_id, transfer_id, agency_id, facts, raised_at,
        last_raised_at, times)
        ${many} select printf('%06d', n), 'REQUEST_TO_RELEASE', ${subject}, '${RELEASING}', ${id("8000")},
        '${RELEASING}', case n when ${MESSAGES} then '{"expediteReason":"FosterCare"}' else '{}' end,
        ${during}, ${during}, 1 from crowd`,
      `insert into packets_in (claim_id, file_name, size, modified_at, state, claimed_at, deaths, from_agency,
        sequence, removed_from_box)
        ${many} select ${id("8003")}, n || '.xml.pgp', 1000, ${during}, 'RECORDED', '${RUN.startedAt.toISOString()}',
        0, '${RELEASING}', n, 1 from crowd where n <= ${PACKETS}`,
      `insert into messages_in (from_agency, message_id, claim_id, position, kind, sha256, state, requester_id,
        transfer_id, recorded_at)
        ${many} select '${RELEASING}', ${id("8002")},
        printf('0190b2aa-0000-7000-8003-%012d', (n - 1) / ${PER_PACKET} + 1), (n - 1) % ${PER_PACKET} + 1,
        'TransferRequest', 'none', iif(n = ${MESSAGES}, 'REFUSED', 'TAKEN'), '${RELEASING}', ${id("8000")},
        ${during} from crowd`,
      `insert into disclosures (disclosure_id, requester_id, transfer_id, at, what, party_id, party_name, interest,
        purpose, sections, who, authentication)
        ${many} select ${id("8004")}, '${RELEASING}', ${id("8000")}, ${during}, 'request', '${RELEASING}', 'Cedar Flats',
        'The student has enrolled.', 'R01', '', 'cflats', 'SourceSystem' from crowd`,
    ]) {
      await sql.raw(text).execute(db);
    }
  });
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
    expect(held.megabytes()).toBeLessThan(25);
  });

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
    expect(references).toEqual(references.toSorted());
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
