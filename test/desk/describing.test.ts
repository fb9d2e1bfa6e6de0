/** Documents that say too much or too little of the district that they ask. */
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Decision, WantedRequest } from "../../daemon/desk/decision.ts";
import { HEADER, row } from "./csv.ts";
import { LISTS, Office } from "./office.ts";
import { message, request } from "./outbox.ts";

const COLUMNS = ["DistrictState", "DistrictName", "DistrictCity", "DistrictZip"] as const;
type Described = Partial<Record<(typeof COLUMNS)[number] | "To", string>>;

let office: Office;
let asked: WantedRequest["to"][];
beforeEach(async () => {
  office = await Office.open();
  asked = [];
  office.refuse = (decision: Decision) => {
    if (decision.kind === "request") asked.push(decision.request.to);
  };
});
afterEach(() => office.close());

/** A list of one row that describes its district so. */
const list = ({ To = "", ...described }: Described): string =>
  [
    [...HEADER, ...COLUMNS],
    [...row({ To }), ...COLUMNS.map((name) => described[name] ?? "")],
  ]
    .map((fields) => `${fields.join(",")}\r\n`)
    .join("");

async function faultsOf(name: string, text: string): Promise<string> {
  await office.drop(name, text);
  await office.take();
  expect(asked).toEqual([]);
  return office.text("refused", `${name}.faults.txt`);
}

it("a row has columns for state, name, city and ZIP, which may be fixed or called otherwise", async () => {
  office.more = {
    lists: {
      ...LISTS,
      columns: { "Previous district": "DistrictName" },
      fixed: { DistrictState: "ia" },
    },
  };
  const text = list({ DistrictName: "Elm Grove", DistrictZip: "520011234" })
    .replace("DistrictName", "previous DISTRICT")
    .replace("DistrictState", "Homeroom");
  await office.drop("list.csv", text);
  await office.take();
  expect(asked).toEqual([{ state: "IA", name: "Elm Grove", zip: "52001-1234" }]);
});

it.each<[Described, string]>([
  [
    { To: "2700105", DistrictState: "IA", DistrictName: "Elm Grove" },
    "To: must be empty where a district is described",
  ],
  [
    { DistrictState: "IA" },
    "DistrictState: needs DistrictName, DistrictCity, DistrictZip beside it",
  ],
  [{ DistrictName: "Elm Grove" }, "DistrictState: is empty"],
  [{ DistrictState: "IA", DistrictZip: "1234" }, "DistrictZip: must be a ZIP code, 5 digits"],
  [{ DistrictState: "Iowa", DistrictCity: "Elm Grove" }, "DistrictState: must be two capital"],
])("a row is refused that describes its district so: %j", async (described, fault) => {
  expect(await faultsOf("list.csv", list(described))).toContain(fault);
});

const IOWA = "<StateAbbreviation>IA</StateAbbreviation>";
const GROVE = "<AddressCity>Elm Grove</AddressCity>";

it.each([
  [IOWA, "", "needs OrganizationName, AddressCity or AddressPostalCode beside the state"],
  [IOWA + GROVE, "<To>1901200</To>", "must not stand beside To: one of them says whom to ask"],
  [GROVE, "", "StateAbbreviation is required"],
  [
    `${IOWA}<AddressPostalCode>5200</AddressPostalCode>`,
    "",
    "AddressPostalCode: must be a ZIP like 55102",
  ],
])("a document is refused that describes its district so: %s%s", async (district, to, fault) => {
  const text = message(request(`${to}<District>${district}</District>`));
  expect(await faultsOf("one.xml", text)).toContain(fault);
});

it("a request that is asked again goes where it was asked first, and describes nothing", async () => {
  const district = `<District>${IOWA}${GROVE}</District>`;
  const text = message(request(`${district}<Resubmits>K7QM-3F2D</Resubmits>`));
  expect(await faultsOf("one.xml", text)).toContain("do not describe one");
});
