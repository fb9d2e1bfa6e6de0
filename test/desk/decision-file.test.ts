import { describe, expect, it } from "vitest";
import { readDecisionFile, type WrittenDecision } from "../../daemon/desk/case/decision-file.ts";
import { decisionForm } from "../../daemon/desk/case/decision-form.ts";
import type { Reference } from "../../daemon/ids.ts";

const reference = "K7QM3F2D" as Reference;
const judging = { reference, today: "2026-11-25" };
const FORM = decisionForm(reference, "undecided");

const read = (text: string | Uint8Array) =>
  readDecisionFile(typeof text === "string" ? Buffer.from(text) : text, judging);

/** The form, with these lines written over. */
const filled = (values: Readonly<Record<string, string>>): string =>
  Object.entries({ "Decided by": "jsmith", ...values }).reduce(
    (text, [name, value]) =>
      text.replace(new RegExp(`^${name}:.*?\\r$`, "m"), () => `${name}: ${value}\r`),
    FORM,
  );

const NOTHING = { decision: null, decidedBy: null, faults: [] };
const release = (more: Partial<WrittenDecision> = {}) => ({
  decision: { kind: "release", notAvailable: [], toFollow: [], ...more },
  decidedBy: "jsmith",
  faults: [],
});

describe("nothing is decided", () => {
  it.each([
    ["by the form as we wrote it", FORM],
    ["by the form of what has left", decisionForm(reference, "released")],
    ["by an empty file", ""],
    ["by blank lines and help", "\r\n# Decision: release\r\n\r\n"],
    [
      "by a form with its hints alone",
      "Decision:  Release,  hold or REJECT\nReason:\nDecided by: your user name",
    ],
  ])("%s", (_, text) => {
    expect(read(text)).toEqual(NOTHING);
  });

  it("by everything but the decision, though it is known who writes", () => {
    expect(read(filled({ Comments: "to be continued" }))).toEqual({
      ...NOTHING,
      decidedBy: "jsmith",
    });
  });
});

describe("a decision is read", () => {
  it.each([
    ["in capitals, with a full stop", filled({ Decision: "RELEASE." }), release()],
    [
      "written behind the hint",
      filled({ Decision: "release, hold or reject  release" }),
      release(),
    ],
    [
      "from lines in any order, case and spacing",
      "DECISION : release\n\ndecided-by:jsmith\nreference: k7qm 3f2d",
      release(),
    ],
    [
      "with sections by their names or our words",
      filled({
        Decision: "release",
        "Not available": "immunizations; Health conditions and discipline : notkept",
      }),
      release({
        notAvailable: [
          { section: "Immunization", reason: "Other" },
          { section: "HealthCondition", reason: "Other" },
          { section: "Discipline", reason: "NotKept" },
        ],
      }),
    ],
    [
      "with what is to follow",
      filled({
        Decision: "release",
        "To follow": "Transcript by 2027-06-15, assessments 2027-01-31",
      }),
      release({
        toFollow: [
          { section: "Transcript", expected: "2027-06-15" },
          { section: "Assessment", expected: "2027-01-31" },
        ],
      }),
    ],
    [
      "with comments of several lines",
      filled({ Decision: "release", Comments: "First.\r\n  Note: call the nurse\r\n\r\nLast." }),
      release({ comments: "First.\nNote: call the nurse\n\nLast." }),
    ],
  ])("%s", (_, text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it.each([
    ["AwaitingFinalMarks"],
    ["awaiting final marks"],
    ["final marks are still to come"],
    ["AwaitingFinalMarks    final marks are still to come"],
  ])("with the reason “%s”", (Reason) => {
    expect(read(filled({ Decision: "hold", Reason, "Hold until": "2026-11-25" }))).toEqual({
      decision: {
        kind: "hold",
        reason: "AwaitingFinalMarks",
        until: "2026-11-25",
        notAvailable: [],
        toFollow: [],
      },
      decidedBy: "jsmith",
      faults: [],
    });
  });

  const spanish = filled({ Decision: "release", Comments: "Niño – “sí”" });
  it.each([
    ["UTF-8 with a byte order mark", Buffer.from(`\u{FEFF}${spanish}`)],
    ["UTF-16 with a mark", Buffer.from(`\u{FEFF}${spanish}`, "utf16le")],
    ["UTF-8 with LF alone", Buffer.from(spanish.replaceAll("\r\n", "\n"))],
  ])("in %s", (_, bytes) => {
    expect(read(bytes)).toEqual(release({ comments: "Niño – “sí”" }));
  });

  it("in windows-1252, which declares nothing", () => {
    const bytes = Buffer.from(
      filled({ Decision: "release", Comments: "Ni\u00f1o \u0096 \u0093s\u00ed\u0094" }),
      "latin1",
    );
    expect(read(bytes)).toEqual(release({ comments: "Niño – “sí”" }));
  });
});

describe("a fault is said", () => {
  it.each([
    [
      { Decision: "release or hold" },
      "Decision: “release or hold” are 2 decisions. Write one of them.",
    ],
    [{ Decision: "released" }, "Decision: “released” is no decision, did you mean release?"],
    [
      { Decision: "yes" },
      "Decision: “yes” is no decision. Write one of release, hold, reject, withdraw, supplement or recall.",
    ],
    [{ Decision: "hold" }, "Reason: is missing. A hold needs one of the codes in the list."],
    [
      { Decision: "hold", Reason: "AwaitngFinalMarks" },
      "Reason: “AwaitngFinalMarks” is none of the codes, did you mean AwaitingFinalMarks?",
    ],
    [
      { Decision: "release", Reason: "FeesOwed" },
      "Reason: a release has none. Empty that line, or write another Decision.",
    ],
    [
      { Decision: "release", "Hold until": "2027-01-01" },
      "Hold until: is for hold alone. Empty that line, or write hold as the Decision.",
    ],
    [
      { Decision: "hold", Reason: "Other", "Hold until": "2027-02-30" },
      "Hold until: there is no day 2027-02-30 in the calendar.",
    ],
    [
      { Decision: "hold", Reason: "Other", "Hold until": "6/15/2027" },
      "Hold until: write the day 6/15/2027 like this: 2027-06-15.",
    ],
    [
      { Decision: "hold", Reason: "Other", "Hold until": "2026-11-24" },
      "Hold until: 2026-11-24 is past.",
    ],
    [
      { Decision: "hold", Reason: "Other", "Hold until": "June" },
      "Hold until: “June” is no day. Write it like 2027-06-15.",
    ],
    [
      { Decision: "release", "Not available": "Transkript" },
      "Not available: “Transkript” is no section of a record, did you mean Transcript?",
    ],
    [
      { Decision: "release", "Not available": "Discipline:NotKpt" },
      "Not available: “NotKpt” is no reason known here, did you mean NotKept?",
    ],
    [
      { Decision: "release", "To follow": "Transcript" },
      "To follow: say by when “Transcript” will come, like Transcript by 2027-06-15.",
    ],
    [
      {
        Decision: "release",
        "Not available": "Transcript",
        "To follow": "Transcript by 2027-06-15",
      },
      "Transcript stands under Not available and under To follow.",
    ],
    [
      { Decision: "release", Reference: "AAAA-BBBB" },
      "Reference: AAAA-BBBB is another request. This folder belongs to K7QM-3F2D: decide about each request in its own folder.",
    ],
    [
      { Decision: "release", Reference: "" },
      "Reference: is missing: write K7QM-3F2D there, if this is the form of that request.",
    ],
  ])("of %j", (values, fault) => {
    expect(read(filled(values))).toMatchObject({ decision: null, faults: [fault] });
  });

  it("of a line whose name is misspelled, also behind comments", () => {
    const text = `${FORM.split("#", 1)[0]}Comments: fine\nDecison: release\n`;
    expect(read(text).faults).toEqual([
      "“Decison: release” is not a line of the form, did you mean Decision?",
      "No decision could be found: behind “Decision:” there is nothing.",
    ]);
  });

  it("of comments without an end", () => {
    const { faults } = read(filled({ Decision: "release", Comments: "x".repeat(4001) }));
    expect(faults).toEqual(["Comments: is longer than 4000 characters."]);
  });

  it.each(["Decision = release", "Decision release", "decison"])("of the line %s", (line) => {
    expect(read(line).faults[0]).toBe(
      `“${line}” is not a line of the form, did you mean Decision?`,
    );
  });

  it("of another text, without saying each of its lines", () => {
    const { faults } = read("Lorem ipsum\n".repeat(16_000));
    expect(faults.length).toBeLessThan(15);
    expect(faults).toContain("15990 more lines are none of the form.");
  });

  it("of two decisions on two lines", () => {
    expect(read(`${filled({ Decision: "release" })}Decision: hold\n`).faults).toContain(
      "“Decision:” stands there 2 times.",
    );
  });

  it.each([
    ["a Word document", Buffer.from("504b03040000", "hex")],
    ["rich text", Buffer.from("{\\rtf1 Decision: release}")],
  ])("of %s", (_, bytes) => {
    expect(read(bytes).faults).toEqual([
      "decision.txt is not a plain text: save it again as plain text (in Notepad: Save As, UTF-8).",
    ]);
  });

  it("on one line, whatever was written", () => {
    const [fault] = read(filled({ Decision: `\u202Ego\u0007 ${"x".repeat(100)}` })).faults;
    expect(fault).toMatch(/^[\p{L}\p{N}\p{P}\p{S} ]+$/u);
  });
});
