/**
 * The rules that no schema can say: dates that fit together, reasons where they are owed, documents that
 * are there. The same rules hold for what we say and for what we are told, so that a mistake is found by
 * those who can mend it. Every fault of a message is named at once; none shows a student's data.
 */
import { PacketboatError, type Facts as ErrorFacts } from "../errors.ts";
import type {
  Attachment,
  Recall,
  SchoolEnrollment,
  Student,
  StudentRecord,
  TransferRelease,
  TransferRequest,
  TransferResponse,
} from "../packet/model.gen.ts";
import { addDays, dateOf } from "./dates.ts";
import { askedSections, SECTIONS } from "./sections.ts";

/** The longest time a request may be answered (PROTOCOL 3: as long as a packet may live). */
const LONGEST_REQUEST_DAYS = 90;
const DAY_MS = 86_400_000;
/** Nobody older goes to school, but for adult education. */
const OLDEST_STUDENT_YEARS = 30;

/** A whole Social Security number as people write it; nine digits in a row are many states' student id. */
const SSN = /(?<![0-9-])[0-9]{3}([- ])[0-9]{2}\1[0-9]{4}(?![0-9-])/;

/** @throws PacketboatError RULE_BROKEN */
export function checkRequest(request: TransferRequest, at: Date): void {
  const created = Date.parse(request.CreatedDateTime);
  const expires = Date.parse(request.ExpiresDateTime);
  const { NewEnrollment: enrollment, RequestingDistrict: district } = request;
  const isFirst = request.TransmissionType === "Original";
  refuse(request.TransmissionType, [
    [district.AgencyId !== request.RequesterId, "RequestingDistrict is not the requester"],
    [request.RequesterId === request.To, "the requester asks itself"],
    [
      isFirst !== (request.Revision === "0"),
      `Revision ${request.Revision} does not go with ${request.TransmissionType}`,
    ],
    [expires <= created, "ExpiresDateTime is not after CreatedDateTime"],
    [
      expires - created > LONGEST_REQUEST_DAYS * DAY_MS,
      `it lives longer than ${LONGEST_REQUEST_DAYS} days`,
    ],
    [expires <= at.getTime(), `it expired at ${request.ExpiresDateTime}`],
    [created > at.getTime() + DAY_MS, `it was made in the future, at ${request.CreatedDateTime}`],
    ...enrollmentFaults(enrollment),
    ...studentFaults(request.Student, at),
    ...textFaults({ Comments: request.Comments, LegitimateInterest: request.LegitimateInterest }),
  ]);
}

/** @throws PacketboatError RULE_BROKEN */
export function checkResponse(response: TransferResponse): void {
  const { ResponseStatus: status, ReasonCode: reason } = response;
  const owesReason = status === "Hold" || status === "Rejected";
  const isAnswer = status !== "Imported" && status !== "RecallConfirmed";
  refuse(status, [
    [owesReason && reason === undefined, "ReasonCode is missing"],
    [isAnswer && response.RespondsTo === undefined, "RespondsTo is missing"],
    [status !== "Hold" && response.HoldUntil !== undefined, "only a Hold has HoldUntil"],
    ...textFaults({ Comments: response.Comments }),
  ]);
}

/** @throws PacketboatError RULE_BROKEN */
export function checkRecall(recall: Recall): void {
  refuse("Recall", textFaults({ Comments: recall.Comments }));
}

/**
 * @param documents the documents beside the release
 * @throws PacketboatError RELEASE_EMPTY if nothing is said of any section and no document is there
 * @throws PacketboatError RULE_BROKEN
 */
export function checkRelease(
  release: TransferRelease,
  documents: readonly Beside[],
  request: TransferRequest,
  at: Date,
): void {
  const { StudentRecord: record, TransmissionType: type } = release;
  if (documents.length === 0 && !SECTIONS.some((name) => record[name])) {
    throw new PacketboatError("RELEASE_EMPTY", "the release has no section and no document");
  }
  const owed = type === "Original" ? askedSections(request) : [];
  refuse(`${type} release`, [
    [release.RespondsTo === undefined, "RespondsTo is missing"],
    ...owed.map((name): Fault => [!record[name], `nothing is said of the section ${name}`]),
    ...documentFaults(record, documents),
    ...studentFaults(record.Student, at),
    ...(record.Enrollment?.Present?.SchoolEnrollment ?? []).flatMap(enrollmentFaults),
    ...textFaults({ Comments: release.Comments }),
  ]);
}

/** What the rules read of a document beside a release. */
type Beside = Pick<Attachment, "FileName" | "SectionName">;

type EnrollmentYear = Pick<
  SchoolEnrollment,
  "SchoolYear" | "EnrollmentEntryDate" | "EnrollmentExitDate"
>;

type Fault = readonly [isBroken: boolean, rule: string];

function refuse(what: string, faults: readonly Fault[]): void {
  const broken = [...new Set(faults.filter(([isBroken]) => isBroken).map(([, rule]) => rule))];
  if (broken.length === 0) return;
  const facts: ErrorFacts = { faults: broken };
  throw new PacketboatError("RULE_BROKEN", `${what}: ${broken.join("; ")}`, { facts });
}

function studentFaults(student: Student, at: Date): Fault[] {
  // A day's grace: somewhere it is tomorrow already.
  const today = addDays(dateOf(at), 1);
  const isAdult = student.GradeLevel === "ABE" || student.GradeLevel === "Other";
  const oldest = `${Number(today.slice(0, 4)) - OLDEST_STUDENT_YEARS}${today.slice(4)}`;
  const identifiers = (student.StudentIdentification ?? []).map((id) => id.StudentIdentifier);
  return [
    [student.Birthdate > today, "Birthdate is in the future"],
    [
      student.Birthdate < oldest && !isAdult,
      `Birthdate is more than ${OLDEST_STUDENT_YEARS} years ago`,
    ],
    [
      identifiers.some((id) => SSN.test(id) || /\bSSN\b/i.test(id)),
      "a StudentIdentifier looks like a Social Security number",
    ],
  ];
}

const textFaults = (texts: Readonly<Record<string, string | undefined>>): Fault[] =>
  Object.entries(texts).map(([name, text]) => [
    SSN.test(text ?? ""),
    `${name} holds what looks like a Social Security number`,
  ]);

/** Sections and documents name each other, and no two documents are one file on somebody's share. */
function documentFaults(record: StudentRecord, documents: readonly Beside[]): Fault[] {
  const names = documents.map((document) => document.FileName);
  const plainNames = new Set(names.map((name) => name.toLowerCase()));
  const given = SECTIONS.filter((name) => record[name]?.Present || record[name]?.Attached);
  return [
    ...SECTIONS.map((name): Fault => {
      const attached = record[name]?.Attached?.FileName ?? [];
      const isHere = attached.every((file) => names.includes(file));
      return [!isHere, `the section ${name} names a document that is not attached`];
    }),
    ...documents.map(({ SectionName: name }): Fault => {
      const isAlone = name !== undefined && !given.includes(name);
      return [isAlone, `a document belongs to the section ${name}, which is not given`];
    }),
    [plainNames.size < names.length, "two documents have one name"],
  ];
}

const enrollmentFaults = (enrollment: EnrollmentYear): Fault[] => {
  const { SchoolYear: year, EnrollmentEntryDate: entry, EnrollmentExitDate: exit } = enrollment;
  return [
    [!isSchoolYear(year), `SchoolYear ${year} is not two years in a row`],
    [exit !== undefined && exit < entry, "EnrollmentExitDate is before EnrollmentEntryDate"],
  ];
};

function isSchoolYear(text: string): boolean {
  const [first, second] = text.split("-").map(Number);
  return first !== undefined && second === first + 1;
}
