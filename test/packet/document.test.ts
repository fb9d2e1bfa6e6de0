import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isRefusal, type PacketboatError } from "../../daemon/errors.ts";
import type { OutboxMessage, Requests } from "../../daemon/desk/outbox.gen.ts";
import {
  readDocument,
  readKept,
  readOfficeElement,
  readPart,
  writeDocument,
} from "../../daemon/packet/document.ts";
import type { Referral, TransferRequest } from "../../daemon/packet/model.gen.ts";
import {
  REFERRAL,
  SECTION_NAMES,
  TRANSFER_NAMESPACE,
  TRANSFER_REQUEST,
  TRANSFER_SCHEMA,
} from "../../daemon/packet/model.ts";
import { objectOf } from "../../daemon/packet/shape.ts";
import { refuseFaults } from "../../daemon/schema.ts";
import { anyOf } from "./arbitrary.ts";

const OUTBOX = { namespace: "urn:packetboat:outbox:1", schemaFile: "outbox.schema.json" };

const student = (name: string): Buffer =>
  readFileSync(new URL(`../../fixtures/students/${name}`, import.meta.url));

/** As the desk does: what is XML first, and then what it says. */
function drop(bytes: Uint8Array): { root: string; content: unknown } {
  const bounds = { namespace: OUTBOX.namespace, mostBytes: 16 * 1024 * 1024 };
  const element = readOfficeElement(bytes, bounds);
  const root = element.name;
  const { value, faults } = objectOf(element, OUTBOX.schemaFile, root, true);
  refuseFaults(faults, "DOCUMENT_INVALID", { document: "the document", root });
  return { root, content: value };
}

const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);

function refusalOf(work: () => unknown): PacketboatError {
  try {
    work();
  } catch (error) {
    if (isRefusal(error)) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("a signed document", () => {
  const anyRequest = anyOf(
    TRANSFER_SCHEMA,
    "TransferRequest",
  ) as unknown as fc.Arbitrary<TransferRequest>;

  it("of our own gives one part by itself, and refuses what has none", () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        const bytes = writeDocument(TRANSFER_REQUEST, request);
        expect(readPart(bytes, TRANSFER_REQUEST, "Student")).toEqual(request.Student);
      }),
      { numRuns: 50 },
    );
    const none = (): unknown => readPart(Buffer.from("<a/>"), TRANSFER_REQUEST, "Student");
    expect(refusalOf(none)).toMatchObject({
      code: "SCHEMA_INVALID",
      message: "the TransferRequest has no Student",
    });
  });

  it("comes back as it was written", () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        const bytes = writeDocument(TRANSFER_REQUEST, request);
        expect(readDocument(bytes, TRANSFER_REQUEST)).toEqual(request);
        expect(readKept(bytes, TRANSFER_REQUEST)).toEqual(request);
      }),
      { numRuns: 50 },
    );
  });

  it("is never half-read when its stored bytes were cut, wherever that is", () => {
    const [request] = fc.sample(anyRequest, { numRuns: 1, seed: 7 });
    const bytes = writeDocument(TRANSFER_REQUEST, request as TransferRequest);
    for (let length = 0; length < bytes.length - "\n".length; length++) {
      const cut = bytes.subarray(0, length);
      expect(refusalOf(() => readKept(cut, TRANSFER_REQUEST)).code).toMatch(
        /^(XML_MALFORMED|XML_ENCODING|SCHEMA_INVALID)$/,
      );
    }
  });

  it("is never taken for a document of another use", () => {
    const referral: Referral = {
      MessageId: "01910a2b-3c4d-7001-8a5b-6c7d8e9f0a1b",
      TransferId: "01910a00-1111-7222-8333-444455556666",
      RequestSha256: "a".repeat(64),
      EntityId: "2700000",
      RequesterId: "3900417",
      ReleaserId: "2700105",
      DocumentProcessCode: "TEST",
      IssuedDateTime: "2024-07-25T14:10:00Z",
      ExpiresDateTime: "2024-09-23T14:10:00Z",
    };
    const bytes = writeDocument(REFERRAL, referral);
    expect(readDocument(bytes, REFERRAL)).toEqual(referral);
    expect(refusalOf(() => readDocument(bytes, TRANSFER_REQUEST))).toMatchObject({
      code: "SCHEMA_INVALID",
      message: "the document is something else, where a TransferRequest was expected",
    });
  });

  it("is read as strictly as a packet", () => {
    const [request] = fc.sample(anyRequest, { numRuns: 1, seed: 7 });
    const text = Buffer.from(
      writeDocument(TRANSFER_REQUEST, request as TransferRequest),
    ).toString();
    const codeOf = (changed: string): string =>
      refusalOf(() => readDocument(Buffer.from(changed), TRANSFER_REQUEST)).code;
    expect(codeOf(text.replace("<MessageId>", "<!-- --><MessageId>"))).toBe("XML_PROFILE");
    expect(codeOf(text.replaceAll("\n", "\r\n"))).toBe("XML_PROFILE");
    expect(codeOf(`\ufeff${text}`)).toBe("XML_ENCODING");
    expect(codeOf(text.slice(0, -3))).toBe("XML_MALFORMED");
    expect(codeOf(text.replace(TRANSFER_NAMESPACE, "urn:packetboat:transfer:2"))).toBe(
      "PACKET_VERSION",
    );
    expect(codeOf(text.replace(/<Sex>.*<\/Sex>/, "<Sex>F</Sex>"))).toBe("SCHEMA_INVALID");
    expect(codeOf(`${text}${" ".repeat(1024 * 1024)}`)).toBe("XML_LIMIT");
  });
});

describe("a dropped document", () => {
  const text = student("abrams-jenna.xml").toString();
  const plain = drop(Buffer.from(text));

  it("of the fixture asks for Jenna Marie Abrams, and leaves the releaser open", () => {
    const { Request } = plain.content as OutboxMessage;
    expect(Request?.To).toBeUndefined();
    expect(Request?.Student).toEqual({
      LastOrSurname: "Abrams",
      FirstName: "Jenna",
      MiddleName: "Marie",
      Sex: "Female",
      Birthdate: "2009-02-12",
      GradeLevel: "10",
    });
    expect(Request?.NewEnrollment).toMatchObject({
      SchoolYear: "2024-2025",
      EnrollmentEntryDate: "2024-07-25",
    });
  });

  it("of the fixture releases a record of all eight sections, with documents that lie beside it", () => {
    const { Release } = drop(student("abrams-jenna.record.xml")).content as OutboxMessage;
    const record = Release?.StudentRecord;
    expect(SECTION_NAMES.map((name) => [name, ...Object.keys(record?.[name] ?? {})])).toEqual([
      ["Enrollment", "Present"],
      ["Transcript", "Present"],
      ["Attendance", "Present"],
      ["Assessment", "Present"],
      ["Immunization", "Attached"],
      ["HealthCondition", "Present"],
      ["Program", "ToFollow"],
      ["Discipline", "NotAvailable"],
    ]);
    for (const { FileName } of Release?.Document ?? []) {
      expect(student(FileName).subarray(0, 5).toString()).toBe("%PDF-");
      expect(student(FileName).length).toBeLessThan(5000);
    }
    expect(Release?.Document?.map(({ FileName }) => FileName)).toEqual([
      "abrams-jenna.transcript.pdf",
      "abrams-jenna.immunization.pdf",
    ]);
  });

  const utf16 = (written: string): Buffer => Buffer.from(`\ufeff${written}`, "utf16le");
  it.each([
    ["UTF-8 with its mark", Buffer.from(`\ufeff${text}`)],
    ["UTF-16, little end first", utf16(text.replace("UTF-8", "UTF-16"))],
    ["UTF-16, big end first", utf16(text.replace("UTF-8", "UTF-16")).swap16()],
    ["UTF-16 that is declared as UTF-8, as PowerShell writes it", utf16(text)],
    ["windows line ends", Buffer.from(text.replaceAll("\n", "\r\n"))],
    ["no declaration", Buffer.from(text.replace(/<\?xml.*\?>\n/, ""))],
    ["a prefix", Buffer.from(prefixed(text))],
    ["comments", Buffer.from(text.replaceAll("<Student>", "<Student><!-- from the SIS -->"))],
    [
      "white space around its texts",
      Buffer.from(text.replaceAll(/>([^<\s][^<]*)</g, ">\n  $1\t<")),
    ],
    [
      "empty elements for what is unknown",
      Buffer.from(text.replace("<Sex>", "<GenerationCodeOrSuffix/>\n<Sex>")),
    ],
    [
      "an empty one among repeated elements",
      Buffer.from(text.replace("<RequestedSection>", "<RequestedSection/><RequestedSection>")),
    ],
    [
      "xsi:nil",
      Buffer.from(
        text.replace(
          "<Sex>",
          '<GenerationCodeOrSuffix xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>\n<Sex>',
        ),
      ),
    ],
  ])("says the same with %s", (_what, bytes) => {
    expect(drop(bytes)).toEqual(plain);
  });

  it("may be of windows-1252, if it says so", () => {
    const foreign = text.replace("Abrams", "Müller–Núñez").replace("UTF-8", "windows-1252");
    const bytes = Buffer.from(foreign.replace("–", "\u0096"), "latin1");
    const { content } = drop(bytes);
    expect((content as OutboxMessage).Request?.Student.LastOrSurname).toBe("Müller–Núñez");
    expect(
      refusalOf(() => drop(Buffer.from(foreign.replace("windows-1252", "UTF-8"), "latin1"))),
    ).toMatchObject({
      code: "DOCUMENT_INVALID",
      facts: { faults: [matching(/the document is not utf-8; save it as UTF-8, or declare/)] },
    });
  });

  it.each(["ISO-8859-1", "us-ascii", "Windows-1252"])("may call itself %s too", (name) => {
    const foreign = text.replace("Abrams", "Müller").replace("UTF-8", name);
    const { content } = drop(Buffer.from(foreign, "latin1"));
    expect((content as OutboxMessage).Request?.Student.LastOrSurname).toBe("Müller");
  });

  it("is refused unread when it is larger than any document", () => {
    const refused = refusalOf(() => drop(Buffer.alloc(16 * 1024 * 1024 + 1, " ")));
    expect(refused.message).toBe("the document has 16777217 bytes, more than 16777216");
  });

  it("keeps the white space inside a text", () => {
    const comments = "Two lines,\n\tand a tab.";
    const bytes = Buffer.from(text.replace(/<Comments>.*</, `<Comments>\n ${comments}\r\n<`));
    expect((drop(bytes).content as OutboxMessage).Request?.Comments).toBe(comments);
  });

  it("may hold many requests", () => {
    const request = /<Request>[^]*<\/Request>/.exec(text)?.[0] ?? "";
    const many = `<Requests xmlns="${OUTBOX.namespace}">${request}${request}</Requests>`;
    const read = drop(Buffer.from(many));
    expect(read.root).toBe("Requests");
    expect((read.content as Requests).Request).toHaveLength(2);
  });

  it.each([
    [
      "no namespace",
      text.replace(/ xmlns="[^"]*"/, ""),
      /outside the namespace urn:packetboat:outbox:1/,
    ],
    [
      "a DOCTYPE",
      text.replace("<OutboxMessage", "<!DOCTYPE OutboxMessage>\n<OutboxMessage"),
      /has a DOCTYPE/,
    ],
    ["an end that was cut off", text.slice(0, -20), /is not well-formed XML at line/],
    ["another encoding", text.replace("UTF-8", "UTF-7"), /is declared as UTF-7; save it as UTF-8/],
    ["a missing element", text.replace(/<Sex>.*<\/Sex>/, ""), "Request/Student: Sex is required"],
    [
      "an empty element that is required",
      text.replace(">Female<", "> <"),
      "Request/Student: Sex is required",
    ],
    [
      "a mistyped element",
      text.replaceAll("FirstName", "FristName"),
      "Request/Student/FristName: unknown element, did you mean FirstName?",
    ],
    [
      "a date as people write it",
      text.replace("2009-02-12", "2/12/2009"),
      /^Request\/Student\/Birthdate: must be /,
    ],
    [
      "elements in another order",
      text.replace(/(<Sex>.*<\/Sex>)\s*(<Birthdate>.*<\/Birthdate>)/, "$2$1"),
      "Request/Student/Sex: must stand before Birthdate",
    ],
    ["an attribute", text.replace("<Student>", '<Student id="1">'), /has an attribute at line/],
  ])("is refused with its faults for %s", (_what, changed, fault) => {
    const refused = refusalOf(() => drop(Buffer.from(changed)));
    expect(refused.code).toBe("DOCUMENT_INVALID");
    const [first, ...more] = refused.facts.faults as string[];
    if (typeof fault === "string") expect([first, ...more]).toContain(fault);
    else expect(first).toMatch(fault);
    expect(JSON.stringify([refused.message, refused.facts])).not.toMatch(/Jenna|2009|2\/12/);
  });
});

/** As software writes it that gives every namespace a prefix. */
const prefixed = (text: string): string =>
  text.replaceAll(/<(\/?)([A-Z])/g, "<$1pb:$2").replace("xmlns=", "xmlns:pb=");
