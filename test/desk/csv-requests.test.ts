import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Decision, WantedRequest } from "../../daemon/desk/decision.ts";
import type { DecisionResult } from "../../daemon/desk/answers.ts";
import { PacketboatError } from "../../daemon/errors.ts";
import { HEADER, list, row } from "./csv.ts";
import { LISTS, Office, PowerCut } from "./office.ts";
import { message, PDF, release, request, requests } from "./outbox.ts";

let office: Office;
/** What was asked, in its order. */
let asked: WantedRequest[];

beforeEach(async () => {
  office = await Office.open();
  asked = [];
  office.refuse = note;
});
afterEach(() => office.close());

const note = (decision: Decision): void => {
  if (decision.kind === "request") asked.push(decision.request);
};

/** Drop a list and take it. @returns what became of it and each row */
async function take(content: string | Uint8Array, name = "list.csv") {
  await office.drop(name, content);
  const [taken] = await office.take();
  if (!taken || !("results" in taken)) throw new Error("it was not answered");
  return taken;
}

const results = async (content: string | Uint8Array): Promise<readonly DecisionResult[]> =>
  (await take(content)).results;

/** The faults of a list that was refused as a whole. */
async function faultsOf(content: string | Uint8Array): Promise<string> {
  const taken = await take(content);
  expect(taken.outcome).toBe("refused");
  expect(taken.results).toHaveLength(1);
  expect(asked).toEqual([]);
  expect(await office.names("refused")).toEqual(["list.csv", "list.csv.faults.txt"]);
  return taken.results[0]?.message ?? "";
}

/** The only row of a list with this value. */
const rowWith = (column: (typeof HEADER)[number], value: string): string =>
  list([row({ [column]: value })]);

describe("a list of requests", () => {
  it("asks once for each row, and is answered like a document", async () => {
    const taken = await take(list([row(), row({ SourceReference: "S-2", FirstName: "Jo" })]));
    expect(taken).toMatchObject({
      outcome: "taken",
      results: [
        { sourceReference: "S-1", row: 2, outcome: "taken", status: "Requested" },
        { sourceReference: "S-2", row: 3, outcome: "taken" },
      ],
    });
    expect(asked).toMatchObject([
      { to: "2700105", student: { LastOrSurname: "Abrams", FirstName: "Jenna" } },
      { to: "2700105", student: { LastOrSurname: "Abrams", FirstName: "Jo" } },
    ]);
    expect(await office.names("sent")).toEqual(["list.csv", "list.csv.result.json"]);
    expect(await office.names("refused")).toEqual([]);
  });

  it("asks for the same as the same request in XML", async () => {
    await take(list([row()]));
    await office.drop(
      "a.xml",
      requests(request("<SourceReference>S-1</SourceReference><To>2700105</To>")),
    );
    expect(await office.take()).toMatchObject([{ outcome: "known" }]);
  });

  it("has columns of other names, in any order, and others that say nothing to us", async () => {
    office.more = {
      lists: {
        ...LISTS,
        columns: {
          "Student ID": "SourceReference",
          "Last Name": "LastOrSurname",
          DOB: "Birthdate",
          "Comment / note": "Comments",
        },
        fixed: { MembershipType: "Home", To: "2700105", SchoolYear: "2024-25" },
        dateFormat: "MM/dd/yyyy",
      },
    };
    const text = [
      "Homeroom,\u00a0dob ,LAST  NAME,firstname,sex,gradelevel,Student ID,Enrollmententrydate,NameOfInstitution,Comment / note",
      'B7,2/12/2009,"Abrams, Jr",Jenna,f,9,47311,07/25/2024,Example High School,"two\nlines"',
    ].join("\r\n");
    expect(await results(text)).toMatchObject([{ outcome: "taken", sourceReference: "47311" }]);
    expect(asked).toMatchObject([
      {
        to: "2700105",
        student: {
          LastOrSurname: "Abrams, Jr",
          Sex: "Female",
          Birthdate: "2009-02-12",
          GradeLevel: "09",
        },
        enrollment: { SchoolYear: "2024-2025", EnrollmentEntryDate: "2024-07-25" },
        comments: "two\nlines",
      },
    ]);
  });

  it("may hold everything that a request may say", async () => {
    const more = {
      MiddleName: "Marie",
      GenerationCodeOrSuffix: "III",
      DistrictStudentId: '="00123"',
      StateStudentId: "0004820091173",
      SchoolId: "390041700123",
      EnrollmentExitDate: "2025-06-05",
      EntryType: "1823",
      PreviousAgencyId: "2700105",
      PreviousSchoolId: "270010500123",
      PreviousNameOfInstitution: "Example Prairie High School",
      PreviousCity: "Prairie Lake",
      PreviousState: "mn",
      Purpose: "r02",
      LegitimateInterest: "Enrollment",
      ExpediteReason: "Foster Care",
      RequestedByParent: "Y",
      RequestedSection: "transcript, Health Condition;Enrollment",
      DecidedBy: "north.registrar",
    };
    const header = [...HEADER, ...Object.keys(more)].join("\t");
    await take(`${header}\n${[...row(), ...Object.values(more)].join("\t")}\n`);
    expect(asked).toEqual([
      {
        to: "2700105",
        student: {
          LastOrSurname: "Abrams",
          FirstName: "Jenna",
          MiddleName: "Marie",
          GenerationCodeOrSuffix: "III",
          Sex: "Female",
          Birthdate: "2009-02-12",
          GradeLevel: "10",
          StudentIdentification: [
            { StudentIdentificationSystem: "District", StudentIdentifier: "00123" },
            { StudentIdentificationSystem: "State", StudentIdentifier: "0004820091173" },
          ],
        },
        enrollment: {
          SchoolId: "390041700123",
          NameOfInstitution: "Example High School",
          SchoolYear: "2024-2025",
          EnrollmentEntryDate: "2024-07-25",
          EnrollmentExitDate: "2025-06-05",
          EntryType: "1823",
          MembershipType: "Home",
        },
        previousSchool: {
          AgencyId: "2700105",
          SchoolId: "270010500123",
          NameOfInstitution: "Example Prairie High School",
          AddressCity: "Prairie Lake",
          StateAbbreviation: "MN",
        },
        purpose: "R02",
        legitimateInterest: "Enrollment",
        expediteReason: "FosterCare",
        requestedByParent: true,
        sections: ["Transcript", "HealthCondition", "Enrollment"],
      },
    ]);
    expect(await office.decided()).toEqual(["request, north.registrar"]);
  });

  it.each([
    ["windows-1252", Buffer.from(list([row({ LastOrSurname: "Pe\u00f1a\u0092s" })]), "latin1")],
    ["UTF-8", Buffer.from(list([row({ LastOrSurname: "Pe\u00f1a\u2019s" })]))],
    [
      "UTF-8 with a mark",
      Buffer.from(`\u{FEFF}${list([row({ LastOrSurname: "Pe\u00f1a\u2019s" })])}`),
    ],
    [
      "UTF-16 with tabs, as Excel's Unicode text",
      Buffer.from(`\u{FEFF}${list([row({ LastOrSurname: "Pe\u00f1a\u2019s" })], "\t")}`, "utf16le"),
    ],
  ])("keeps every letter of a name in %s", async (_, bytes) => {
    await take(bytes);
    expect(asked).toMatchObject([{ student: { LastOrSurname: "Pe\u00f1a\u2019s" } }]);
  });

  it.each([",", ";", "\t", "|"])("may have its columns apart by %j", async (delimiter) => {
    expect(await results(list([row()], delimiter))).toMatchObject([{ outcome: "taken" }]);
  });

  it("may tell Excel what stands between its columns; rows are counted as Excel does", async () => {
    const text = `sep=;\r\n${list([row({ Sex: "?" })], ";")}`;
    expect(await results(text)).toMatchObject([{ outcome: "refused", row: 2 }]);
  });

  it("may have blank lines and a last line of commas", async () => {
    const text = `${list([row()])}\r\n,,,,,,,,,,\r\n${row({ SourceReference: "S-2" }).join(",")}\r\n,,,,,,,,,,,,`;
    expect(await results(text)).toMatchObject([{ row: 2 }, { row: 5 }]);
  });

  it.each([
    ["Sex", "f", { student: { Sex: "Female" } }],
    ["Sex", " X\u00a0", { student: { Sex: "Non-binary" } }],
    ["GradeLevel", "K", { student: { GradeLevel: "KG" } }],
    ["GradeLevel", "9th", { student: { GradeLevel: "09" } }],
    ["GradeLevel", "09", { student: { GradeLevel: "09" } }],
    ["SchoolYear", "2026/27", { enrollment: { SchoolYear: "2026-2027" } }],
    ["SchoolYear", "2026\u20132027", { enrollment: { SchoolYear: "2026-2027" } }],
    ["Birthdate", "2009-02-12 0:00", { student: { Birthdate: "2009-02-12" } }],
    ["FirstName", "Mary\u00a0Ann ", { student: { FirstName: "Mary Ann" } }],
    ["LastOrSurname", 'O"Neal', { student: { LastOrSurname: 'O"Neal' } }],
    ["MembershipType", "HOME", { enrollment: { MembershipType: "Home" } }],
    ["To", '"=""0600105"""', { to: "0600105" }],
  ] as const)("reads %s %j", async (column, value, expected) => {
    expect(await results(rowWith(column, value))).toMatchObject([{ outcome: "taken" }]);
    expect(asked).toMatchObject([expected]);
  });

  it.each([
    ["Birthdate", "2009-02-30", /^Birthdate: must be a day of the calendar/],
    ["Birthdate", "2/12/2009", /^Birthdate: must be a date like yyyy-MM-dd/],
    ["Birthdate", "39856", /a number as a spreadsheet counts days/],
    ["GradeLevel", "0", /^GradeLevel: must be 01 to 13/],
    ["GradeLevel", "Freshman", /^GradeLevel: must be 01 to 13, or one of/],
    ["SchoolYear", "2026", /^SchoolYear: must be a school year like/],
    ["SchoolYear", "2026-28", /two years in a row/],
    ["Sex", "W", /^Sex: must be one of Female, Male/],
    ["To", "600105", /^To: .*and has 6: if a spreadsheet took a leading zero away/],
    ["To", "27001O5", /^To: must be the id of a district, 7 digits$/],
    ["FirstName", "", /^FirstName: is empty$/],
    ["FirstName", "#N/A", /an error of the spreadsheet/],
    ["LastOrSurname", "Pe\u{FFFD}a", /letters that were lost/],
    ["LastOrSurname", "x".repeat(76), /^LastOrSurname: must have at most 75 characters$/],
    ["SourceReference", "x".repeat(65), /^SourceReference: must have at most 64 characters$/],
    ["MembershipType", "Full", /^MembershipType: must be one of Home, Concurrent, Summer$/],
  ] as const)("does not guess at %s %j", async (column, value, fault) => {
    const [result] = await results(rowWith(column, value));
    expect(result).toMatchObject({ outcome: "refused", row: 2, code: "DOCUMENT_INVALID" });
    expect(result?.faults).toEqual([expect.stringMatching(fault)]);
    if (value.length > 4) expect(JSON.stringify(result?.faults)).not.toContain(value);
    expect(asked).toEqual([]);
  });

  it("reads dates in the order that the config says, and in no other", async () => {
    office.more = { lists: { ...LISTS, dateFormat: "dd.MM.yyyy" } };
    const text = list([
      row({ Birthdate: "3.6.2009", EnrollmentEntryDate: "25.07.2024" }),
      row({ SourceReference: "S-2", Birthdate: "6/3/2009" }),
      row({ SourceReference: "S-3", Birthdate: "02.30.2009" }),
    ]);
    expect(await results(text)).toMatchObject([
      { outcome: "taken" },
      { outcome: "refused" },
      { outcome: "refused" },
    ]);
    expect(asked).toMatchObject([{ student: { Birthdate: "2009-06-03" } }]);
  });
});

describe("rows that are refused", () => {
  const mixed = list([
    row(),
    row({ SourceReference: "S-2", Birthdate: "2009-02-30", LastOrSurname: "=Pe\u00f1a" }),
    row({ SourceReference: "S-3", Sex: "?", FirstName: '"Jo, ""J"""' }),
  ]);

  it("come back to be mended, and the others are taken", async () => {
    const taken = await take(mixed);
    expect(taken.outcome).toBe("partlyTaken");
    expect(asked).toHaveLength(1);
    expect(await office.names("sent")).toEqual(["list.csv", "list.csv.result.json"]);
    expect(await office.names("refused")).toEqual(["list.csv", "list.csv.faults.txt"]);
    const back = await office.text("refused", "list.csv");
    expect(back.split("\r\n")).toEqual([
      `\u{FEFF}Fault,${HEADER.join(",")}`,
      expect.stringMatching(
        /^"?Birthdate: must be a day of the calendar.*"?,S-2,2700105,=Pe\u00f1a,Jenna,Female,2009-02-30,10,/,
      ),
      expect.stringMatching(/^"Sex: must be one of Female, .*",S-3,2700105,Abrams,"Jo, ""J""",\?,/),
      "",
    ]);
    const faults = await office.text("refused", "list.csv.faults.txt");
    expect(faults).toMatch(
      /^list\.csv was taken, but for 2 rows\. The rest is on its way: do not drop it again\.\r\nMend the rows/,
    );
    expect(faults).toContain("Row 3 (SourceReference S-2): ");
    expect(faults).toContain("Row 4 (SourceReference S-3): ");
    expect(faults.replaceAll("\r\n", "")).not.toContain("\n");
  });

  it("come back the same when nobody mended them", async () => {
    await take(mixed);
    const back = await office.text("refused", "list.csv");
    const again = await take(back, "again.csv");
    expect(again).toMatchObject({ outcome: "refused", results: [{ row: 2 }, { row: 3 }] });
    expect(await office.text("refused", "again.csv")).toBe(back);
    expect(await office.names("intake")).toEqual([]);
    expect(asked).toHaveLength(1);
  });

  it("are taken when they are mended, and the others not again", async () => {
    await take(mixed);
    const back = await office.text("refused", "list.csv");
    const mended = back.replace("2009-02-30", "2009-02-28").replace(",?,", ",M,");
    expect(await take(mended)).toMatchObject({ outcome: "taken", results: [{}, {}] });
    expect(asked).toMatchObject([
      {},
      { student: { LastOrSurname: "=Pe\u00f1a", Birthdate: "2009-02-28" } },
      { student: { FirstName: 'Jo, "J"', Sex: "Male" } },
    ]);
  });

  it("come back in a form that the folder's settings read again", async () => {
    office.more = { lists: { ...LISTS, encoding: "windows-1252", delimiter: "," } };
    const first = Buffer.from(
      `sep=;\r\n${list([row({ LastOrSurname: "Pe\u00f1a", Sex: "?" })], ";")}`,
      "latin1",
    );
    await take(first);
    const back = await office.text("refused", "list.csv");
    expect(back).toContain("Fault;SourceReference;To");
    await take(back.replace(";?;", ";M;"));
    expect(asked).toMatchObject([{ student: { LastOrSurname: "Pe\u00f1a", Sex: "Male" } }]);
  });

  it("come back when the rules refuse them, with what is to be done", async () => {
    office.refuse = (decision) => {
      if (decision.kind === "request" && decision.request.to === "2700106") {
        throw new PacketboatError("PARTNER_UNKNOWN", "no card of agency 2700106 is here");
      }
      note(decision);
    };
    await take(list([row(), row({ SourceReference: "S-2", To: "2700106" })]));
    expect(asked).toHaveLength(1);
    expect(await office.text("refused", "list.csv")).toMatch(
      /\r\n"?no card of agency 2700106 is here\. .*"?,S-2,2700106,/,
    );
  });

  it("say different things under one SourceReference", async () => {
    const text = list([row(), row({ SourceReference: "S-2" }), row({ FirstName: "Jo" })]);
    expect(await results(text)).toMatchObject(
      [
        { row: 2, outcome: "refused", faults: [/row 4 as well/] },
        { row: 3, outcome: "taken" },
        { row: 4, outcome: "refused", faults: [/row 2 as well/] },
      ].map((each) =>
        each.faults ? { ...each, faults: [expect.stringMatching(each.faults[0] as RegExp)] } : each,
      ),
    );
  });

  it("are asked once when they stand there twice", async () => {
    expect(await results(list([row(), row()]))).toMatchObject([
      { outcome: "taken" },
      { outcome: "known", row: 3 },
    ]);
  });

  it("have more fields than there are columns", async () => {
    const text = list([row({ LastOrSurname: "Abrams, Jr" }), row({ SourceReference: "S-2" })]);
    expect(await results(text)).toMatchObject([
      {
        outcome: "refused",
        faults: [expect.stringMatching(/^row: has 12 fields under 11 columns/)],
      },
      { outcome: "taken" },
    ]);
  });

  it.each([
    ['"Jo', "Jo", '"x"'],
    ['"Jo', "Jo", '""'],
    ["Jo", '"Jo', `5'10"`],
  ])("are mixed with the next one by quotation marks: %s, %s, %s", async (first, second, third) => {
    const header = ["SourceReference", "Comments", ...HEADER.slice(1)].join(",");
    const rows = [first, second, third, "plain", "plain"].map((comments, nth) => {
      const [, ...rest] = row({ FirstName: `Student${nth}` });
      return [`S-${nth}`, comments, ...rest].join(",");
    });
    await results([header, ...rows].join("\r\n"));
    for (const { comments = "", student } of asked) {
      expect(comments).not.toContain("Student");
      expect(["Student0", "Student1", "Student2", "Student3", "Student4"]).toContain(
        student.FirstName,
      );
      expect(comments === "plain").toBe(/[34]/.test(student.FirstName));
    }
    expect(asked.length).toBeLessThan(5);
  });

  it("hold other students' rows, because a quotation mark was not closed", async () => {
    const header = `${HEADER.join(",")},Comments`;
    const rows = [
      [...row(), '"new here'],
      [...row({ SourceReference: "S-2" }), "none"],
      [...row({ SourceReference: "S-3" }), 'she said "hi"'],
      row({ SourceReference: "S-4" }),
    ];
    const text = [header, ...rows.map((fields) => fields.join(","))].join("\r\n");
    const found = await results(text);
    expect(found).toMatchObject([{ outcome: "refused", row: 2 }, { outcome: "taken" }]);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.comments).toBeUndefined();
  });
});

describe("a list that is refused as a whole", () => {
  it("misses a column, and is told what it has", async () => {
    const text = list([row()]).replace("Birthdate", "DOB");
    expect(await faultsOf(text)).toMatch(
      /^the column Birthdate is missing; the file has: SourceReference, To, .*DOB.*; map it in packetboat\.yaml under dropFolders\.office\.csv\.columns/,
    );
    expect(await office.text("refused", "list.csv")).toBe(text);
  });

  it("misses a column that the config maps, though we could do without it", async () => {
    office.more = { lists: { ...LISTS, columns: { Note: "Comments" } } };
    expect(await faultsOf(list([row()]))).toMatch(
      /^the column Comments \(in the config: Note\) is missing/,
    );
  });

  it("has two columns of one meaning", async () => {
    office.more = { lists: { ...LISTS, columns: { DOB: "Birthdate" } } };
    const text = list([[...row(), "2009-02-12"]]).replace("MembershipType", "MembershipType,DOB");
    expect(await faultsOf(text)).toMatch(/^the columns Birthdate and DOB both say Birthdate/);
  });

  it("has a header that says nothing to us, which may be somebody's data", async () => {
    await office.drop("list.csv", `${row().join(",")}\r\n${row().join(",")}\r\n`);
    expect(await office.take()).toEqual([]);
    office.seconds += 3600;
    const [taken] = await office.takeNow();
    expect(taken).toMatchObject({ outcome: "refused" });
    const text = await office.text("refused", "list.csv.faults.txt");
    expect(text).toContain("the first row names too few columns that we know");
    expect(text).not.toContain("Abrams");
  });

  it.each([
    ["has a header alone", list([]), /a header and no rows/],
    [
      "is cut in a quoted field",
      `${list([row()])}S-2,2700105,"Abr`,
      /opened in row 3 and never closed/,
    ],
    [
      "has a field without end",
      `${list([row()])}S-2,2700105,"${"x".repeat(100_000 - 700)}`,
      /row 3/,
    ],
    ["has zero bytes", `${list([row()])}\0`, /zero bytes/],
    [
      "has too many faulty rows",
      `${HEADER.join(",")}\n${"a\n".repeat(20_001)}`,
      /more than 1000 rows have faults; row 2: /,
    ],
    [
      "is in another encoding",
      Buffer.from(list([row({ FirstName: "J\u0081n" })]), "latin1"),
      /neither UTF-8 nor/,
    ],
    ["is UTF-16 without its mark", Buffer.from(list([row()]), "utf16le"), /zero bytes/],
  ] as const)("%s", async (_, content, sentence) => {
    await office.drop("list.csv", content);
    await office.take();
    office.seconds += 3600;
    const more = await office.takeNow();
    expect(more.length).toBeLessThan(2);
    const text = await office.text("refused", "list.csv.faults.txt");
    expect(text).toMatch(sentence);
    expect(asked).toEqual([]);
  });

  it("is empty", async () => {
    await office.drop("list.csv", "");
    await office.take();
    office.seconds += 3600;
    await office.takeNow();
    expect(await office.text("refused", "list.csv.faults.txt")).toContain("the file is empty");
  });

  it("has semicolons where the config says commas", async () => {
    office.more = { lists: { ...LISTS, delimiter: "," } };
    expect(await faultsOf(list([row()], ";"))).toMatch(
      /separated by semicolons, and the config says commas/,
    );
  });

  it("is UTF-8 where the config says windows-1252, and would have strange names", async () => {
    office.more = { lists: { ...LISTS, encoding: "windows-1252" } };
    expect(await faultsOf(list([row({ LastOrSurname: "Pe\u00f1a" })]))).toMatch(
      /is UTF-8, not windows-1252/,
    );
  });

  it("is not UTF-8 where the config says so", async () => {
    office.more = { lists: { ...LISTS, encoding: "utf-8" } };
    expect(
      await faultsOf(Buffer.from(list([row({ LastOrSurname: "Pe\u00f1a" })]), "latin1")),
    ).toMatch(/is not UTF-8/);
  });
});

describe("a list that belongs to a release", () => {
  it("is sent with it, though it looks like a list of requests", async () => {
    await office.drop("list.csv", list([row()]));
    await office.drop("release.xml", message(release("list.csv")));
    expect(await office.take()).toMatchObject([{ fileName: "release.xml", outcome: "taken" }]);
    expect(await office.decided()).toEqual(["release, nobody, list.csv text/csv"]);
    expect(await office.names("outbox")).toEqual([]);
  });

  it("waits for the other documents of the release", async () => {
    await office.drop("list.csv", list([row()]));
    await office.drop("release.xml", message(release("list.csv", "a.pdf")));
    expect(await office.take()).toMatchObject([{ fileName: "release.xml", outcome: "waiting" }]);
    expect(await office.take()).toMatchObject([{ fileName: "release.xml", outcome: "waiting" }]);
    expect(await office.names("outbox")).toEqual(["list.csv"]);
    await office.drop("a.pdf", PDF);
    expect(await office.take()).toMatchObject([{ fileName: "release.xml", outcome: "taken" }]);
    expect(asked).toEqual([]);
  });
});

describe("the same list again", () => {
  it("asks nothing twice, under another name, in another order, and takes what is new", async () => {
    await take(list([row(), row({ SourceReference: "S-2" })]));
    const again = list(
      [row({ SourceReference: "S-3" }), row({ SourceReference: "S-2" }), row()],
      ";",
    );
    expect(await take(again, "list (1).csv")).toMatchObject({
      outcome: "taken",
      results: [{ outcome: "taken" }, { outcome: "known", row: 3 }, { outcome: "known", row: 4 }],
    });
    expect(asked).toHaveLength(3);
    expect(await take(again, "list (1).csv")).toMatchObject({ outcome: "known" });
    expect(asked).toHaveLength(3);
  });

  it("is known row by row without a SourceReference, too", async () => {
    const without = list([row({ SourceReference: "" })]);
    await take(without);
    expect(await take(without)).toMatchObject({ outcome: "known" });
  });
});

describe("a list whose taking is cut off", () => {
  const text = list([
    row(),
    row({ SourceReference: "S-2", Sex: "?" }),
    row({ SourceReference: "S-3" }),
  ]);
  const all = list([row({ Sex: "?" })]);

  it.each([
    "claimed",
    "moved",
    "read",
    "staged",
    "decided",
    "cleared",
    "prepared",
    "settled",
    "shown returned",
    "shown document",
    "shown faults",
    "shown result",
    "answered",
  ] as const)("at the point %s is asked once, and answered once", async (point) => {
    await office.drop("list.csv", text);
    await office.drop("all.csv", all);
    // A third time it would be poison.
    for (let times = 0; times < 2; times++) {
      const cut = office.take((passed) => {
        if (passed === point) throw new PowerCut();
      });
      await cut.catch((error: unknown) => {
        if (!(error instanceof PowerCut)) throw error;
      });
      await office.restart();
    }
    while ((await office.take()).length > 0);
    expect((await office.decided()).length).toBe(2);
    expect(await office.names("outbox")).toEqual([]);
    expect(await office.names("intake")).toEqual([]);
    expect(await office.names("sent")).toEqual(["list.csv", "list.csv.result.json"]);
    expect(await office.names("refused")).toEqual([
      "all.csv",
      "all.csv.faults.txt",
      "list.csv",
      "list.csv.faults.txt",
    ]);
    expect(await office.text("refused", "list.csv")).toMatch(
      /^.Fault,[^\n]*\r\n[^\n]*,S-2,[^\n]*\r\n$/,
    );
    expect(await office.text("refused", "all.csv")).toMatch(/^.Fault,/);
  });
});
