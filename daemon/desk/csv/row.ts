/** One row of a list as a request, with everything that is wrong with it, said of its columns. */
import type { CsvColumn } from "../../config.ts";
import type { Row } from "../../csv/rows.ts";
import { cleaned, damage } from "../../csv/values.ts";
import type { SectionName } from "../../packet/model.gen.ts";
import { checkerFor, type Fault } from "../../schema.ts";
import { given } from "../../transfer/given.ts";
import type { ListedRequest, Request } from "../outbox.gen.ts";
import { COLUMNS, type Columns, type ListForm, REQUIRED } from "./columns.ts";
import type { Table } from "./table.ts";

export interface RowRequest {
  /** Follows its schema if there are no faults. */
  readonly request: ListedRequest;
  readonly decidedBy: string | null;
  readonly faults: readonly Fault[];
}

const faultsIn = checkerFor("outbox.schema.json", "ListedRequest");

export function requestIn(row: Row, table: Table, columns: Columns, form: ListForm): RowRequest {
  const faults: Fault[] = [];
  const values = valuesOf(row, columns, form, faults);
  const request = requestOf(values);
  const decidedBy = values.get("DecidedBy") ?? null;
  // Where its values are none of their columns', there is nothing to say of them.
  const shape = shapeFaults(row, table);
  if (shape.length > 0) return { request, decidedBy, faults: shape };
  faults.push(
    ...missingIn(values, columns, faults),
    ...districtFaults(values, columns),
    ...schemaFaults(request, columns, faults),
  );
  return { request, decidedBy, faults };
}

/** Fields that have no column, or rows in one field: something is quoted wrongly. */
function shapeFaults({ fields }: Row, { header, delimiter }: Table): Fault[] {
  const extra = fields.slice(header.length).filter((field) => field.trim() !== "");
  const most = Math.max(3, Math.floor((header.length - 1) / 2));
  const sentences = [
    ...(extra.length === 0
      ? []
      : [
          `has ${fields.length} fields under ${header.length} columns: a value that holds the sign between two columns must stand in quotation marks`,
        ]),
    ...(fields.some((field) => seemsToHoldRows(field, delimiter, most))
      ? ["seems to hold other rows: close its quotation marks, or write the value in one line"]
      : []),
  ];
  return sentences.map((sentence) => ({ place: "row", sentence }));
}

/** Another student's row in a comment would be sent to a district that has nothing to do with it. */
const seemsToHoldRows = (field: string, delimiter: string, most: number): boolean =>
  /[\r\n]/.test(field) && (field.includes('"') || field.split(delimiter).length > most);

function valuesOf(
  { fields }: Row,
  { index, called }: Columns,
  { fixed, dateFormat }: ListForm,
  faults: Fault[],
): Map<CsvColumn, string> {
  const values = new Map<CsvColumn, string>();
  for (const [name, { read }] of Object.entries(COLUMNS) as [
    CsvColumn,
    (typeof COLUMNS)[CsvColumn],
  ][]) {
    const at = index.get(name);
    const text = cleaned((at === undefined ? fixed[name] : fields[at]) ?? "");
    if (text === "") continue;
    const lost = damage(text);
    const value = lost === null ? read(text, dateFormat) : { fault: lost };
    if (typeof value === "string") values.set(name, value);
    else faults.push({ place: called(name), sentence: value.fault });
  }
  return values;
}

/** In the order of the schema, as XML would say it: the same request has the same digest. */
function requestOf(values: ReadonlyMap<CsvColumn, string>): ListedRequest {
  const value = (name: CsvColumn): string | undefined => values.get(name);
  const district = given({
    StateAbbreviation: value("DistrictState"),
    OrganizationName: value("DistrictName"),
    AddressCity: value("DistrictCity"),
    AddressPostalCode: value("DistrictZip"),
  });
  const previous = given({
    AgencyId: value("PreviousAgencyId"),
    SchoolId: value("PreviousSchoolId"),
    NameOfInstitution: value("PreviousNameOfInstitution"),
    AddressCity: value("PreviousCity"),
    StateAbbreviation: value("PreviousState"),
  });
  return given({
    SourceReference: value("SourceReference"),
    To: value("To"),
    District: Object.keys(district).length === 0 ? undefined : district,
    Student: given({
      LastOrSurname: value("LastOrSurname"),
      FirstName: value("FirstName"),
      MiddleName: value("MiddleName"),
      GenerationCodeOrSuffix: value("GenerationCodeOrSuffix"),
      Sex: value("Sex"),
      Birthdate: value("Birthdate"),
      GradeLevel: value("GradeLevel"),
      StudentIdentification: identifications(values),
    }),
    NewEnrollment: given({
      SchoolId: value("SchoolId"),
      NameOfInstitution: value("NameOfInstitution"),
      SchoolYear: value("SchoolYear"),
      EnrollmentEntryDate: value("EnrollmentEntryDate"),
      EnrollmentExitDate: value("EnrollmentExitDate"),
      EntryType: value("EntryType"),
      MembershipType: value("MembershipType"),
    }),
    PreviousSchool: Object.keys(previous).length === 0 ? undefined : previous,
    Purpose: value("Purpose"),
    LegitimateInterest: value("LegitimateInterest"),
    ExpediteReason: value("ExpediteReason"),
    RequestedByParent: value("RequestedByParent"),
    RequestedSection: value("RequestedSection")?.split(" ") as SectionName[] | undefined,
    Comments: value("Comments"),
  }) as unknown as ListedRequest;
}

function identifications(
  values: ReadonlyMap<CsvColumn, string>,
): Request["Student"]["StudentIdentification"] {
  const ids = (
    [
      ["District", values.get("DistrictStudentId")],
      ["State", values.get("StateStudentId")],
    ] as const
  ).flatMap(([StudentIdentificationSystem, StudentIdentifier]) =>
    StudentIdentifier === undefined ? [] : [{ StudentIdentificationSystem, StudentIdentifier }],
  );
  return ids.length === 0 ? undefined : ids;
}

/** Whoever describes a district names its state as well. */
const DESCRIBING: readonly CsvColumn[] = ["DistrictName", "DistrictCity", "DistrictZip"];

/** What must be said and is not; what was said and could not be read is told of already. */
function missingIn(
  values: ReadonlyMap<CsvColumn, string>,
  { called }: Columns,
  told: readonly Fault[],
): Fault[] {
  const owed: CsvColumn[] = [...REQUIRED];
  const isPrevious = [...values.keys()].some((name) => name.startsWith("Previous"));
  if (isPrevious) owed.push("PreviousNameOfInstitution");
  if (DESCRIBING.some((name) => values.has(name))) owed.push("DistrictState");
  return owed
    .filter((name) => !values.has(name) && !told.some(({ place }) => place === called(name)))
    .map((name) => ({ place: called(name), sentence: "is empty" }));
}

/** One district is named or described, not both, and a whole state is none. */
function districtFaults(values: ReadonlyMap<CsvColumn, string>, { called }: Columns): Fault[] {
  const isDescribed = DESCRIBING.some((name) => values.has(name));
  if (!isDescribed && !values.has("DistrictState")) return [];
  if (values.has("To")) {
    const sentence = "must be empty where a district is described: one of them says whom to ask";
    return [{ place: called("To"), sentence }];
  }
  if (isDescribed) return [];
  const sentence = `needs ${DESCRIBING.map(called).join(", ")} beside it: at least one of them`;
  return [{ place: called("DistrictState"), sentence }];
}

/** What the schema finds, said of the columns; what is missing was told of by its column. */
function schemaFaults(
  request: ListedRequest,
  { called }: Columns,
  told: readonly Fault[],
): Fault[] {
  return faultsIn(request)
    .filter(({ sentence }) => !sentence.endsWith(" is required"))
    .map((fault) => ({ ...fault, place: columnAt(fault.place, request, called) }))
    .filter(({ place }) => !told.some((each) => each.place === place));
}

function columnAt(place: string, { Student }: ListedRequest, called: Columns["called"]): string {
  const id = /^Student\/StudentIdentification\[([0-9]+)\]/.exec(place)?.[1];
  const system = Student.StudentIdentification?.[Number(id) - 1]?.StudentIdentificationSystem;
  const wanted =
    system === undefined
      ? place.replace(/\[[0-9]+\]$/, "")
      : `Student/StudentIdentification/${system}`;
  const names = Object.keys(COLUMNS) as CsvColumn[];
  const name = names.find((each) => COLUMNS[each].place === wanted);
  return name === undefined ? place : called(name);
}
