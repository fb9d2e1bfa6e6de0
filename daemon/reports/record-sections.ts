/** The eight sections of a record as tables, and those that did not come, in words. */
import { longDate } from "../alerts/when.ts";
import { wordFor } from "../alerts/reason-words.ts";
import type { SectionName, StudentRecord } from "../packet/model.gen.ts";
import { SECTIONS } from "../transfer/sections.ts";
import { paragraph, type Block, type Line, type Section } from "./blocks.ts";
import {
  ENTRY_WORDS,
  EXIT_WORDS,
  GRADE_WORDS,
  MEMBERSHIP_WORDS,
  NOT_AVAILABLE_WORDS,
  PROGRAM_WORDS,
  SECTION_WORDS,
} from "./code-words.ts";
import { date, idGroups, said, stacked } from "./lines.ts";
import type { FileLine } from "./record-came.ts";
import { below, table, word, type Present } from "./record-tables.ts";
import { transcript } from "./record-transcript.ts";

/** A section of the page for each section of the record that says anything. */
export const recordSections = (record: StudentRecord, fileLine: FileLine): Section[] =>
  SECTIONS.flatMap((name) => {
    const section = record[name];
    if (section === undefined) return [];
    return { title: SECTION_WORDS[name], blocks: blocksOf(name, record, fileLine) };
  });

function blocksOf(name: SectionName, record: StudentRecord, fileLine: FileLine): Block[] {
  const section = record[name];
  const present = PRESENT[name](record);
  if (present) return present;
  if (section?.Attached) {
    const files = section.Attached.FileName.map(fileLine);
    return [
      paragraph(["In the documents that came with the record:"]),
      paragraph(stacked(...files)),
    ];
  }
  if (section?.ToFollow) {
    const { ExpectedDate: day, Comments: comments } = section.ToFollow;
    return [paragraph([`To follow, expected on ${longDate(day)}.`]), ...quoted(comments)];
  }
  if (section?.NotAvailable) {
    const { NotAvailableReason: reason, Comments: comments } = section.NotAvailable;
    return [
      paragraph([`Not available: ${wordFor(NOT_AVAILABLE_WORDS, reason)}.`]),
      ...quoted(comments),
    ];
  }
  return [];
}

const quoted = (comments: string | undefined): Block[] =>
  comments === undefined ? [] : [{ block: "quote", text: comments }];

const enrollment = ({ SchoolEnrollment: enrollments }: Present<"Enrollment">): Block[] => [
  table(
    "Schools and dates",
    ["School", "School year", "Grade", "Entry", "Exit", "Type"],
    enrollments.map((each) => [
      stacked(
        said(each.NameOfInstitution),
        each.SchoolId === undefined ? [] : [idGroups(each.SchoolId)],
      ),
      [{ whole: each.SchoolYear }],
      word(GRADE_WORDS, each.EntryGradeLevel),
      stacked(date(each.EnrollmentEntryDate), small(ENTRY_WORDS, each.EntryType)),
      each.EnrollmentExitDate === undefined
        ? ["Still enrolled"]
        : stacked(date(each.EnrollmentExitDate), small(EXIT_WORDS, each.ExitOrWithdrawalType)),
      word(MEMBERSHIP_WORDS, each.MembershipType),
    ]),
  ),
];

const small = (words: Readonly<Record<string, string>>, code: string | undefined): Line =>
  code === undefined ? [] : [{ small: `${wordFor(words, code)} (${code})` }];

const attendance = ({ AttendanceSummary: years }: Present<"Attendance">): Block[] => [
  table(
    "Days by school year",
    ["School year", "Enrolled", "Attended", "Absent", "Excused", "Unexcused", "Tardy"],
    years.map((each) => [
      stacked([{ whole: each.SchoolYear }], below(each.NameOfInstitution)),
      said(each.DaysInMembership),
      said(each.NumberOfDaysInAttendance),
      said(each.NumberOfDaysAbsent),
      said(each.ExcusedAbsences),
      said(each.UnexcusedAbsences),
      said(each.NumberOfDaysTardy),
    ]),
  ),
];

const assessment = ({ AssessmentResult: results }: Present<"Assessment">): Block[] => [
  table(
    "Results",
    ["Assessment", "Subject", "Date", "Grade", "Score", "Level"],
    results.map((each) => [
      said(each.AssessmentTitle),
      said(each.AssessmentSubject),
      date(each.AssessmentAdministrationDate),
      word(GRADE_WORDS, each.GradeLevelWhenAssessed),
      stacked(said(each.Score), below(each.ScoreMetric)),
      said(each.PerformanceLevel),
    ]),
  ),
];

const immunization = (section: Present<"Immunization">): Block[] => [
  ...(section.ImmunizationRecordFlag === undefined
    ? []
    : [
        paragraph([
          section.ImmunizationRecordFlag === "true"
            ? "An immunization record is on file at the releasing district."
            : "No immunization record is on file at the releasing district.",
        ]),
      ]),
  table(
    "Doses",
    ["Vaccine", "Dose", "Date"],
    section.ImmunizationDose.map((each) => [
      said(each.ImmunizationType),
      said(each.DoseNumber),
      date(each.ImmunizationDate),
    ]),
  ),
];

const health = ({ HealthConditionEntry: conditions }: Present<"HealthCondition">): Block[] => [
  table(
    "What keeps the student safe",
    ["Condition", "Severity", "Instructions"],
    conditions.map((each) => [
      said(each.ConditionName),
      each.Severity === "Severe" || each.Severity === "High"
        ? [{ badge: "urgent", shown: each.Severity }]
        : [each.Severity],
      said(each.Instructions),
    ]),
  ),
];

const programs = ({ ProgramParticipation: participations }: Present<"Program">): Block[] => [
  table(
    "Participation",
    ["Program", "From", "Until", "Comments"],
    participations.map((each) => [
      stacked(
        [wordFor(PROGRAM_WORDS, each.ProgramType)],
        each.ProgramName === undefined ? [] : said(each.ProgramName),
      ),
      date(each.ProgramBeginDate),
      each.ProgramEndDate === undefined ? ["Still takes part"] : date(each.ProgramEndDate),
      said(each.Comments),
    ]),
  ),
];

const discipline = ({ DisciplineIncident: incidents }: Present<"Discipline">): Block[] => [
  table(
    "Suspensions and expulsions (20 USC 7917)",
    ["Incident", "Action", "From", "Until", "Comments"],
    incidents.map((each) => [
      date(each.IncidentDate),
      said(each.DisciplinaryActionTaken),
      date(each.DisciplinaryActionStartDate),
      date(each.DisciplinaryActionEndDate),
      said(each.Comments),
    ]),
  ),
];

/** The tables of each section that is present. */
const PRESENT: Readonly<Record<SectionName, (record: StudentRecord) => Block[] | null>> = {
  Enrollment: ({ Enrollment: section }) => (section?.Present ? enrollment(section.Present) : null),
  Transcript: ({ Transcript: section }) => (section?.Present ? transcript(section.Present) : null),
  Attendance: ({ Attendance: section }) => (section?.Present ? attendance(section.Present) : null),
  Assessment: ({ Assessment: section }) => (section?.Present ? assessment(section.Present) : null),
  Immunization: ({ Immunization: section }) =>
    section?.Present ? immunization(section.Present) : null,
  HealthCondition: ({ HealthCondition: section }) =>
    section?.Present ? health(section.Present) : null,
  Program: ({ Program: section }) => (section?.Present ? programs(section.Present) : null),
  Discipline: ({ Discipline: section }) => (section?.Present ? discipline(section.Present) : null),
};
