/** The reports of an entity's home, as its own command writes them. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exchangeAt } from "../../daemon/commands/demo/world.ts";
import { showReference, type Reference } from "../../daemon/ids.ts";
import { ageGroups } from "../../daemon/reports/districts-data.ts";
import { checkerFor } from "../../daemon/schema.ts";
import { deskOf } from "../commands/desk.ts";
import { addSentPacket } from "../alerts/world.ts";
import { addCollected, addForwarded, addRegistry } from "../entitys-books.ts";
import { withLedger } from "../homes.ts";
import { newState, type State } from "../states.ts";
import { textIn } from "./markup.ts";

let state: State;
let late: Reference;
const PERSONAL = /Abrams|Jenna|2009-02-12|February 12, 2009|0047311|castellanos/i;

beforeAll(async () => {
  // A Friday; the first of July is a Monday.
  state = await newState("2024-07-19T14:00:00Z");
  const { entity, valley, prairie, corners } = state;
  await withLedger(entity, async (ledger) => {
    const about = { from: valley.id, to: prairie.id } as const;
    const at = (day: number): Date => new Date(`2024-07-${String(day).padStart(2, "0")}T15:00:00Z`);
    late = await addForwarded(ledger, { ...about, state: "Forwarded", at: at(1) });
    await addForwarded(ledger, { ...about, state: "RequestReceived", at: at(9) });
    await addForwarded(ledger, { ...about, state: "RequestReceived", at: at(18) });
    await addForwarded(ledger, { ...about, state: "Rejected", at: at(2) });
    await addForwarded(ledger, { from: prairie.id, state: "NoRecord", at: at(3) });
    await addCollected(ledger, valley.id, at(18));
    await addCollected(ledger, valley.id, at(17), "REFUSED");
    const sent = { to_agency: corners.id, created_at: at(8).toISOString() };
    await addSentPacket(ledger, { ...sent, sent_at: at(19).toISOString(), uploads: 2 });
    await ledger
      .updateTable("agencies")
      .set({ status: "TestOnly" })
      .where("agency_id", "=", corners.id)
      .execute();
    await addRegistry(ledger, "2024-07-16", { [valley.id]: 2, [prairie.id]: 3, "2709999": 4 });
  });
  await exchangeAt(entity, state.clock);
}, 60_000);
afterAll(() => state[Symbol.asyncDispose]());

const inTree = (name: string): string => join(state.entity.folder, "reports", "it", name);
const read = (name: string): Promise<string> => readFile(inTree(name), "utf8");

describe("the reports of an entity", () => {
  it("are for IT alone, and name no student", async () => {
    const names = await readdir(inTree(""));
    const common = ["alerts", "districts", "transfers"].flatMap((name) =>
      ["csv", "html", "json"].map((ending) => `${name}.${ending}`),
    );
    expect(names).toEqual(expect.arrayContaining(common));
    expect(names.filter((name) => name.startsWith("exchange-"))).toHaveLength(3);
    expect(await readdir(join(state.entity.folder, "reports"))).toEqual(["it"]);
    for (const name of names) {
      expect([name, PERSONAL.exec(await read(name))?.[0]]).toEqual([name, undefined]);
    }
  });

  it("follow the schema", async () => {
    const check = checkerFor("reports.schema.json");
    for (const name of (await readdir(inTree(""))).filter((each) => each.endsWith(".json"))) {
      expect([name, check(JSON.parse(await read(name)))]).toEqual([name, []]);
    }
  });

  it("are written by the command as well, also elsewhere", async () => {
    const out = join(state.folder, "out");
    const desk = deskOf(state, state.entity, null);
    const { files } = await desk.result<{ files: string[] }>("report", "--out", out);
    expect(files).toContain(join(out, "it", "districts.html"));
    expect(await readdir(out)).toEqual(["it"]);
  });
});

describe("districts", () => {
  it("stand each with what it asked, was asked and left unanswered, by age", async () => {
    const document = JSON.parse(await read("districts.json")) as Record<string, unknown>;
    const prairie = { asked: 1, forwarded: 4, answered: 1, lastHeard: null, notCollected: null };
    expect(document).toMatchObject({
      directory: { version: 1 },
      registry: { asOf: "2024-07-16", enrollments: 9, ageDays: 3 },
      notJoined: [{ agencyId: "2709999", enrollments: 4 }],
      districts: [
        {
          agency: "Example Corners",
          status: "TestOnly",
          notCollected: { packets: 1, since: "2024-07-08T15:00:00.000Z" },
        },
        {
          agency: "Example Prairie Schools",
          ...prairie,
          enrollments: 3,
          oldestUnanswered: showReference(late),
          unanswered: [
            { fromSchoolDays: 0, toSchoolDays: 5, requests: 1 },
            { fromSchoolDays: 6, toSchoolDays: 10, requests: 1 },
            { fromSchoolDays: 11, toSchoolDays: null, requests: 1 },
          ],
        },
        {
          agency: "Example Valley Schools",
          status: "Participating",
          lastHeard: "2024-07-18T15:00:00.000Z",
          asked: 4,
          forwarded: 0,
          refused: 1,
        },
      ],
    });
  });

  it("are said in words on the page, and in a row each in the spreadsheet", async () => {
    const text = textIn(await read("districts.html"));
    expect(text).toContain("Version 1, published on July 19, 2024 , holds until August 18, 2024");
    expect(text).toContain("9 enrollments as of July 16, 2024 , 3 days old");
    expect(text).toContain(`oldest ${showReference(late)}`);
    expect(text).toMatch(
      /Example Corners 2700012 Test only Never added on July 19, 2024 1 since July 8/,
    );
    expect(text).toContain("27 09999 4");
    const rows = parse(await read("districts.csv"), {
      bom: true,
      columns: true,
    }) as unknown as Record<string, string>[];
    expect(rows.map((row) => [row["District id"], row["Status"], row["Unanswered, late"]])).toEqual(
      [
        ["2700012", "Test only", "0"],
        ["2700105", "Takes part", "1"],
        ["2700417", "Takes part", "0"],
        ["2709999", "Not joined", ""],
      ],
    );
  });

  it("are counted in groups of school days that follow the config's limit", () => {
    expect(ageGroups(10)).toEqual([
      { from: 0, to: 5 },
      { from: 6, to: 10 },
      { from: 11, to: null },
    ]);
    expect(ageGroups(1)).toEqual([
      { from: 0, to: 0 },
      { from: 1, to: 1 },
      { from: 2, to: null },
    ]);
  });
});

describe("transfers at an entity", () => {
  it("stand between both districts; where none was found, none is named", async () => {
    const text = textIn(await read("transfers.html"));
    expect(text).toContain("Requesting district Releasing district Reference");
    expect(text).toMatch(/Forwarded Overdue [^.]* Example Valley Schools Example Prairie Schools/);
    expect(text).toMatch(/No record Example Prairie Schools — [0-9A-Z]{4}-/);
    expect(text).not.toMatch(/When we|Student/);
    const { transfers } = JSON.parse(await read("transfers.json")) as {
      transfers: Record<string, unknown>[];
    };
    expect(transfers.find(({ state: each }) => each === "NoRecord")).toMatchObject({
      side: "entity",
      requestingDistrict: "Example Prairie Schools",
      releasingDistrict: null,
    });
  });
});

describe("alerts at an entity", () => {
  it("say who does not collect, who does not answer, and that somebody has not joined", async () => {
    const { alerts } = JSON.parse(await read("alerts.json")) as {
      alerts: { code: string; agencyId: string | null }[];
    };
    expect(alerts.map(({ code, agencyId }) => [code, agencyId])).toEqual(
      expect.arrayContaining([
        ["NOT_COLLECTED", state.corners.id],
        ["FORWARDED_UNANSWERED", state.prairie.id],
        ["NOT_JOINED", null],
      ]),
    );
    const text = textIn(await read("alerts.html"));
    expect(text).not.toMatch(/Waiting for|drop folder/);
  });
});

describe("the exchange at an entity", () => {
  it("speaks of no drop folders", async () => {
    const name = (await readdir(inTree(""))).find((each) => /^exchange-.*html$/.test(each)) ?? "";
    expect(textIn(await read(name))).not.toMatch(/document|drop folder/i);
  });
});

describe("commands at an entity", () => {
  const desk = () => deskOf(state, state.entity, null);

  it("tell how it stands on one screen", async () => {
    const standing = await desk().result("status");
    expect(standing).toMatchObject({
      directory: { entity: { agencyId: "2700000" }, version: 1 },
      registry: { asOf: "2024-07-16", enrollments: 9, ageDays: 3 },
      districts: {
        members: { participating: 2, testOnly: 1, others: 0, notJoined: 1 },
        requests: { asked: 5, forwarded: 4, unanswered: 3, late: 1 },
        boxesNotCollected: 1,
        refusedToday: 0,
      },
    });
    const { stdout } = await desk().run("status");
    expect(stdout).toContain("version 1, holds until 2024-08-18");
    expect(stdout).toContain("5 came, 4 forwarded, 3 unanswered, 1 of them too long");
    expect(stdout).not.toMatch(/We ask|Partners/);
  });

  it("give a monitoring system the directory's days", async () => {
    const { stdout } = await desk().run("status", "--nagios");
    expect(stdout).toMatch(/ directory_days=30;14:;0: registry_days=3 requests_late=1 /);
  });

  it("list and show transfers by reference alone", async () => {
    const list = await desk().run("transfers", "list");
    expect(list.stdout).toContain(showReference(late));
    const show = await desk().run("transfers", "show", showReference(late));
    const history = await desk().run("transfers", "history", showReference(late));
    expect(show.stdout).toMatch(/Releasing: +Example Prairie Schools/);
    expect(history.stdout).toContain("Request forwarded");
    for (const { stdout, exit } of [list, show, history]) {
      expect([exit, PERSONAL.exec(stdout)]).toEqual([0, null]);
    }
    const [first] = await desk().result<{ student: unknown; dropFolder: unknown }[]>(
      "transfers",
      "list",
    );
    expect(first).toMatchObject({ student: null, dropFolder: null });
    await desk().result("transfers", "show", showReference(late));
  });

  it.each([
    ["request", "--student", "abrams-jenna.xml", "--to", "2700105"],
    ["release", "K7QM-3F2D"],
    ["hold", "K7QM-3F2D", "--reason", "AwaitingFinalMarks"],
    ["reject", "K7QM-3F2D", "--reason", "NotOurStudent"],
    ["withdraw", "K7QM-3F2D"],
    ["recall", "K7QM-3F2D", "--reason", "WrongStudent"],
    ["cancel", "K7QM-3F2D"],
    ["imported", "K7QM-3F2D"],
    ["disclosures"],
  ])("refuse what is a district's: %s", async (...argv) => {
    expect((await desk().error(...argv)).code).toBe("ROLE_DIFFERS");
  });
});

describe("commands at a district that joined", () => {
  const desk = () => deskOf(state, state.valley, null);

  it("name the entity and its directory, and count the days that it holds", async () => {
    const { valley, clock } = state;
    await exchangeAt(valley, clock);
    const { stdout } = await desk().run("status");
    expect(stdout).toMatch(
      /Directory: +version 1 of Example State Department, holds until 2024-08-18\n/,
    );
    expect(stdout).not.toMatch(/Registry|Districts/);
    const standing = await desk().result("status");
    expect(standing).toMatchObject({ directory: { version: 1 }, districts: null });
    const monitored = async (): Promise<string> => (await desk().run("status", "--nagios")).stdout;
    expect(await monitored()).toMatch(/ directory_days=30;14:;0:\n$/);
    clock.pass({ days: 17 });
    await exchangeAt(valley, clock);
    expect(await monitored()).toMatch(/^PACKETBOAT WARNING - .*the directory expires in 13 days/);
    clock.pass({ days: 13 });
    await exchangeAt(valley, clock);
    expect(await monitored()).toMatch(/^PACKETBOAT CRITICAL - .*the directory has expired/);
  });
});
