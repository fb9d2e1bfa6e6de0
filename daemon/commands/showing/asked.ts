/** What a request asked, by whom and for whom, as lines for the registrar's own terminal. */
import { wordFor } from "../../alerts/reason-words.ts";
import { longDate } from "../../alerts/when.ts";
import type { TransferRequest } from "../../packet/model.gen.ts";
import {
  AUTHENTICATION_WORDS,
  GRADE_WORDS,
  PURPOSE_WORDS,
  SECTION_WORDS,
} from "../../reports/code-words.ts";
import { studentName } from "../../reports/student-lines.ts";
import { askedSections } from "../../transfer/sections.ts";

type Row = readonly [name: string, value: string | null];

export function askedRows(request: TransferRequest): Row[] {
  const { Student: student, NewEnrollment: enrollment, PreviousSchool: previous } = request;
  const { RequestingUser: user, LegitimateInterest: interest } = request;
  const sections = askedSections(request);
  return [
    ["Student", studentName(student)],
    ["Sex", student.Sex],
    ["Birthdate", longDate(student.Birthdate)],
    ["Grade", wordFor(GRADE_WORDS, student.GradeLevel)],
    [
      "New enrollment",
      `${enrollment.NameOfInstitution}, ${enrollment.SchoolYear}, from ${longDate(enrollment.EnrollmentEntryDate)}`,
    ],
    ["Previous school", previous?.NameOfInstitution ?? null],
    ["Asked by", `${user.PersonName} (${user.Username})`],
    ["Authenticated", AUTHENTICATION_WORDS[user.UserAuthentication]],
    ["Purpose", `${wordFor(PURPOSE_WORDS, request.Purpose)}; ${interest}`],
    ["Sections", sections.map((name) => SECTION_WORDS[name]).join(", ")],
    ["Comments", request.Comments ?? null],
  ];
}
