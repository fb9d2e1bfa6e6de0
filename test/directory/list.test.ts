import { describe, expect, it } from "vitest";
import { placesIn } from "../../daemon/directory/locator.ts";
import { addAgency, updateAgency } from "../../daemon/ledger/agencies.ts";
import { parseAgencyId } from "../../daemon/ids.ts";
import { verifyAudit } from "../../daemon/ledger/audit.ts";
import { newLedger, type TestLedger } from "../ledger/ledgers.ts";
import { AT, exported, EXPORT_HEADER, EXTRACT_HEADER, listOf, taking } from "./lists.ts";

const listed = ({ ledger }: TestLedger) =>
  ledger.selectFrom("listed_districts").selectAll().orderBy("agency_id").execute();

describe("a district file", () => {
  it("of the NCES search is known by its header, in any order of columns", async () => {
    await using made = await newLedger();
    const rows = [
      exported({ zip4: "0042" }),
      exported({ id: "0100005", state: "AL", zip: "01234" }),
    ];
    const turned = listOf(EXPORT_HEADER, ...rows)
      .split("\n")
      .map((line) => line.split(",").toReversed().join(","))
      .join("\n");
    const { faults, passedOver, ...counts } = await taking(made, turned);
    expect(faults).toEqual([]);
    expect(counts).toEqual({ rows: 2, added: 2, changed: 0, same: 0, leftOut: 0 });
    expect(passedOver.toSorted()).toEqual(["County Name*", "Students*", "Type"]);
    expect(await listed(made)).toMatchObject([
      { agency_id: "0100005", zip: "01234", state: "AL", state_number: "MN-010105" },
      {
        agency_id: "2700105",
        state_number: "010105",
        name: "Example Prairie Schools",
        street: "1 Example St.",
        city: "EXAMPLE CITY",
        zip: "55001-0042",
        phone: "(555)555-0170",
        status: "NotParticipating",
        successor_id: null,
      },
    ]);
    expect(await verifyAudit(made.ledger)).toBe(1);
  });

  it("of the extract gives the cities of its schools", async () => {
    await using made = await newLedger();
    await taking(made, listOf(EXTRACT_HEADER, "2700105,Example Prairie,MN,Elk,Elk|Moose|Elk,3"));
    expect(await placesIn(made.ledger, "mn")).toMatchObject([
      { city: "Elk", cities: ["Elk", "Moose"], zip: null, knownBy: "list" },
    ]);
  });

  it("for download is known by its older and its newer names", async () => {
    await using made = await newLedger();
    const older = "LEAID,FIPST,STID,NAME,PHONE,ADDR,CITY,STAB,ZIP,ZIP4,CITYL,ZIPL";
    const newer =
      "SCHOOL_YEAR,FIPST,ST,LEA_NAME,ST_LEAID,LEAID,LSTREET1,LCITY,LZIP,MSTREET1,MCITY,MZIP,MZIP4,PHONE,SY_STATUS_TEXT";
    const first = "2700105,27,0105,Example Prairie,5555550170,PO Box 1,Elk,MN,55001,M,Moose,55002";
    const second =
      "2025-2026,27,MN,Example Valley,MN-0417,2700417,1 Example St,Elk,55001,PO Box 2,Moose,55002,0002,M,Changed Boundary/Agency";
    await taking(made, listOf(older, first));
    await taking(made, listOf(newer, second));
    expect(await listed(made)).toMatchObject([
      { city: "Elk", street: "PO Box 1", zip: "55001", state_number: "0105" },
      { city: "Moose", street: "PO Box 2", zip: "55002-0002", state_number: "0417", phone: null },
    ]);
  });

  it.each([
    ["Open", "NotParticipating"],
    ["New", "NotParticipating"],
    ["Reopened", "NotParticipating"],
    ["closed", "Closed"],
    ["Inactive", "Inactive"],
    ["Future", "Future"],
  ])("says %s, and the district is %s to us", async (status, ours) => {
    await using made = await newLedger();
    await taking(made, listOf(EXPORT_HEADER, exported({ status })));
    expect(await listed(made)).toMatchObject([{ status: ours }]);
  });
});

describe("faulty rows", () => {
  it("are left out and told of by line, and the others are taken", async () => {
    await using made = await newLedger();
    const { faults, leftOut, added } = await taking(
      made,
      listOf(
        EXPORT_HEADER,
        exported({ id: "100005" }),
        exported({ id: "27001050" }),
        exported({ state: "XX" }),
        exported({ zip: "1234" }),
        exported({ zip: "55001", zip4: "42" }),
        exported({ name: "" }),
        exported({ name: "NULL" }),
        exported({ status: "Sleeping" }),
        exported({ phone: "ask" }),
        exported({ id: "2700000" }),
        `${exported()},more`,
        exported({ name: "x".repeat(61) }),
        exported({ id: "2.70E+06" }),
        exported({ name: "Espa\u{FFFD}ola" }),
        exported({ name: "EspaÃ±ola" }),
        exported({ id: "2700417" }),
      ),
    );
    expect({ leftOut, added }).toEqual({ leftOut: 15, added: 1 });
    expect(faults.map(({ line, column }) => [line, column])).toEqual([
      [2, "NCES District ID"],
      [3, "NCES District ID"],
      [4, "State"],
      [5, "ZIP"],
      [6, "ZIP 4-digit"],
      [7, "District Name"],
      [8, "District Name"],
      [9, "Status"],
      [10, "Phone"],
      [11, "NCES District ID"],
      [12, "row"],
      [13, "District Name"],
      [14, "NCES District ID"],
      [15, "District Name"],
      [16, "District Name"],
    ]);
    expect(faults[0]?.sentence).toMatch(/has 6: if a spreadsheet took a leading zero away/);
    expect(faults[3]?.sentence).toMatch(/has 4: if a spreadsheet took a leading zero away/);
  });

  it("of one id are all left out, and what was known of it stays", async () => {
    await using made = await newLedger();
    await taking(made, listOf(EXPORT_HEADER, exported({ name: "As It Was" })));
    const { faults, leftOut, added } = await taking(
      made,
      listOf(EXPORT_HEADER, exported(), exported({ id: "2700417" }), exported({ name: "Other" })),
    );
    expect({ leftOut, added }).toEqual({ leftOut: 2, added: 1 });
    expect(faults).toEqual([
      expect.objectContaining({
        line: 2,
        sentence: "2700105 is also in line 4: none of them is taken",
      }),
      expect.objectContaining({
        line: 4,
        sentence: "2700105 is also in line 2: none of them is taken",
      }),
    ]);
    expect((await listed(made)).map(({ name }) => name)).toEqual([
      "As It Was",
      "Example Prairie Schools",
    ]);
  });
});

describe("a file as a whole", () => {
  it.each([
    ["is empty", "", /the file is empty/],
    ["has a header alone", listOf(EXPORT_HEADER), /a header and no rows/],
    [
      "lacks a column",
      listOf("leaid,name", "2700105,X"),
      /a column is missing: state or st or stab/,
    ],
    [
      "has one twice",
      listOf("leaid,name,st,LEAID", "2700105,X,MN,2"),
      /two columns are called leaid/,
    ],
    [
      "has a quotation mark that is never closed, far down",
      listOf("leaid,name,st", ...Array.from({ length: 40 }, () => "2700105,X,MN"), '2700417,"Y,MN'),
      /opened in row 42 and never closed/,
    ],
    ["has faults in all rows", listOf("leaid,name,st", "1,X,MN"), /all 1 rows have faults/],
    ["is UTF-16 without its mark", Buffer.from(listOf(EXPORT_HEADER), "utf16le"), /zero bytes/],
  ])("that %s is refused, and changes nothing", async (_, text, sentence) => {
    await using made = await newLedger();
    await expect(taking(made, text)).rejects.toMatchObject({
      code: "DISTRICTS_INVALID",
      message: expect.stringMatching(sentence) as string,
    });
    expect(await listed(made)).toEqual([]);
    expect(await verifyAudit(made.ledger)).toBe(0);
  });

  it("may be UTF-8, UTF-16 with its mark, or windows-1252; a row that is neither is told of", async () => {
    await using made = await newLedger();
    const text = listOf(EXPORT_HEADER, exported({ name: "Española" }));
    const forms = [
      Buffer.from(text),
      Buffer.from(`\u{FEFF}${text}`, "utf16le"),
      Buffer.from(text, "latin1"),
    ];
    for (const bytes of forms) {
      expect(await taking(made, bytes)).toMatchObject({ faults: [] });
      expect(await listed(made)).toMatchObject([{ name: "Española" }]);
    }
    const [utf8, latin] = [
      Buffer.from(text),
      Buffer.from(exported({ id: "2700417", name: "Niño" }), "latin1"),
    ];
    const mixed = await taking(made, Buffer.concat([utf8, latin]));
    expect(mixed.faults).toMatchObject([{ line: 2, column: "District Name" }]);
    const none = Buffer.from(
      listOf(EXPORT_HEADER, exported({ name: "Ni?o" })).replace("?", "\u0081"),
      "latin1",
    );
    await expect(taking(made, none)).rejects.toMatchObject({
      facts: { faults: [expect.stringMatching(/^line 2: District Name: has control characters/)] },
    });
  });
});

describe("a second file", () => {
  const extract = listOf(EXTRACT_HEADER, "2700105,Prairie Of 2019,MN,Moose,Moose|Elk,3");
  const full = listOf(EXPORT_HEADER, exported({ zip4: "0042", status: "Closed" }));

  it.each([
    ["the fuller one last", [extract, full]],
    ["the fuller one first", [full, extract]],
  ])("adds to the first, and nothing of the fuller one is lost: %s", async (_, files) => {
    await using made = await newLedger();
    for (const file of files) await taking(made, file);
    expect(await listed(made)).toMatchObject([
      {
        name: "Example Prairie Schools",
        city: "EXAMPLE CITY",
        cities: '["Moose","Elk"]',
        zip: "55001-0042",
        phone: "(555)555-0170",
        status: "Closed",
      },
    ]);
  });

  it("replaces what it says otherwise, and the same one changes nothing", async () => {
    await using made = await newLedger();
    await taking(made, full);
    expect(await taking(made, full)).toMatchObject({ added: 0, changed: 0, same: 1 });
    const moved = listOf(EXPORT_HEADER, exported({ city: "Elk", zip: "55002", status: "Open" }));
    expect(await taking(made, moved)).toMatchObject({ changed: 1 });
    expect(await listed(made)).toMatchObject([
      { city: "Elk", zip: "55002", status: "NotParticipating" },
    ]);
  });
});

describe("the districts of a state", () => {
  const id = parseAgencyId("2700105");
  const card = {
    agency_id: id,
    source: "card" as const,
    signed_card: "",
    fingerprint: "A".repeat(40),
    public_key: "",
    name: "By Its Card",
    state_number: "0105",
    city: "Elk",
    state: "MN",
    zip: "55001",
    phone: "555-555-0199",
    role: "district" as const,
    status: "Participating" as const,
    successor_id: null,
    box: null,
    contacts: null,
    added_at: AT.toISOString(),
    added_by: "example.lead",
    stopped_code: null,
  };

  it("are those of cards and of the directory before those of the list, which adds what they lack", async () => {
    await using made = await newLedger();
    const { ledger } = made;
    await addAgency(ledger, card as never);
    await taking(
      made,
      listOf(EXPORT_HEADER, exported({ zip4: "0042" }), exported({ id: "2700417" })),
    );
    await taking(made, listOf(EXTRACT_HEADER, "2700105,Prairie Of 2019,MN,Moose,Moose|Elk,3"));
    expect(await placesIn(ledger, "MN")).toEqual([
      {
        agencyId: id,
        stateNumber: "0105",
        name: "By Its Card",
        city: "Elk",
        cities: ["Moose", "Elk"],
        state: "MN",
        zip: "55001-0042",
        street: "1 Example St.",
        phone: "555-555-0199",
        status: "Participating",
        successorId: null,
        knownBy: "card",
      },
      expect.objectContaining({ agencyId: "2700417", knownBy: "list" }),
    ]);
    await updateAgency(ledger, id, { source: "listed", status: "NotParticipating" });
    expect(await placesIn(ledger, "MN")).toMatchObject([
      { name: "Example Prairie Schools", knownBy: "list" },
      { agencyId: "2700417" },
    ]);
    await updateAgency(ledger, id, { source: "directory", zip: "55009" });
    expect((await placesIn(ledger, "MN"))[0]).toMatchObject({ knownBy: "directory", zip: "55009" });
  });
});
