import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { aboutWhat, withDocuments } from "../../daemon/desk/decision.ts";
import { looksLikeDecisions, readDecisions, type Reading } from "../../daemon/desk/documents.ts";
import { isRefusal, type PacketboatError } from "../../daemon/errors.ts";
import { parseAgencyId } from "../../daemon/ids.ts";
import { message, release, request, requests } from "./outbox.ts";

const MANY_BYTES = 1_000_000;
const students = fileURLToPath(new URL("../../fixtures/students/", import.meta.url));

const read = (text: string | Uint8Array) => readDecisions(Buffer.from(text as string), MANY_BYTES);

function only(readings: readonly Reading[]): Reading {
  const [first, ...others] = readings;
  if (!first || others.length > 0) throw new Error(`${readings.length} readings, not one`);
  return first;
}

function decisionIn(text: string) {
  const { says } = only(read(text));
  if ("refusal" in says) throw says.refusal;
  return says.decision;
}

function refusalOf(reading: () => unknown): PacketboatError {
  try {
    reading();
  } catch (error) {
    if (isRefusal(error)) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

function faultsIn(text: string): unknown {
  const { says } = only(read(text));
  return "refusal" in says ? says.refusal.facts["faults"] : [];
}

describe("an outbox message", () => {
  it("asks for a student's records, with what is usual where nothing is said", () => {
    expect(decisionIn(message(request()))).toMatchObject({
      kind: "request",
      request: {
        to: "2700105",
        student: { FirstName: "Jenna", Birthdate: "2009-02-12", GradeLevel: "10" },
        enrollment: { EnrollmentEntryDate: "2024-07-25" },
        purpose: "R01",
        legitimateInterest: "Enrollment of the student",
      },
    });
  });

  it("says who decides, and what the office's software calls it", () => {
    const named = "<SourceReference>4711</SourceReference><DecidedBy>jdoe</DecidedBy>";
    expect(only(read(message(named + request())))).toMatchObject({
      number: 1,
      sourceReference: "4711",
      decidedBy: "jdoe",
    });
  });

  it("asks again about a transfer, and changes nothing it does not name", () => {
    const first = "<Resubmits>k7qm3f2d</Resubmits>";
    const decision = decisionIn(
      message(request(first, "<RequestedByParent>true</RequestedByParent>")),
    );
    expect(decision).toMatchObject({
      kind: "resubmit",
      about: { reference: "K7QM3F2D" },
      changes: { requestedByParent: true },
      to: null,
    });
    expect(decision).not.toHaveProperty("changes.purpose");
  });

  const about = { reference: "K7QM3F2D" };
  it.each([
    [
      "<Hold><Reference>K7QM-3F2D</Reference><ReasonCode>FeesOwed</ReasonCode><HoldUntil>2024-08-01</HoldUntil></Hold>",
      {
        kind: "answer",
        about,
        answer: { status: "Hold", reason: "FeesOwed", until: "2024-08-01" },
      },
    ],
    [
      "<Reject><Reference>K7QM-3F2D</Reference><ReasonCode>NotOurStudent</ReasonCode><Comments>No.</Comments></Reject>",
      {
        kind: "answer",
        about,
        answer: { status: "Rejected", reason: "NotOurStudent", comments: "No." },
      },
    ],
    ["<Withdraw><Reference>K7QM-3F2D</Reference></Withdraw>", { kind: "withdraw", about }],
    [
      "<Recall><Reference>K7QM-3F2D</Reference><ReasonCode>WrongStudent</ReasonCode></Recall>",
      { kind: "recall", about, recall: { reason: "WrongStudent" } },
    ],
    [
      "<Cancel><Reference>K7QM-3F2D</Reference><Comments>Moved away.</Comments></Cancel>",
      { kind: "cancel", about, comments: "Moved away." },
    ],
    ["<Imported><Reference>K7QM-3F2D</Reference></Imported>", { kind: "imported", about }],
    [
      "<Release><Reference>K7QM-3F2D</Reference><Comments>Good luck.</Comments></Release>",
      { kind: "release", about, release: { comments: "Good luck.", documents: [] } },
    ],
    [
      "<Release><Reference>K7QM-3F2D</Reference><Supplement>true</Supplement></Release>",
      { kind: "supplement", about, release: { documents: [] } },
    ],
  ])("reads %s", (inner, decision) => {
    expect(decisionIn(message(inner))).toEqual(decision);
  });

  it("names a transfer by its whole id too", () => {
    const id = "01938a2e-7c3d-7aaa-8bbb-0123456789ab";
    const decision = decisionIn(message(`<Withdraw><Reference>${id}</Reference></Withdraw>`));
    expect(decision).toEqual({ kind: "withdraw", about: { transferId: id } });
  });

  it("names the documents that lie beside it, with their sections", () => {
    const inner = `<Release><Reference>K7QM-3F2D</Reference>
      <Document><FileName>transcript.pdf</FileName><SectionName>Transcript</SectionName></Document>
      <Document><FileName>note.txt</FileName></Document></Release>`;
    const { says } = only(read(message(inner)));
    expect(says).toHaveProperty("documents", [
      { fileName: "transcript.pdf", section: "Transcript" },
      { fileName: "note.txt" },
    ]);
  });

  it("takes the documents that were found into the decision", () => {
    const found = { fileName: "a.pdf", mediaType: "application/pdf", stagedPath: "/s/1" } as const;
    const decision = withDocuments(decisionIn(message(release("a.pdf"))), [found]);
    expect(decision).toHaveProperty("release.documents", [found]);
  });

  it("reads the students in the fixtures, told beside them what they leave out", async () => {
    const asked = readDecisions(await readFile(`${students}abrams-jenna.xml`), MANY_BYTES, {
      to: parseAgencyId("2700105"),
    });
    expect(only(asked).says).toMatchObject({ decision: { request: { to: "2700105" } } });
    const released = readDecisions(
      await readFile(`${students}abrams-jenna.record.xml`),
      MANY_BYTES,
      {
        about: aboutWhat("K7QM-3F2D"),
      },
    );
    expect(only(released).says).toMatchObject({
      decision: { kind: "release", about, release: { record: { Race: ["1002"] } } },
      documents: [{ section: "Transcript" }, { section: "Immunization" }],
    });
  });
});

describe("what an office's editor does to a document", () => {
  const jose = message(request("<To>2700105</To>", "<Comments>José is her guardian.</Comments>"));
  const said = { decision: { request: { comments: "José is her guardian." } } };

  it.each([
    ["UTF-8 with a byte order mark", Buffer.from(`\u{feff}${jose}`)],
    ["lines that end with CR and LF", Buffer.from(jose.replaceAll("\n", "\r\n"))],
    ["declared windows-1252", Buffer.from(jose.replace("utf-8", "windows-1252"), "latin1")],
    [
      "UTF-16 with a byte order mark",
      Buffer.from(`\u{feff}${jose.replace("utf-8", "utf-16")}`, "utf16le"),
    ],
    ["comments", Buffer.from(jose.replace("<Request>", "<!-- new --><Request><!-- 1 -->"))],
    [
      "a prefix",
      Buffer.from(jose.replaceAll(/<(\/?)(?=[A-Z])/g, "<$1pb:").replace("xmlns=", "xmlns:pb=")),
    ],
  ])("does not matter: %s", (_, bytes) => {
    expect(only(read(bytes)).says).toMatchObject(said);
  });

  it("leaves the digest of what is decided as it was", () => {
    const plain = only(read(jose)).digest;
    const edited = jose.replaceAll("\n", "\r\n").replaceAll("><", "> <");
    expect(only(read(edited)).digest).toBe(plain);
    expect(only(read(jose.replace("guardian", "father"))).digest).not.toBe(plain);
  });
});

describe("a document that is refused", () => {
  it("tells every fault with its place at once", () => {
    const text = message(
      request("<To>27</To>")
        .replace("2009-02-12", "2009-02-30")
        .replace("<Sex>Female</Sex>", "<Gender>F</Gender>"),
    );
    const { code, facts } = refusalOf(() => read(text));
    expect(code).toBe("DOCUMENT_INVALID");
    const faults = (facts["faults"] as string[]).join("\n");
    expect(faults).toContain("Request/To: ");
    expect(faults).toContain("Request/Student/Birthdate: must be a day of the calendar");
    expect(faults).toContain("Request/Student/Gender: unknown element");
    expect(faults).toContain("Request/Student: Sex is required");
  });

  it.each([
    [
      "no transfer",
      "<Release><Comments>x</Comments></Release>",
      ["Release: Reference is required"],
    ],
    [
      "a reference with a letter that no reference has",
      "<Withdraw><Reference>UUUU-UUUU</Reference></Withdraw>",
      ["Withdraw/Reference: must be a reference like K7QM-3F2D"],
    ],
    [
      "a file twice and a wrong media type",
      `<Release><Reference>K7QM-3F2D</Reference>
        <Document><FileName>a.pdf</FileName><MediaType>image/png</MediaType></Document>
        <Document><FileName>A.PDF</FileName></Document></Release>`,
      [
        "Release/Document[1]/MediaType: must be application/pdf, as the ending of the name says",
        "Release/Document[2]/FileName: names a file for the second time",
      ],
    ],
  ])("has %s", (_, inner, faults) => {
    expect(faultsIn(message(inner))).toEqual(faults);
  });

  it.each([
    ["nothing", ""],
    ["two things", `${request()}<Withdraw><Reference>K7QM-3F2D</Reference></Withdraw>`],
  ])("says %s", (_, inner) => {
    const faults = faultsIn(message(inner));
    expect(faults).toEqual([expect.stringContaining("must hold exactly one of Request, Release")]);
  });

  it.each([
    [
      "another root",
      `<OutboxMesage xmlns="urn:packetboat:outbox:1"/>`,
      "did you mean OutboxMessage?",
    ],
    ["half a document", message(request()).slice(0, 300), "is not well-formed XML"],
    ["another namespace", "<OutboxMessage><Request/></OutboxMessage>", "outside the namespace"],
    ["a DOCTYPE", `<!DOCTYPE x><Requests/>`, "has a DOCTYPE"],
    ["nothing at all", "", "not well-formed"],
  ])("is %s", (_, text, words) => {
    const { code, message: sentence } = refusalOf(() => read(text));
    expect(code).toBe("DOCUMENT_INVALID");
    expect(sentence).toContain(words);
  });

  it("is larger than the limit", () => {
    const text = Buffer.from(message(request()));
    expect(refusalOf(() => readDecisions(text, 100)).message).toContain("bytes, more than 100");
  });

  it("says otherwise than the command line", () => {
    const beside = { to: parseAgencyId("3900417"), about: aboutWhat("AAAA-AAAA") };
    const says = (text: string) => only(readDecisions(Buffer.from(text), MANY_BYTES, beside)).says;
    expect(says(message(request()))).toHaveProperty("refusal.facts.faults", [
      "Request/To: names another district than was meant",
    ]);
    expect(says(message(release()))).toHaveProperty("refusal.facts.faults", [
      "Release/Reference: names another transfer than the one that was meant",
    ]);
  });
});

describe("many requests", () => {
  it("are judged each by itself, and tell where they stand", () => {
    const bad = request("<SourceReference>2</SourceReference><To>2700105</To>").replace(
      "2009-",
      "09-",
    );
    const readings = read(
      requests(
        "<DecidedBy>jdoe</DecidedBy>",
        request("<SourceReference>1</SourceReference><To>2700105</To>"),
        bad,
        request("<SourceReference>3</SourceReference>"),
        request("<SourceReference>4</SourceReference><To>2700105</To>"),
      ),
    );
    expect(readings.map(({ number, sourceReference }) => [number, sourceReference])).toEqual([
      [1, "1"],
      [2, "2"],
      [3, "3"],
      [4, "4"],
    ]);
    expect(readings.map(({ says }) => "decision" in says)).toEqual([true, false, true, true]);
    expect(readings.every(({ decidedBy }) => decidedBy === "jdoe")).toBe(true);
    expect(readings[1]?.says).toHaveProperty("refusal.facts.faults", [
      expect.stringMatching(/^Request\[2\]\/Student\/Birthdate: /),
    ]);
    expect(readings[2]?.says).toHaveProperty("decision.request.to", null);
  });

  it("have the digest that each has alone, whoever sends them", () => {
    const named = "<SourceReference>1</SourceReference>";
    const alone = only(read(message(`${named}<DecidedBy>a</DecidedBy>${request()}`)));
    const listed = read(requests("<DecidedBy>b</DecidedBy>", request(`${named}<To>2700105</To>`)));
    expect(listed[0]?.digest).toBe(alone.digest);
  });

  it.each([
    ["none of them", "", "Request is required"],
    ["something else among them", `${request()}<Hold/>`, "Hold: unknown element"],
    ["more than a thousand", request().repeat(1001), "must stand at most 1000 times"],
  ])("are refused together for %s", (_, inner, words) => {
    const { code, facts } = refusalOf(() => read(requests(inner)));
    expect(code).toBe("DOCUMENT_INVALID");
    expect((facts["faults"] as string[]).join("\n")).toContain(words);
  });
});

describe("the beginning of a file", () => {
  it.each([
    message(request()),
    `\u{feff}<!-- from the SIS -->\r\n<Requests\r\n xmlns="urn:packetboat:outbox:1">`,
    `<p:OutboxMessage xmlns:p="urn:packetboat:outbox:1">`,
    `<OutboxMesage xmlns="urn:packetboat:outbox:1">`,
  ])("shows an outbox document: %s", (text) => {
    expect(looksLikeDecisions(Buffer.from(text))).toBe(true);
    expect(looksLikeDecisions(Buffer.from(text, "utf16le"))).toBe(true);
  });

  it.each(["<HighSchoolTranscript/>", "<RequestsForHelp>", "", "OutboxMessage"])(
    "shows something else: %s",
    (text) => {
      expect(looksLikeDecisions(Buffer.from(text))).toBe(false);
    },
  );
});

describe("a document made to harm", () => {
  const MB = 1_000_000;
  const XSI = "http://www.w3.org/2001/XMLSchema-instance";
  const list = (inner: string): string =>
    `<Requests xmlns="urn:packetboat:outbox:1">${inner}</Requests>`;

  it.each([
    ["a comment of 7 MB", `<!--${"- ".repeat(3.5 * MB)}-->${list("")}`, /too much in comments/],
    ["a comment without end", list(`<!--${"- ".repeat(3.5 * MB)}`), /too much in comments/],
    ["a million comments", list("<!---->".repeat(MB)), /too much in comments/],
    ["an instruction of 7 MB", list(`<?a ${"b ".repeat(3.5 * MB)}?>`), /too much in comments/],
    ["600,000 CDATA", list("<![CDATA[]]>".repeat(600_000)), /too much in comments/],
    [
      "an attribute of 7 MB",
      list("").replace("xmlns", `xmlns:xsi="${XSI}" xsi:type="${"\n".repeat(7 * MB)}" xmlns`),
      /a tag or a text of more than/,
    ],
    [
      "thirty attributes of 240 KB",
      list(`<Request xmlns:x="${"\t".repeat(240_000)}"/>`.repeat(30)),
      /too much in its attributes/,
    ],
    ["CDATA of 7 MB", list(`<![CDATA[${"] ".repeat(3.5 * MB)}]]>`), /a text of more than 250000/],
    ["700,000 requests", list("<Request/>".repeat(700_000)), /too many elements/],
    [
      "a million unknown elements",
      list(`<Request>${"<Zz/>".repeat(1300)}</Request>`.repeat(1000)),
      /too many elements/,
    ],
  ] as const)("of %s is refused at once", (_, text, sentence) => {
    const before = process.threadCpuUsage();
    const { message: said } = refusalOf(() => readDecisions(Buffer.from(text), 8 * MB));
    const { user, system } = process.threadCpuUsage(before);
    expect(said).toMatch(sentence);
    expect((user + system) / 1000).toBeLessThan(2000);
  });

  it("is none with a comment beside every request, or a comment's sign in its text", () => {
    const one =
      "<!-- what our software calls it --><Request><Comments><![CDATA[ <!-- ]]></Comments></Request>";
    expect(readDecisions(Buffer.from(list(one.repeat(1000))), MB)).toHaveLength(1000);
  });
});
