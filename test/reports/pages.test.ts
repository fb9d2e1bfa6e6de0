import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { recordPage, type RecordView } from "../../daemon/reports/record-page.ts";
import { requestPage, type RequestView } from "../../daemon/reports/request-page.ts";
import type {
  TransferRelease,
  TransferRequest,
  Verification,
} from "../../daemon/packet/model.gen.ts";
import { SECTIONS, type ToldSections } from "../../daemon/transfer/sections.ts";
import { textIn } from "./markup.ts";
import {
  askingCard,
  attachments,
  REFERENCE,
  release,
  releasingCard,
  request,
  TIME_ZONE,
} from "./samples.ts";

const requestView = (more: Partial<RequestView> = {}): RequestView => ({
  isFlagged: false,
  reference: REFERENCE,
  request,
  card: askingCard,
  verified: null,
  answerBy: "2024-08-08",
  receivedAt: new Date("2024-07-26T07:00:12Z"),
  agencyName: "Cedar Flats Community School District",
  timeZone: TIME_ZONE,
  ...more,
});

const recordView = (more: Partial<RecordView> = {}): RecordView => ({
  reference: REFERENCE,
  release,
  request,
  card: releasingCard,
  attachments,
  registryOverlap: null,
  before: [],
  receivedAt: new Date("2024-07-30T07:00:12Z"),
  agencyName: "Riverbend Public Schools",
  timeZone: TIME_ZONE,
  ...more,
});

const FOUND: Verification = {
  MatchedBy: "StateStudentId",
  VerifiedDateTime: "2024-07-25T12:00:00Z",
  RegistryDate: "2024-07-24",
  PreviousAgency: { AgencyId: "2700105", OrganizationName: "Example Prairie Schools" },
  NameOfInstitution: "Example Middle School",
  EnrollmentEntryDate: "2021-08-30",
};

const asked = (change: Partial<TransferRequest>): string =>
  textIn(requestPage(requestView({ request: { ...request, ...change } })));
const released = (change: Partial<TransferRelease>): string =>
  textIn(recordPage(recordView({ release: { ...release, ...change } })));

describe("every page", () => {
  const pages = [
    ["request.html", requestPage(requestView())],
    ["record.html", recordPage(recordView())],
  ] as const;

  it.each(pages)("%s is one file that loads nothing and runs nothing", (_name, html) => {
    expect(html).not.toMatch(/<script|<link|<img|<iframe|<object|<form|\son[a-z]+=|\sstyle=/i);
    expect(html).not.toMatch(/(?:src|href)="(?!\.\/)/);
    expect(html).not.toMatch(/https?:|@import|url\(/);
  });

  it.each(pages)("%s allows its own style by digest, and nothing else", (_name, html) => {
    const style = /<style>(.*)<\/style>/s.exec(html)?.[1] ?? "";
    const digest = createHash("sha256").update(style).digest("base64");
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1];
    expect(policy).toBe(
      `default-src &#39;none&#39;; style-src &#39;sha256-${digest}&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;`,
    );
  });

  it.each(pages)(
    "%s says on every printed page what it is, and that it is confidential",
    (name, html) => {
      const what = name === "request.html" ? "Request" : "Record";
      const foot = `@bottom-left { content: "${what} HWAY-K740 · Confidential: education record"; }`;
      expect(html).toContain(foot);
      expect(html).toContain('content: "Page " counter(page) " of " counter(pages)');
    },
  );

  it.each(pages)("%s names its language, its parts and its columns", (_name, html) => {
    expect(html).toContain('<html lang="en">');
    expect(html.match(/<h1>/g)).toHaveLength(1);
    expect(html.match(/<main>/g)).toHaveLength(1);
    expect(html).not.toMatch(/<th>/);
    expect(html.match(/<table>/g)?.length ?? 0).toBe(html.match(/<caption>/g)?.length ?? 0);
  });

  it.each(pages)("%s keeps the student's name out of the browser's history", (_name, html) => {
    expect(/<title>(.*)<\/title>/.exec(html)?.[1]).not.toMatch(/Abrams|Jenna/);
  });

  it.each(pages)("%s says that the Social Security number is never sent", (_name, html) => {
    expect(textIn(html)).toContain("The Social Security number is never sent.");
  });

  it.each(pages)("%s sets each piece of others' text apart", (_name, html) => {
    expect(html).toContain("<bdi>Abrams, Jenna Marie</bdi>");
  });

  it.each(pages)("%s is marked when it is test traffic", (name, html) => {
    const change = { ...request, DocumentProcessCode: "TEST" } as const;
    const test =
      name === "request.html"
        ? requestPage(requestView({ request: change }))
        : recordPage(recordView({ request: change }));
    expect(textIn(html)).not.toContain("Test traffic");
    expect(textIn(test)).toContain("Test traffic: this is no real request and no real record.");
  });
});

describe("request.html", () => {
  const text = textIn(requestPage(requestView()));

  it.each([
    ["the student", "Abrams, Jenna Marie Female, born February 12, 2009 , Grade 10"],
    ["the ids", "8841207756 State id"],
    ["the reference", "Reference HWAY-K740"],
    ["who asks", "District Riverbend Public Schools District number 0275 NCES id 27 00105"],
    ["the person", "Person Nora Castellanos User name ncastellanos Work phone 555-555-0142"],
    ["the e-mail", "n.castellanos@riverbend.example"],
    ["how the person was authenticated", "by the computer’s own login, says the district"],
    [
      "that the district was verified",
      "Verified by its signature, with the key ending in 6D7E 8F90",
    ],
    ["whom to call", "555-555-0100 (from the card of Riverbend Public Schools )"],
    ["the new enrollment", "School North High School NCES school id 27 00105 00123"],
    ["the overlap", "Overlap with your enrollment Not known in a national transfer"],
    ["the request date in the zone", "Request date July 25, 2024 at 1:04 PM CDT"],
    ["the end", "Expires September 23, 2024 at 1:04 PM CDT"],
    ["the purpose", "Purpose All that is there now"],
    ["the interest", "the records are needed for placement"],
    ["the comments", "Please send the immunizations first"],
    ["by when", "Answer by August 8, 2024"],
    ["how to release", "packetboat release HWAY-K740 --records FILE --attach FILE"],
    ["how to hold", "packetboat hold HWAY-K740 --reason"],
    ["how to reject", "packetboat reject HWAY-K740 --reason"],
  ])("shows %s", (_what, shown) => {
    expect(text).toContain(shown);
  });

  it("warns of a person who was only declared", () => {
    const { RequestingUser: user } = request;
    const declared = { ...user, UserAuthentication: "Declared" } as const;
    expect(text).not.toContain("was not proved");
    expect(asked({ RequestingUser: declared })).toContain("The person who asks was not proved");
  });

  it("warns of a student who cannot wait", () => {
    expect(text).not.toContain("cannot wait");
    expect(asked({ ExpediteReason: "FosterCare" })).toContain("reason for haste: foster care");
  });

  it("asks for a known number when the card gives none, and never offers the request's", () => {
    const page = textIn(requestPage(requestView({ card: { ...askingCard, phone: null } })));
    const notice = page.slice(page.indexOf("You are encouraged"), page.indexOf("Answer by"));
    expect(notice).toContain("gives no telephone number");
    expect(notice).not.toContain("555-555-0142");
  });

  it.each([
    [
      "since when it lasts, and that it does",
      { OverlapStartDate: "2024-07-25", OverlapDays: "6", StillEnrolledAtBoth: "true" },
      "Since July 25, 2024 : still enrolled at both, 6 days in common so far",
    ],
    [
      "its first and last day",
      {
        OverlapStartDate: "2024-07-25",
        OverlapEndDate: "2024-07-30",
        OverlapDays: "6",
        StillEnrolledAtBoth: "false",
      },
      "July 25, 2024 to July 30, 2024 : 6 days in common",
    ],
    ["that there is none", undefined, "Overlap with your enrollment None"],
  ] as const)("shows of the overlap that the registry knows %s", (_, overlap, shown) => {
    const verification = { ...FOUND, ...(overlap ? { Overlap: overlap } : {}) };
    const verified = { entityName: "Example State Department", verification };
    expect(textIn(requestPage(requestView({ verified })))).toContain(shown);
  });

  it("says who found the student, how, and since when the student is enrolled here", () => {
    const verified = { entityName: "Example State Department", verification: FOUND };
    const card = { ...askingCard, source: "directory" } as const;
    const page = textIn(requestPage(requestView({ verified, card })));
    expect(page).toContain(
      "Found in the registry of Example State Department by the state student id",
    );
    expect(page).toContain("the registry is of July 24, 2024");
    expect(page).toContain("Example Middle School , since August 30, 2021 , no exit date");
    expect(page).toContain("that its state’s directory lists for it");
    expect(page).toContain("(from its state’s directory, ");
    expect(page).not.toContain("the request came directly");
  });

  it("hides what is written like a Social Security number", () => {
    const ids = [
      { StudentIdentificationSystem: "Other", StudentIdentifier: "123-45-6789" },
    ] as const;
    const page = asked({ Student: { ...request.Student, StudentIdentification: [...ids] } });
    expect(page).toContain("•••-••-6789");
    expect(page).not.toContain("123-45");
  });

  it("lists the sections when not all are asked for", () => {
    expect(text).toContain("Sections asked for All");
    expect(asked({ RequestedSection: ["Transcript", "Immunization"] })).toContain(
      "Sections asked for Transcript, Immunizations",
    );
  });
});

describe("record.html", () => {
  const html = recordPage(recordView());
  const text = textIn(html);

  it.each([
    ["who released", "Released by Cedar Flats Community School District"],
    ["the person", "Person Wendell Okafor"],
    ["when, in the zone", "Released on July 29, 2024 at 8:31 AM CDT"],
    ["the comments", "call me about the placement in chemistry"],
    ["the redisclosure notice", release.RedisclosureNotice],
    ["that it is not all", "In part: something that was asked for is missing"],
    ["what came", "Transcript Yes Came"],
    ["what came as a document", "Immunizations Yes Came as a document immunizations 2024.pdf"],
    ["what will follow", "Programs and services Yes To follow expected August 15, 2024"],
    ["what there is not", "Discipline Yes Not available does not apply to this student"],
    ["the household", "418 Birch Lane Cedar Flats , IA 52402"],
    ["the contacts", "Ruth Abrams Mother 555-555-0166"],
    ["enrollments", "May 30, 2024 To a public school in another state (1909)"],
    ["courses", "Geometry MAT120 S2 Grade 9 B+ 88.5 0.5 0.5"],
    ["totals", "Class rank 31 of 214"],
    ["attendance", "2023-2024 172 166.5 5.5 5 0.5 3"],
    ["assessments", "Reading April 16, 2024 Grade 9 548 Scale score Proficient"],
    ["health", "Peanut allergy Severe Epinephrine"],
    ["comments on what follows", "The 504 plan is being reviewed"],
    ["what to say afterwards", "make a text file imported.txt"],
  ])("shows %s", (_what, shown) => {
    expect(text).toContain(shown);
  });

  it("links the documents that lie beside it, by their names there", () => {
    expect(html).toContain('href="./immunizations%202024.pdf"');
    const saved = [{ fileName: "immunizations 2024.pdf", savedAs: 'a"b?#.pdf', size: 10 }];
    const other = recordPage(recordView({ attachments: saved }));
    expect(other).toContain('href="./a%22b%3F%23.pdf"');
    expect(recordPage(recordView({ attachments: [] }))).not.toContain("href=");
  });

  it("names an XML document, which a browser could run, and does not link it", () => {
    const saved = { fileName: "transcript.xml", savedAs: "2-transcript.XML", size: 10 };
    const page = recordPage(recordView({ attachments: [saved] }));
    expect(page).toContain("transcript.xml");
    expect(page).not.toContain("href=");
  });

  it("warns when the record may be another student's", () => {
    const student = { ...request.Student, Birthdate: "2007-01-02" };
    const record = { ...release.StudentRecord, Student: student };
    expect(text).not.toContain("another student");
    expect(released({ StudentRecord: record })).toContain(
      "This may be another student You asked for Abrams, Jenna Marie , born February 12, 2009",
    );
  });

  it("names a section that was asked for and not spoken of", () => {
    const { Transcript: _, ...others } = release.StudentRecord;
    expect(released({ StudentRecord: others })).toContain(
      "Transcript Yes Missing nothing was said about it",
    );
  });

  it("has only what it adds when it is a supplement", () => {
    const { Student, Program } = release.StudentRecord;
    const page = released({
      TransmissionType: "Supplement",
      StudentRecord: { Student, ...(Program ? { Program } : {}) },
    });
    expect(/What came with this supplement (.*) What is still missing/.exec(page)?.[1]).toBe(
      "Sections of the record Section Asked for What became of it Documents Programs and services Yes To follow expected August 15, 2024 —",
    );
  });

  describe("says of a supplement to what it adds, and what is still missing with both:", () => {
    const { Student, Transcript } = release.StudentRecord;
    const supplement = (before: RecordView["before"]): string => {
      const record = { Student, ...(Transcript ? { Transcript } : {}) };
      const sent = { ...release, TransmissionType: "Supplement", StudentRecord: record } as const;
      const page = textIn(recordPage(recordView({ release: sent, before })));
      return /What is still missing (.*) The release/.exec(page)?.[1] ?? "";
    };
    const all = Object.fromEntries(SECTIONS.map((name) => [name, "present"])) as ToldSections;

    it("a list", () => {
      const told: ToldSections = { ...all, Transcript: "toFollow", Program: "toFollow" };
      const { Discipline: _, ...spokenOf } = told;
      expect(
        supplement([{ folder: "HWAY-K740", told: { ...spokenOf, Immunization: "notAvailable" } }]),
      ).toBe(
        "This supplement adds to the records in HWAY-K740, which stay as they are. Asked for, and not here Section What was said about it Immunizations Not available Programs and services To follow Discipline Missing nothing was said about it",
      );
    });

    it("nothing", () => {
      const before = [{ folder: "HWAY-K740", told: { ...all, Transcript: "toFollow" as const } }];
      expect(supplement(before)).toContain("nothing that was asked for is missing any more");
    });

    it("what nobody knows who did not keep what came before", () => {
      expect(supplement([{ folder: "HWAY-K740", told: null }])).toContain("read together");
      expect(supplement([])).toContain("no longer here");
    });
  });

  it("warns when the person who released was only declared, and only then", () => {
    const declared = { ...release.ReleasingUser, UserAuthentication: "Declared" as const };
    expect(released({ ReleasingUser: declared })).toContain(
      "Not proved the name was only declared",
    );
    expect(released({ ReleasingUser: declared })).toContain("A call settles it.");
    expect(text).not.toContain("ot proved");
  });

  it("counts the days in common with the latest enrollment", () => {
    const record: TransferRelease["StudentRecord"] = {
      ...release.StudentRecord,
      Enrollment: {
        Present: {
          SchoolEnrollment: [
            {
              NameOfInstitution: "Cedar Flats High School",
              SchoolYear: "2024-2025",
              EntryGradeLevel: "10",
              EnrollmentEntryDate: "2024-07-22",
            },
          ],
        },
      },
    };
    expect(released({ StudentRecord: record })).toContain(
      "Since July 25, 2024 : still enrolled at both, 6 days in common so far",
    );
  });
});
