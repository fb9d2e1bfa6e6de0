/** One row of a registry file as an enrollment, or what is wrong with it. No sentence repeats a value. */
import type { RegistryColumn } from "../../config.ts";
import * as values from "../../csv/values.ts";
import type { AgencyId } from "../../ids.ts";
import type { EnrollmentRow } from "../../ledger/tables.ts";
import type { Sex } from "../../packet/model.gen.ts";
import { foldStateId } from "../matching.ts";
import type { Columns } from "./columns.ts";
import type { Line } from "./file.ts";
import { foldName } from "./names.ts";

/** What is wrong with one row, without anything of the student. */
export interface RowFault {
  readonly line: number;
  /** As people find it; `row` for the row as a whole. */
  readonly column: string;
  readonly sentence: string;
}

/** A row that is left out. */
export interface FaultyRow {
  readonly faults: readonly RowFault[];
  /** Its State id, if that much can be read: a fault in a row does not end what the registry says. */
  readonly student: string | null;
}

/** An enrollment as its row says it. */
export type ListedEnrollment = Omit<EnrollmentRow, "generation" | "said_by">;

const fault = (sentence: string): values.Read => ({ fault: sentence });

const SSN = /^[0-9]{3}-[0-9]{2}-[0-9]{4}$/;
const SPREADSHEETS_NUMBER = /^[0-9](?:[.,][0-9]+)?E\+[0-9]+$/i;

const stateStudentId: values.Reader = (text, dateFormat) => {
  const id = text.replace(/^'/, "");
  if (SSN.test(id)) return fault("has the form of a Social Security number, which is never kept");
  if (SPREADSHEETS_NUMBER.test(id)) {
    return fault("was made another number by a spreadsheet: give the column the format Text");
  }
  if (id.length > 40) return fault("has more than 40 characters");
  return values.line(id, dateFormat);
};

const name: values.Reader = (text) => {
  const folded = foldName(text);
  return folded === "" ? fault("has no letters") : folded;
};

const schoolName: values.Reader = (text, dateFormat) =>
  text.length > 75 ? fault("has more than 75 characters") : values.line(text, dateFormat);

/** What travels has no other centuries. */
const date: values.Reader = (text, dateFormat) => {
  const read = values.date(text, dateFormat);
  if (typeof read !== "string" || /^(?:19|20|21)/.test(read)) return read;
  return fault("must be a day between 1900 and 2199");
};

const READERS: Readonly<Partial<Record<RegistryColumn, values.Reader>>> = {
  StateStudentId: stateStudentId,
  LastOrSurname: name,
  FirstName: name,
  Birthdate: date,
  Sex: values.sex,
  AgencyId: values.agencyId,
  SchoolId: values.schoolId,
  SchoolName: schoolName,
  SchoolYear: values.schoolYear,
  EntryGradeLevel: values.gradeLevel,
  EnrollmentEntryDate: date,
  EnrollmentExitDate: date,
};

const MAY_BE_EMPTY: ReadonlySet<RegistryColumn> = new Set([
  "SchoolYear",
  "EntryGradeLevel",
  "EnrollmentExitDate",
]);

export function enrollmentIn(
  { number: line, fields }: Line,
  { index, called, count }: Columns,
  dateFormat: string,
): ListedEnrollment | FaultyRow {
  const extra = fields.slice(count).some((field) => field.trim() !== "");
  if (extra || fields.some((field) => /[\r\n]/.test(field.trim()))) {
    const sentence = extra
      ? `has ${fields.length} fields under ${count} columns: look at its quotation marks`
      : "has a value of several lines: look at its quotation marks";
    return { faults: [{ line, column: "row", sentence }], student: null };
  }
  const faults: RowFault[] = [];
  const read = (column: RegistryColumn): string => {
    const value = valueOf(fields[index.get(column) ?? -1] ?? "", column, dateFormat);
    if (typeof value === "string") return value;
    faults.push({ line, column: called(column), sentence: value.fault });
    return "";
  };
  const made: ListedEnrollment = {
    state_student_id: foldStateId(read("StateStudentId")),
    agency_id: read("AgencyId") as AgencyId,
    school_id: read("SchoolId"),
    entry_date: read("EnrollmentEntryDate"),
    exit_date: read("EnrollmentExitDate") || null,
    last_key: read("LastOrSurname"),
    first_key: read("FirstName"),
    birthdate: read("Birthdate"),
    sex: read("Sex") as Sex,
    school_name: read("SchoolName"),
    school_year: read("SchoolYear"),
    grade_level: read("EntryGradeLevel"),
  };
  if (faults.length === 0) faults.push(...contradictions(made, line, called));
  return faults.length > 0 ? { faults, student: made.state_student_id || null } : made;
}

function valueOf(field: string, column: RegistryColumn, dateFormat: string): values.Read {
  const text = values.cleaned(field);
  if (text === "") return MAY_BE_EMPTY.has(column) ? "" : fault("is empty");
  const lost = values.damage(text);
  if (lost !== null) return fault(lost);
  return READERS[column]?.(text, dateFormat) ?? text;
}

function contradictions(
  { entry_date: entry, exit_date: exit, birthdate }: ListedEnrollment,
  line: number,
  called: Columns["called"],
): RowFault[] {
  const about = (column: RegistryColumn, sentence: string): RowFault => ({
    line,
    column: called(column),
    sentence,
  });
  return [
    ...(exit !== null && exit < entry
      ? [about("EnrollmentExitDate", "lies before EnrollmentEntryDate")]
      : []),
    ...(birthdate >= entry ? [about("Birthdate", "does not lie before EnrollmentEntryDate")] : []),
  ];
}
