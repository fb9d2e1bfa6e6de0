/** What a student information system exports for each student: made up, as long as in life. */
import { writeMessage } from "../../daemon/packet/envelope.ts";
import type {
  AssessmentResult,
  Course,
  StudentRecord,
  TransferRelease,
} from "../../daemon/packet/model.gen.ts";
import { firstName } from "../cohort/cohort.ts";
import { type Letter, packetXml } from "../forge.ts";
import { outboxDocument } from "../homes.ts";
import { randomFrom } from "../random.ts";
import { jenna, recordOf, releaseOf } from "../transfer/cast.ts";

const SUBJECTS = "English|Algebra|Biology|World History|Spanish|Concert Band|Art|Health".split("|");
const MARKS = "A A- B+ B B- C+ C".split(" ");
const YEARS = Array.from({ length: 10 }, (_, nth) => `${2014 + nth}-${2015 + nth}`);

/** One of these for every so many bytes. */
function pick<T>(list: readonly T[], random: () => number): T {
  const found = list[Math.floor(random() * list.length)];
  if (found === undefined) throw new Error("an empty list");
  return found;
}

const courseOf = (random: () => number): Course => ({
  CourseCode: String(Math.floor(random() * 9000) + 1000),
  StateCourseCode: String(Math.floor(random() * 90_000) + 10_000),
  CourseTitle: `${pick(SUBJECTS, random)} ${Math.floor(random() * 4) + 1}`,
  SchoolYear: pick(YEARS, random),
  TermCode: pick(["Fall", "Spring", "Year"], random),
  NameOfInstitution: "Example Prairie High School",
  GradeLevelWhenCourseTaken: pick(["09", "10", "11", "12"], random),
  MarkLetter: pick(MARKS, random),
  MarkPercentage: (60 + random() * 40).toFixed(1),
  CreditsAttempted: "1.00",
  CreditsEarned: "1.00",
});

const resultOf = (random: () => number): AssessmentResult => ({
  AssessmentTitle: `Example State Assessment, Grade ${Math.floor(random() * 6) + 3}`,
  AssessmentSubject: pick(SUBJECTS, random),
  AssessmentAdministrationDate: `20${14 + Math.floor(random() * 10)}-04-18`,
  GradeLevelWhenAssessed: pick(["03", "04", "05", "06", "07", "08"], random),
  ScoreMetric: "Scale score",
  Score: String(500 + Math.floor(random() * 500)),
  PerformanceLevel: pick(["Meets the standard", "Exceeds the standard"], random),
});

/** @param entries how many courses, and how many results of assessments */
function studentRecord(nth: number, entries: number): StudentRecord {
  const random = randomFrom(nth);
  return recordOf({
    Student: { ...jenna, FirstName: firstName(nth) },
    Contact: [{ PersonName: "Dana Abrams", Relationship: "1735", TelephoneNumber: "651-555-0142" }],
    Attendance: {
      Present: {
        AttendanceSummary: YEARS.map((SchoolYear) => {
          const absent = Math.floor(random() * 20);
          return {
            SchoolYear,
            NameOfInstitution: "Example Prairie Schools",
            DaysInMembership: "172",
            NumberOfDaysInAttendance: String(172 - absent),
            NumberOfDaysAbsent: String(absent),
          };
        }),
      },
    },
    Transcript: {
      Present: { Course: Array.from({ length: entries }, () => courseOf(random)) },
    },
    Assessment: {
      Present: { AssessmentResult: Array.from({ length: entries }, () => resultOf(random)) },
    },
  });
}

const releaseWith = (record: StudentRecord): TransferRelease =>
  releaseOf({ StudentRecord: record });

const messageOf = (record: StudentRecord): Uint8Array =>
  writeMessage("TransferRelease", releaseWith(record));

/** So many entries make a record of this size; no fewer than one of each kind. */
export function entriesFor(bytes: number): number {
  const sizeOf = (entries: number): number => messageOf(studentRecord(0, entries)).length;
  const few = sizeOf(1);
  const each = (sizeOf(11) - few) / 10;
  return Math.max(1, Math.round(1 + (bytes - few) / each));
}

/** The same record in both forms that are compared. */
export interface Exported {
  /** For packetboat's outbox. */
  readonly outbox: string;
  /** For a script: a packet of one message, right by `transfer-packet.xsd`. */
  readonly packet: Uint8Array;
}

/**
 * @param nth which student, as the list of requests numbers them
 * @param reference of the transfer
 */
export function exported(
  nth: number,
  entries: number,
  { reference, letter }: { readonly reference: string; readonly letter: Letter },
): Exported {
  const message = messageOf(studentRecord(nth, entries));
  const [record = ""] =
    /<StudentRecord>[^]*<\/StudentRecord>/.exec(Buffer.from(message).toString("utf8")) ?? [];
  const release = `<Release>
    <Reference>${reference}</Reference>
    ${record}
  </Release>`;
  return {
    outbox: outboxDocument(release, `R-${nth}`),
    packet: packetXml(letter, {}, [message]),
  };
}
