import { describe, expect, it } from "vitest";
import { PacketboatError } from "../../daemon/errors.ts";
import type {
  Student,
  TransferRelease,
  TransferRequest,
  TransferResponse,
} from "../../daemon/packet/model.gen.ts";
import { checkRelease, checkRequest, checkResponse } from "../../daemon/transfer/rules.ts";
import {
  ANSWERING,
  attachmentOf,
  district,
  documentNamed,
  jenna,
  NOW,
  recordOf,
  releaseOf,
  requestFrom,
  responseOf,
} from "./cast.ts";

/** The rules that were broken, `[]` if none. */
function faults(check: () => void): unknown {
  try {
    check();
    return [];
  } catch (error) {
    if (!(error instanceof PacketboatError)) throw error;
    expect(error.code).toBe("RULE_BROKEN");
    return error.facts["faults"];
  }
}

const ofRequest = (changes: Partial<TransferRequest>): unknown =>
  faults(() => checkRequest(requestFrom(changes), NOW));

const withStudent = (changes: Partial<Student>): unknown =>
  ofRequest({ Student: { ...jenna, ...changes } });

const identified = (StudentIdentifier: string): Partial<Student> => ({
  StudentIdentification: [{ StudentIdentificationSystem: "Other", StudentIdentifier }],
});

const enrolled = (changes: Partial<TransferRequest["NewEnrollment"]>): unknown =>
  ofRequest({ NewEnrollment: { ...requestFrom().NewEnrollment, ...changes } });

describe("a request", () => {
  it("of a student who enrolls now breaks no rule", () => {
    expect(ofRequest({})).toEqual([]);
  });

  it("has its own district in RequestingDistrict, and asks another", () => {
    expect(ofRequest({ RequestingDistrict: district(ANSWERING) })).toEqual([
      "RequestingDistrict is not the requester",
    ]);
    expect(ofRequest({ To: requestFrom().RequesterId })).toEqual(["the requester asks itself"]);
  });

  it("is Revision 0 if it is the first, and only then", () => {
    expect(ofRequest({ Revision: "1" })).toEqual(["Revision 1 does not go with Original"]);
    expect(ofRequest({ TransmissionType: "Resubmission" })).toEqual([
      "Revision 0 does not go with Resubmission",
    ]);
    expect(ofRequest({ TransmissionType: "Cancellation", Revision: "3" })).toEqual([]);
  });

  it("lives from its creation for at most ninety days, and is not over", () => {
    const created = "2024-07-30T12:00:00Z";
    expect(ofRequest({ ExpiresDateTime: "2024-10-28T12:00:00Z" })).toEqual([]);
    expect(ofRequest({ ExpiresDateTime: "2024-10-28T12:00:01Z" })).toEqual([
      "it lives longer than 90 days",
    ]);
    expect(ofRequest({ ExpiresDateTime: created })).toEqual([
      "ExpiresDateTime is not after CreatedDateTime",
      `it expired at ${created}`,
    ]);
    expect(ofRequest({ CreatedDateTime: "2024-08-03T12:00:00Z" })).toEqual([
      "it was made in the future, at 2024-08-03T12:00:00Z",
    ]);
  });

  it("names a school year of two years in a row", () => {
    expect(enrolled({ SchoolYear: "2024-2026" })).toEqual([
      "SchoolYear 2024-2026 is not two years in a row",
    ]);
    expect(enrolled({ SchoolYear: "2025-2024" })).toEqual([
      "SchoolYear 2025-2024 is not two years in a row",
    ]);
  });

  it("does not end the enrollment before it begins", () => {
    expect(enrolled({ EnrollmentExitDate: "2024-07-24" })).toEqual([
      "EnrollmentExitDate is before EnrollmentEntryDate",
    ]);
    expect(enrolled({ EnrollmentExitDate: "2024-07-25" })).toEqual([]);
  });

  it("is about somebody who is born, and young enough for school", () => {
    expect(withStudent({ Birthdate: "2024-08-03" })).toEqual(["Birthdate is in the future"]);
    expect(withStudent({ Birthdate: "1994-08-02" })).toEqual([]);
    expect(withStudent({ Birthdate: "1994-08-01" })).toEqual([
      "Birthdate is more than 30 years ago",
    ]);
    expect(withStudent({ Birthdate: "1950-01-01", GradeLevel: "ABE" })).toEqual([]);
  });

  it.each(["123-45-6789", "123 45 6789", "SSN 1234", "ssn:5", "id 123-45-6789"])(
    "carries no identifier like %s",
    (identifier) => {
      expect(withStudent(identified(identifier))).toEqual([
        "a StudentIdentifier looks like a Social Security number",
      ]);
    },
  );

  it.each(["123456789", "1234567890", "12-345-6789", "123-45-67890", "1123-45-6789", "ASSNR1"])(
    "may carry the identifier %s",
    (identifier) => {
      expect(withStudent(identified(identifier))).toEqual([]);
    },
  );

  it("carries no Social Security number in its words either", () => {
    expect(ofRequest({ Comments: "Her number is 123-45-6789." })).toEqual([
      "Comments holds what looks like a Social Security number",
    ]);
    expect(ofRequest({ Comments: "Call 555-555-0100 or 555-12-34567." })).toEqual([]);
  });

  it("hears of all its faults at once, and none of them shows the student", () => {
    const check = (): void =>
      checkRequest(
        requestFrom({
          Revision: "4",
          Student: { ...jenna, Birthdate: "2031-01-01", ...identified("123-45-6789") },
        }),
        NOW,
      );
    expect(check).toThrow(
      "Original: Revision 4 does not go with Original; Birthdate is in the future; a StudentIdentifier looks like a Social Security number",
    );
  });
});

describe("an answer", () => {
  const of = (changes: Partial<TransferResponse>): unknown =>
    faults(() => checkResponse(responseOf(changes)));

  it.each(["Hold", "Rejected"] as const)("%s owes a reason", (ResponseStatus) => {
    expect(of({ ResponseStatus })).toEqual(["ReasonCode is missing"]);
    expect(of({ ResponseStatus, ReasonCode: "Other" })).toEqual([]);
  });

  it("names the request that it answers", () => {
    const { RespondsTo: _named, ...unnamed } = responseOf();
    expect(faults(() => checkResponse(unnamed))).toEqual(["RespondsTo is missing"]);
    expect(faults(() => checkResponse({ ...unnamed, ResponseStatus: "Imported" }))).toEqual([]);
  });

  it("names a day only with a hold", () => {
    expect(of({ ResponseStatus: "NoRecord", HoldUntil: "2024-09-01" })).toEqual([
      "only a Hold has HoldUntil",
    ]);
  });
});

describe("a release", () => {
  const of = (changes: Partial<TransferRelease>, request = requestFrom()): unknown => {
    const release = releaseOf(changes);
    return faults(() => checkRelease(release, release.Attachment ?? [], request, NOW));
  };
  const { Program: _program, ...withoutProgram } = recordOf();

  it("says of every section that was asked for what became of it", () => {
    expect(of({})).toEqual([]);
    expect(of({ StudentRecord: withoutProgram })).toEqual([
      "nothing is said of the section Program",
    ]);
    const request = requestFrom({ RequestedSection: ["Transcript"] });
    expect(of({ StudentRecord: withoutProgram }, request)).toEqual([]);
  });

  it("need not, as a supplement", () => {
    expect(of({ TransmissionType: "Supplement", StudentRecord: withoutProgram })).toEqual([]);
  });

  it("names in its sections only documents that are attached", () => {
    const StudentRecord = recordOf({ Program: { Attached: { FileName: ["plan.pdf"] } } });
    expect(of({ StudentRecord })).toEqual([
      "the section Program names a document that is not attached",
    ]);
    expect(of({ StudentRecord, Attachment: [attachmentOf(documentNamed("plan.pdf"))] })).toEqual(
      [],
    );
  });

  it("has no document for a section that it says is not there", () => {
    const Attachment = [attachmentOf(documentNamed("plan.pdf", "Program"))];
    expect(of({ Attachment })).toEqual([
      "a document belongs to the section Program, which is not given",
    ]);
  });

  it("has no two documents that would be one file", () => {
    const Attachment = ["plan.pdf", "Plan.PDF"].map((name) => attachmentOf(documentNamed(name)));
    expect(of({ Attachment })).toEqual(["two documents have one name"]);
  });

  it("has enrollments whose dates fit together", () => {
    const enrollment = {
      NameOfInstitution: "South High School",
      SchoolYear: "2023-2025",
      EntryGradeLevel: "09" as const,
      EnrollmentEntryDate: "2023-08-15",
      EnrollmentExitDate: "2023-08-14",
    };
    const Enrollment = { Present: { SchoolEnrollment: [enrollment] } };
    expect(of({ StudentRecord: recordOf({ Enrollment }) })).toEqual([
      "SchoolYear 2023-2025 is not two years in a row",
      "EnrollmentExitDate is before EnrollmentEntryDate",
    ]);
  });

  it("is not empty", () => {
    const empty = releaseOf({ StudentRecord: { Student: jenna } });
    expect(() => checkRelease(empty, [], requestFrom(), NOW)).toThrow(
      expect.objectContaining({ code: "RELEASE_EMPTY" }),
    );
  });
});
