/** Requests that describe the district instead of naming its id. */
import { readdir, readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deskOf, type Desk, PERSONAL, REQUEST } from "./commands/desk.ts";
import { HEADER, row } from "./desk/csv.ts";
import {
  drop,
  meet,
  newWorld,
  office,
  openAlerts,
  REGISTRAR,
  requestTo,
  withLedger,
  type World,
} from "./homes.ts";
import { CEDAR, CLOSED, ELM, FUTURE, listed, OTHER_ELM, takeList } from "./listed.ts";
import { dropDocument } from "./notices/mailed.ts";
import { alertsAt, readByIt } from "./scene.ts";

let world: World;
let valley: Desk;
beforeEach(async () => {
  world = await newWorld();
  valley = deskOf(world, world.valley);
  await takeList(world.valley);
});
afterEach(() => world[Symbol.asyncDispose]());

const DESCRIBING = ["DistrictState", "DistrictName", "DistrictCity", "DistrictZip"] as const;
type Described = Partial<Record<(typeof DESCRIBING)[number] | "To", string>>;

/** A list of requests, each with another student, that describe a district so. */
const list = (...rows: readonly (Described & { readonly source?: string })[]): string =>
  [
    [...HEADER, ...DESCRIBING, "DecidedBy"],
    ...rows.map(({ To = "", source, ...described }, index) => [
      ...row({
        To,
        SourceReference: source ?? `S-${index}`,
        FirstName: `Jenna ${"I".repeat(index)}`,
      }),
      ...DESCRIBING.map((name) => described[name] ?? ""),
      REGISTRAR,
    ]),
  ]
    .map((fields) => `${fields.join(",")}\r\n`)
    .join("");

const CSV_ELM = { DistrictState: "IA", DistrictName: "Elm Grove" };

/** Drop a list and take it. */
async function take(text: string, name = "list.csv"): Promise<void> {
  await dropDocument(world.valley, name, text);
  await meet(world, world.valley);
}

const refused = (name = "list.csv"): Promise<string> =>
  readFile(office(world.valley, "refused", name), "utf8");

interface Asked {
  readonly partner: { readonly agencyId: string };
}

const transfers = () =>
  withLedger(world.valley, (ledger) =>
    ledger
      .selectFrom("transfers")
      .select(["partner_id", "on_paper", "state"])
      .orderBy("transfer_id")
      .execute(),
  );

describe("a row that describes its district", () => {
  it("goes where exactly one fits: by name, city or ZIP", async () => {
    await take(
      list(
        { DistrictState: "IA", DistrictName: "CEDAR FLATS  Community schools" },
        { DistrictState: "ia", DistrictName: "Elm Grove", DistrictCity: "Lone Elm" },
        { DistrictState: "IA", DistrictZip: "52001" },
        { DistrictState: "MN", DistrictName: "Example Prairie" },
      ),
    );
    expect(await readdir(office(world.valley, "refused"))).toEqual([]);
    expect(await transfers()).toMatchObject([
      { partner_id: CEDAR.agency_id, on_paper: 1 },
      { partner_id: OTHER_ELM.agency_id, on_paper: 1 },
      { partner_id: ELM.agency_id, on_paper: 1 },
      { partner_id: world.prairie.id, on_paper: 0 },
    ]);
  });

  it("comes back if several fit, with their cities and ids, and is an alert", async () => {
    await take(list(CSV_ELM));
    expect(await transfers()).toEqual([]);
    const text = await refused();
    for (const each of [ELM, OTHER_ELM]) {
      expect(text).toContain(`${each.name} (${each.city}, ${each.agency_id}`);
    }
    const { stdout } = await valley.run("alerts", "list");
    expect(stdout).toContain(`describes a district as "Elm Grove" in IA in 1 request`);
    expect(stdout).toContain(`Elm Grove Schools (Lone Elm, 1901201`);
    expect(stdout).toContain("in the folder refused of the drop folder office");
    expect(await openAlerts(world.valley)).toEqual(["DISTRICT_AMBIGUOUS", "DOCUMENT_REFUSED"]);
  });

  it("is taken when it comes again with To, and the alert closes by itself", async () => {
    await take(list(CSV_ELM));
    await take(list({ To: ELM.agency_id }), "mended.csv");
    expect(await transfers()).toMatchObject([{ partner_id: ELM.agency_id }]);
    expect(await openAlerts(world.valley)).toEqual(["LETTER_TO_SEND"]);
  });

  it("is known when it comes again, whatever the list of districts says by then", async () => {
    await take(list({ DistrictState: "IA", DistrictZip: "52001" }));
    await takeList(world.valley, [{ ...OTHER_ELM, zip: "52001" }]);
    await take(list({ DistrictState: "IA", DistrictZip: "52001" }), "again.csv");
    expect(await transfers()).toHaveLength(1);
    expect(await readdir(office(world.valley, "refused"))).toEqual([]);
  });

  it("is known in other words for the same district, and refused for another", async () => {
    await take(list({ DistrictState: "IA", DistrictZip: "52001" }));
    await take(list({ ...CSV_ELM, DistrictCity: "Elm Grove" }), "same.csv");
    await take(list({ To: ELM.agency_id }), "named.csv");
    expect(await readdir(office(world.valley, "refused"))).toEqual([]);
    await take(list({ ...CSV_ELM, DistrictCity: "Lone Elm" }), "other.csv");
    expect(await refused("other.csv")).toContain("was asked for in other words");
    await take(list(CSV_ELM), "unclear.csv");
    expect(await refused("unclear.csv")).toContain("was asked for in other words");
    expect(await transfers()).toHaveLength(1);
  });

  it("never means ourselves", async () => {
    const ours = { DistrictState: "MN", DistrictCity: "Example City" };
    await take(list(ours));
    expect(await transfers()).toMatchObject([{ partner_id: world.prairie.id }]);
  });

  it("by our own name goes to no other district that is called almost so", async () => {
    const ours = { DistrictState: "IA", DistrictName: "Old Creek" };
    await takeList(world.valley, [listed(world.valley.id, "Old Creek School District")]);
    await take(list(ours), "alone.csv");
    expect(await refused("alone.csv")).toContain("is our own district");
    await takeList(world.valley, [listed("1901500", "Old Creek Public Schools")]);
    await take(list(ours), "beside.csv");
    expect(await refused("beside.csv")).toContain("2 districts fit");
    expect(await transfers()).toEqual([]);
  });

  it.each([
    [CLOSED, "its records are with agency 1901110 now"],
    [FUTURE, "its status is Future"],
  ])("is refused in words if the district is not open: $status", async ({ city }, words) => {
    await take(list({ DistrictState: "IA", DistrictCity: city ?? "" }));
    expect(await refused()).toContain(words);
    expect(await transfers()).toEqual([]);
  });
});

describe("many rows", () => {
  it("are one alert for each description, renewed and not repeated each night", async () => {
    const rows = [
      ...Array.from({ length: 40 }, () => CSV_ELM),
      ...Array.from({ length: 3 }, () => ({ DistrictState: "IA", DistrictName: "Elmgrov" })),
      ...Array.from({ length: 5 }, () => ({
        DistrictState: "IA",
        DistrictName: "Cedar Flats Community",
      })),
    ];
    await take(list(...rows), "monday.csv");
    const alerts = async () =>
      (await alertsAt(world.valley))
        .filter(({ code }) => code.startsWith("DISTRICT_"))
        .toSorted((one, other) => one.code.localeCompare(other.code))
        .map(({ code, facts, times }) => [code, facts["requests"], facts["rows"], times]);
    expect(await alerts()).toEqual([
      ["DISTRICT_AMBIGUOUS", 40, "2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 and 28 more", 1],
      ["DISTRICT_NOT_FOUND", 3, "42, 43, 44", 1],
    ]);
    await take(list(...rows), "tuesday.csv");
    expect(await alerts()).toMatchObject([
      ["DISTRICT_AMBIGUOUS", 40, expect.anything(), 2],
      ["DISTRICT_NOT_FOUND", 3, expect.anything(), 2],
    ]);
    expect(await transfers()).toHaveLength(5);
    const told = JSON.stringify(await alertsAt(world.valley));
    expect(told).not.toMatch(PERSONAL);
    expect(await readByIt(world.valley)).not.toMatch(PERSONAL);
  });

  it("close the alert of their description alone when they are mended", async () => {
    const UNKNOWN = { DistrictState: "IA", DistrictName: "Nowhere" };
    await take(list({ ...CSV_ELM, source: "A" }, { ...UNKNOWN, source: "B" }));
    const codes = async (): Promise<string[]> =>
      (await openAlerts(world.valley)).filter((code) => code.startsWith("DISTRICT_"));
    expect(await codes()).toEqual(["DISTRICT_AMBIGUOUS", "DISTRICT_NOT_FOUND"]);
    await take(list({ To: ELM.agency_id, source: "A" }), "mended.csv");
    expect(await codes()).toEqual(["DISTRICT_NOT_FOUND"]);
    await take(list({ To: ELM.agency_id, source: "C" }), "list.csv");
    expect(await codes()).toEqual([]);
  });
});

it("a document that describes its district goes where one fits", async () => {
  const text = (await requestTo(world.prairie)).replace(
    `<To>${world.prairie.id}</To>`,
    "<District><StateAbbreviation>IA</StateAbbreviation><AddressCity>ELM GROVE</AddressCity></District>",
  );
  await drop(world.valley, "one.xml", text);
  await meet(world, world.valley);
  expect(await transfers()).toMatchObject([{ partner_id: ELM.agency_id, on_paper: 1 }]);
});

describe("request --state", () => {
  const ask = (...more: string[]): string[] => ["request", "--student", REQUEST, ...more];

  it("asks the district that fits", async () => {
    const asked = await valley.result<Asked>(...ask("--state", "mn", "--name", "example prairie"));
    expect(asked.partner.agencyId).toBe(world.prairie.id);
  });

  it("names those that fit, on screen alone", async () => {
    const error = await valley.error(...ask("--state", "IA", "--name", "Elm Grove"));
    expect(error).toMatchObject({
      code: "DISTRICT_AMBIGUOUS",
      facts: {
        described: '"Elm Grove" in IA',
        candidates: [
          "Elm Grove School District (Elm Grove, 1901200, on paper)",
          "Elm Grove Schools (Lone Elm, 1901201, on paper)",
        ],
      },
    });
    expect(await openAlerts(world.valley)).toEqual([]);
  });

  it("names the nearest where none fits", async () => {
    const error = await valley.error(...ask("--state", "IA", "--name", "Ceder Flats School"));
    expect(error).toMatchObject({ code: "DISTRICT_NOT_FOUND" });
    const nowhere = await valley.error(
      ...ask("--state", "IA", "--name", "Elm Grove", "--zip", "52999"),
    );
    expect(nowhere.message).toMatch(/the nearest: Elm Grove .*, on paper\)$/);
  });

  it.each([
    [["--state", "IA"]],
    [["--name", "Elm Grove"]],
    [["--state", "IA", "--zip", "5240"]],
    [["--state", "XX", "--zip", "52402"]],
    [["--state", "IA", "--zip", "52402", "--to", "1901110"]],
    [["--state", "IA", "--zip", "52402", "--state-transfer"]],
  ])("is refused as a mistake: %j", async (more) => {
    expect(await valley.error(...ask(...more))).toMatchObject({ code: "USAGE" });
  });
});
