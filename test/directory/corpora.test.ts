/** The district files that lie beside a checkout: all of them taken, and found as people look for them. */
import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importDistricts, type ListImported } from "../../daemon/directory/list/import.ts";
import {
  locate,
  type LocatorQuery,
  meant,
  type Place,
  placesIn,
} from "../../daemon/directory/locator.ts";
import { corpus } from "../keys/corpora.ts";
import { newLedger, type TestLedger } from "../ledger/ledgers.ts";
import { AT } from "./lists.ts";

const folder = corpus("districts");

const COUNTRY = "lea_ccd_2019.csv";
/** Rows, and of them those that have no name. */
const STATES = [
  ["california_districts.csv", 2112, 6],
  ["florida_districts.csv", 83, 0],
  ["michigan_districts.csv", 883, 0],
  ["washington_districts.csv", 342, 0],
] as const;

/** What those leave out who write in haste. */
const LEFT_OUT = /\(.*?\)|\b(?:public|unified|independent|schools?|district|isd|usd|sd|csd)\b/gi;

describe.skipIf(folder === null)("the districts of the country", { timeout: 120_000 }, () => {
  let made: TestLedger;
  const imported = new Map<string, ListImported>();
  beforeAll(async () => {
    made = await newLedger();
    for (const name of [COUNTRY, ...STATES.map(([state]) => state)]) {
      const path = join(folder ?? "", name);
      imported.set(name, await importDistricts({ ledger: made.ledger, path, at: AT }));
    }
  });
  afterAll(() => made[Symbol.asyncDispose]());

  const found = async (query: LocatorQuery): Promise<Place[]> =>
    locate(await placesIn(made.ledger, query.state), query);

  it("are all taken but those that have no name", async () => {
    expect(imported.get(COUNTRY)).toMatchObject({ rows: 18_607, added: 18_607, faults: [] });
    for (const [name, rows, nameless] of STATES) {
      const { faults, leftOut, ...counts } = imported.get(name) ?? { faults: [], leftOut: -1 };
      expect([name, counts, leftOut]).toEqual([name, expect.objectContaining({ rows }), nameless]);
      expect(faults.map(({ column, sentence }) => `${column} ${sentence}`)).toEqual(
        Array.from({ length: nameless }, () => "District Name is empty"),
      );
    }
  });

  it("keep what the files of single states add when the country's comes once more", async () => {
    const path = join(folder ?? "", COUNTRY);
    const again = await importDistricts({ ledger: made.ledger, path, at: AT });
    expect(again).toMatchObject({ added: 0, changed: 0, same: 18_607 });
    expect(await found({ state: "CA", name: "ABC Unified" })).toMatchObject([
      {
        agencyId: "0601620",
        zip: "90703-1838",
        cities: expect.arrayContaining(["Cerritos"]) as string[],
      },
    ]);
  });

  it("that have one name are told apart by their cities", async () => {
    const name = "Washington Township School District";
    const three = (await found({ state: "NJ", name })).slice(0, 3);
    expect(three.map((place) => place.name)).toEqual([name, name, name]);
    expect(new Set(three.map(({ city }) => city)).size).toBe(3);
    const [, second] = three;
    const city = second?.city ?? "";
    expect((await found({ state: "NJ", name, city }))[0]).toEqual(second);
    const places = await placesIn(made.ledger, "NJ");
    expect(meant(places, { state: "NJ", name })).toHaveLength(3);
    expect(meant(places, { state: "NJ", name, city })).toEqual([second]);
  });

  it("keep the zeros before their ids and numbers", async () => {
    expect(await found({ state: "AL", name: "Albertville City" })).toMatchObject([
      { agencyId: "0100005" },
    ]);
    expect((await found({ state: "FL", name: "Alachua County" }))[0]).toMatchObject({
      agencyId: "1200030",
      stateNumber: "01",
    });
  });

  it.each([
    ["CA", "90703-1838", "ABC Unified"],
    ["FL", "32601-5448", "ALACHUA"],
    ["MI", "49955-0037", "Adams Township School District"],
    ["WA", "98522-0118", "Adna School District"],
  ])("of %s are found by the ZIP %s", async (state, zip, name) => {
    expect((await found({ state, zip }))[0]?.name).toBe(name);
    expect(meant(await placesIn(made.ledger, state), { state, zip, name })).toMatchObject([
      { name },
    ]);
  });

  it("that are not open yet say so", async () => {
    const all = await made.ledger.selectFrom("listed_districts").select("status").execute();
    const counts = Map.groupBy(all, ({ status }) => status);
    expect(counts.get("Future")?.length).toBe(6);
    expect([...counts.keys()].toSorted()).toEqual(["Future", "NotParticipating"]);
  });

  it.each(["AR", "NJ", "MN"])(
    "of %s have no two whose names a request could mix up unseen",
    async (state) => {
      const places = await placesIn(made.ledger, state);
      for (const { name, agencyId } of places) {
        const short = name.replaceAll(LEFT_OUT, " ");
        for (const written of [name, `${short} School District`]) {
          const ids = meant(places, { state, name: written }).map((place) => place.agencyId);
          expect([written, ...ids]).toContain(agencyId);
        }
      }
    },
  );
});

it.skipIf(folder === null)("a file with a spreadsheet's numbers is told of by line", async () => {
  await using made = await newLedger();
  const path = `${made.path}.csv`;
  await copyFile(join(folder ?? "", COUNTRY), path);
  const { writeFile } = await import("node:fs/promises");
  const lines = (await readFile(path, "utf8")).split("\n").slice(0, 20);
  await writeFile(path, `${lines.map((line) => line.replace(/^0/, "")).join("\n")}\n`);
  const taking = importDistricts({ ledger: made.ledger, path, at: AT });
  await expect(taking).rejects.toMatchObject({
    code: "DISTRICTS_INVALID",
    facts: {
      faults: expect.arrayContaining([
        expect.stringMatching(/^line 2: leaid: must be/),
      ]) as string[],
    },
  });
});
