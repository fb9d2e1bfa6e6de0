import { describe, expect, it } from "vitest";
import type { StudentRecord } from "../../daemon/packet/model.gen.ts";
import { REDISCLOSURE_NOTICE } from "../../daemon/transfer/notice.ts";
import {
  disclosedSections,
  qualifierOf,
  SECTIONS,
  whatCame,
} from "../../daemon/transfer/sections.ts";
import schema from "../../schemas/transfer.schema.json" with { type: "json" };
import {
  attachmentOf,
  documentNamed,
  recordOf,
  releaseOf,
  requestFrom,
  transcript,
} from "./cast.ts";

const absent = (NotAvailableReason: "NotKept" | "NotPermitted" | "HeldElsewhere") => ({
  NotAvailable: { NotAvailableReason },
});
const later = { ToFollow: { ExpectedDate: "2024-09-01", Comments: "With the final marks." } };

it("names the sections that the schema knows, in its order", () => {
  expect(SECTIONS).toEqual(schema.$defs.SectionName.enum);
});

it("says the notice of 34 CFR 99.33 word for word as the schema has it", () => {
  expect(REDISCLOSURE_NOTICE).toBe(schema.$defs.RedisclosureNotice.const);
});

describe("what came", () => {
  const release = releaseOf({
    StudentRecord: {
      ...recordOf(),
      Attendance: later,
      Discipline: absent("NotPermitted"),
      Immunization: { Attached: { FileName: ["shots.pdf", "shots-2.pdf"] } },
    },
    Attachment: [
      attachmentOf(documentNamed("shots.pdf", "Immunization")),
      attachmentOf(documentNamed("shots-2.pdf")),
      attachmentOf(documentNamed("marks.pdf", "Transcript")),
    ],
  });
  const told = new Map(whatCame(requestFrom(), [release]).map((each) => [each.section, each]));

  it("tells of every section, in the order of the record", () => {
    expect([...told.keys()]).toEqual(SECTIONS);
  });

  it("tells what is there, and the documents that belong to it", () => {
    expect(told.get("Transcript")).toMatchObject({
      outcome: "present",
      words: "came",
      files: ["marks.pdf"],
    });
    expect(told.get("Immunization")).toMatchObject({
      outcome: "attached",
      words: "came as 2 documents",
      files: ["shots.pdf", "shots-2.pdf"],
    });
  });

  it("tells why something is not there, and when it will be", () => {
    expect(told.get("Attendance")).toMatchObject({
      outcome: "toFollow",
      words: "to follow, expected 2024-09-01",
      comments: "With the final marks.",
    });
    expect(told.get("Discipline")?.words).toBe("not available: may not be released");
  });

  it("tells that something was asked for, and nothing said about it", () => {
    const bare = releaseOf({
      StudentRecord: { Student: release.StudentRecord.Student, ...transcript },
    });
    const outcomes = whatCame(requestFrom({ RequestedSection: ["Transcript", "Program"] }), [bare]);
    const words = outcomes.map(({ section, words: phrase }) => [section, phrase]);
    expect(Object.fromEntries(words)).toMatchObject({
      Transcript: "came",
      Program: "asked for, and nothing was said about it",
      Discipline: "not asked for",
    });
  });

  it("tells what came without having been asked for", () => {
    const outcomes = whatCame(requestFrom({ RequestedSection: ["Program"] }), [releaseOf()]);
    const marks = outcomes.find(({ section }) => section === "Transcript");
    expect(marks).toMatchObject({ asked: false, words: "came, though not asked for" });
  });

  it("counts a supplement that brings what was to follow, and none that says it again", () => {
    const first = releaseOf({ StudentRecord: recordOf({ Transcript: later }) });
    const second = releaseOf({ TransmissionType: "Supplement" });
    const third = releaseOf({ StudentRecord: recordOf({ Transcript: later }) });
    const outcomes = whatCame(requestFrom(), [first, second, third]);
    expect(outcomes.find(({ section }) => section === "Transcript")?.outcome).toBe("present");
  });
});

describe("a release is", () => {
  const qualifier = (changes: Partial<StudentRecord>, asked = SECTIONS): string =>
    qualifierOf(recordOf(changes), asked);

  it("full if what is not there does not exist", () => {
    expect(qualifier({ Program: absent("NotKept") })).toBe("Full");
  });

  it.each([
    ["to follow", later],
    ["not permitted", absent("NotPermitted")],
    ["held elsewhere", absent("HeldElsewhere")],
  ])("partial if a section is %s", (_, section) => {
    expect(qualifier({ Program: section })).toBe("Partial");
  });

  it("full if only what was not asked for is kept back", () => {
    const asked = SECTIONS.filter((name) => name !== "Program");
    expect(qualifierOf(recordOf({ Program: absent("NotPermitted") }), asked)).toBe("Full");
  });

  it("a disclosure of the sections that it has, as data or as documents", () => {
    const documents = [attachmentOf(documentNamed("plan.pdf", "Program"))];
    expect(disclosedSections(releaseOf({ Attachment: documents }))).toEqual([
      "Transcript",
      "Program",
    ]);
  });
});
