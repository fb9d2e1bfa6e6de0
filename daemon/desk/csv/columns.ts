/** Which column of a list says what: by our own names, or by those that the config maps to them. */
import type { CsvColumn, DropFolder } from "../../config.ts";
import { plainHeader as plain, shownHeader as shown } from "../../csv/form.ts";
import * as values from "../../csv/values.ts";
import { nearestName } from "../../schema.ts";
import { faultyList } from "./faulty.ts";
import { FAULT } from "./table.ts";

/** What each column holds, and where in a request that stands. */
export const COLUMNS: Readonly<Record<CsvColumn, { place: string; read: values.Reader }>> = {
  SourceReference: { place: "SourceReference", read: values.line },
  DecidedBy: { place: "DecidedBy", read: values.line },
  To: { place: "To", read: values.agencyId },
  DistrictState: { place: "District/StateAbbreviation", read: values.state },
  DistrictName: { place: "District/OrganizationName", read: values.line },
  DistrictCity: { place: "District/AddressCity", read: values.line },
  DistrictZip: { place: "District/AddressPostalCode", read: values.zip },
  LastOrSurname: { place: "Student/LastOrSurname", read: values.line },
  FirstName: { place: "Student/FirstName", read: values.line },
  MiddleName: { place: "Student/MiddleName", read: values.line },
  GenerationCodeOrSuffix: { place: "Student/GenerationCodeOrSuffix", read: values.line },
  Sex: { place: "Student/Sex", read: values.sex },
  Birthdate: { place: "Student/Birthdate", read: values.date },
  GradeLevel: { place: "Student/GradeLevel", read: values.gradeLevel },
  DistrictStudentId: { place: "Student/StudentIdentification/District", read: values.line },
  StateStudentId: { place: "Student/StudentIdentification/State", read: values.line },
  NameOfInstitution: { place: "NewEnrollment/NameOfInstitution", read: values.line },
  SchoolId: { place: "NewEnrollment/SchoolId", read: values.schoolId },
  SchoolYear: { place: "NewEnrollment/SchoolYear", read: values.schoolYear },
  EnrollmentEntryDate: { place: "NewEnrollment/EnrollmentEntryDate", read: values.date },
  EnrollmentExitDate: { place: "NewEnrollment/EnrollmentExitDate", read: values.date },
  EntryType: { place: "NewEnrollment/EntryType", read: values.line },
  MembershipType: { place: "NewEnrollment/MembershipType", read: values.membershipType },
  PreviousAgencyId: { place: "PreviousSchool/AgencyId", read: values.agencyId },
  PreviousSchoolId: { place: "PreviousSchool/SchoolId", read: values.schoolId },
  PreviousNameOfInstitution: { place: "PreviousSchool/NameOfInstitution", read: values.line },
  PreviousCity: { place: "PreviousSchool/AddressCity", read: values.line },
  PreviousState: { place: "PreviousSchool/StateAbbreviation", read: values.state },
  Purpose: { place: "Purpose", read: values.purpose },
  LegitimateInterest: { place: "LegitimateInterest", read: values.line },
  ExpediteReason: { place: "ExpediteReason", read: values.expediteReason },
  RequestedByParent: { place: "RequestedByParent", read: values.yesNo },
  RequestedSection: { place: "RequestedSection", read: values.sections },
  Comments: { place: "Comments", read: values.lines },
};

const NAMES = Object.keys(COLUMNS) as CsvColumn[];

/** Without these nothing is asked. */
export const REQUIRED: readonly CsvColumn[] = [
  "LastOrSurname",
  "FirstName",
  "Sex",
  "Birthdate",
  "GradeLevel",
  "NameOfInstitution",
  "SchoolYear",
  "EnrollmentEntryDate",
  "MembershipType",
];

/** A row that names so many columns of ours is a header; another may be a student's, and is never shown. */
export const TELLING_COLUMNS = 3;

/** Columns that say one thing and are named. */
const MOST_NAMED = 5;

/** How the lists of one drop folder are written. */
export interface ListForm extends Omit<DropFolder["csv"], "columns" | "fixed"> {
  readonly columns: Readonly<Record<string, CsvColumn>>;
  readonly fixed: Readonly<Record<string, string>>;
  /** The section of the config, to be named to whoever mends it. */
  readonly setting: string;
}

/** The columns of one file. */
export interface Columns {
  /** Where each of them stands in a row, counted from zero. */
  readonly index: ReadonlyMap<CsvColumn, number>;
  /** As people find it: `Birthdate (column DOB)`. */
  readonly called: (column: CsvColumn) => string;
  /** Where our own answer says what was wrong. */
  readonly faultIndex: number;
}

/** What a header means, if it means something. */
export const meaningOf = ({
  columns,
}: Pick<ListForm, "columns">): ((header: string) => CsvColumn | undefined) => {
  const known = new Map<string, CsvColumn>(NAMES.map((name) => [plain(name), name]));
  for (const [header, column] of Object.entries(columns)) known.set(plain(header), column);
  return (header) => known.get(plain(header));
};

/**
 * @throws PacketboatError DOCUMENT_INVALID if a column is missing, or stands there twice
 */
export function columnsIn(header: readonly string[], form: ListForm): Columns {
  const meaning = meaningOf(form);
  const meant = header.map((each) => meaning(each));
  if (new Set(meant.filter((each) => each !== undefined)).size < TELLING_COLUMNS) {
    throw faultyList(`the first row names too few columns that we know: ${howToMap(form)}`);
  }
  const faults = [...twice(header, meant), ...missing(header, meant, form)];
  if (faults.length > 0) throw faultyList(...faults);
  const index = new Map<CsvColumn, number>();
  for (const [at, column] of meant.entries()) if (column) index.set(column, at);
  return {
    index,
    called: (column) => {
      const at = index.get(column);
      if (at === undefined) return column;
      const written = shown(header[at] ?? "");
      return plain(written) === plain(column) ? column : `${column} (column ${written})`;
    },
    faultIndex: header.findIndex((each) => plain(each) === plain(FAULT)),
  };
}

function twice(header: readonly string[], meant: readonly (CsvColumn | undefined)[]): string[] {
  return NAMES.flatMap((name) => {
    const names = header.filter((_, at) => meant[at] === name).map(shown);
    if (names.length < 2) return [];
    const more = names.length - MOST_NAMED;
    const named = [...names.slice(0, MOST_NAMED), ...(more > 0 ? [`${more} more`] : [])];
    const all = names.length === 2 ? "both" : "all";
    return [`the columns ${named.join(" and ")} ${all} say ${name}: only one of them may`];
  });
}

/** A column that the config maps must be there as well: its rows would say less than they did. */
function missing(
  header: readonly string[],
  meant: readonly (CsvColumn | undefined)[],
  form: ListForm,
): string[] {
  const owed = new Set<CsvColumn>([...REQUIRED, ...Object.values(form.columns)]);
  const absent = [...owed].filter(
    (name) => !meant.includes(name) && form.fixed[name] === undefined,
  );
  if (absent.length === 0) return [];
  const others = header.filter((_, at) => meant[at] === undefined).map(shown);
  const there = header.map(shown).filter((name) => name !== "");
  return absent.map((name, nth) => {
    const expected = Object.keys(form.columns).filter((each) => form.columns[each] === name);
    const mapped =
      expected.length === 0 ? "" : ` (in the config: ${expected.map(shown).join(" or ")})`;
    const near = nearestName(name, others);
    const rest =
      nth > 0 ? "" : `; the file has: ${there.slice(0, 40).join(", ")}; ${howToMap(form)}`;
    return `the column ${name}${mapped} is missing${near}${rest}`;
  });
}

const howToMap = ({ setting }: ListForm): string =>
  `map it in packetboat.yaml under ${setting}.columns, or give it under ${setting}.fixed`;
