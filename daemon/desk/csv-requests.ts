/**
 * A list of requests as CSV: one row is one request, read like one in `Requests` and judged by itself.
 * What is wrong with the file as a whole refuses all of it; what is wrong with a row, that row.
 */
import { setImmediate as everythingElse } from "node:timers/promises";
import type { CsvColumn } from "../config.ts";
import type { PacketboatError } from "../errors.ts";
import type { SectionName } from "../packet/model.gen.ts";
import { checkerFor, type Fault } from "../schema.ts";
import { given } from "../transfer/given.ts";
import {
  COLUMNS,
  type Columns,
  columnsIn,
  type ListForm,
  meaningOf,
  REQUIRED,
  TELLING_COLUMNS,
} from "./csv/columns.ts";
import { returnedList } from "./csv/returned.ts";
import { headerIn, type Row, type Table, tableIn } from "./csv/table.ts";
import { listStart, listText } from "./csv/text.ts";
import { cleaned, damage } from "./csv/values.ts";
import { digestOf, type Reading, refusalOf, type Said } from "./documents.ts";
import { decisionIn } from "./outbox.ts";
import type { ListedRequest, Request } from "./outbox.gen.ts";

export type { ListForm } from "./csv/columns.ts";

const faultsIn = checkerFor("outbox.schema.json", "ListedRequest");
/** Rows that are read in one go. */
const BATCH = 200;
/** Rows of one SourceReference that are named. */
const MOST_TWINS = 6;

/**
 * @param bytes the whole file
 * @throws PacketboatError DOCUMENT_INVALID for the file as a whole
 */
export async function readRequestList(bytes: Uint8Array, form: ListForm): Promise<Said> {
  const meaning = meaningOf(form);
  const text = listText(bytes, form.encoding);
  const table = tableIn(text, form.delimiter, (header) => meaning(header) !== undefined);
  const columns = columnsIn(table.header, form);
  const readings: Reading[] = [];
  for (const [nth, row] of table.rows.entries()) {
    readings.push(readingOf(row, table, columns, form));
    if (nth % BATCH === BATCH - 1) await everythingElse();
  }
  return {
    readings: withoutTwins(readings),
    returned: (results) => returnedList(table, columns.faultIndex, results),
  };
}

/** Does a file's beginning show it as a list of requests? Else it may lie there to be sent with a release. */
export function looksLikeRequestList(start: Uint8Array, form: ListForm): boolean {
  const meaning = meaningOf(form);
  const isKnown = (header: string): boolean => meaning(header) !== undefined;
  return (
    headerIn(listStart(start, form.encoding), isKnown).filter(isKnown).length >= TELLING_COLUMNS
  );
}

function readingOf(row: Row, table: Table, columns: Columns, form: ListForm): Reading {
  const shape = shapeFaults(row, table);
  const faults: Fault[] = [];
  const values = valuesOf(row, columns, form, faults);
  const request = requestOf(values);
  const { SourceReference, ...body } = request;
  const sourceReference = SourceReference ?? null;
  const about = {
    number: row.number,
    row: row.number,
    sourceReference,
    decidedBy: values.get("DecidedBy") ?? null,
    digest: digestOf(sourceReference, { Request: body }),
  };
  // Where its values are none of their columns', there is nothing to say of them.
  if (shape.length > 0) return { ...about, says: { refusal: rowRefusal(shape) } };
  faults.push(...missingIn(values, columns, faults), ...schemaFaults(request, columns, faults));
  if (faults.length > 0) return { ...about, says: { refusal: rowRefusal(faults) } };
  const told = decisionIn({ Request: body }, {});
  return { ...about, says: "faults" in told ? { refusal: rowRefusal(told.faults) } : told };
}

const rowRefusal = (faults: readonly Fault[]): PacketboatError =>
  refusalOf(faults, { document: "the row", root: "row" });

/** Fields that have no column, or lines that look like rows in one field: something is quoted wrongly. */
function shapeFaults({ fields }: Row, { header, delimiter }: Table): Fault[] {
  const extra = fields.slice(header.length).filter((field) => field.trim() !== "");
  const most = Math.max(2, Math.floor((header.length - 1) / 2));
  const holdsRows = fields.some((field) =>
    field
      .split(/[\r\n]/)
      .slice(1)
      .some((line) => line.split(delimiter).length > most),
  );
  return [
    ...(extra.length === 0
      ? []
      : [
          {
            place: "row",
            sentence: `has ${fields.length} fields under ${header.length} columns: a value that holds the sign between two columns must stand in quotation marks`,
          },
        ]),
    ...(holdsRows
      ? [{ place: "row", sentence: "holds other rows: a quotation mark in it is not closed" }]
      : []),
  ];
}

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

/** What must be said and is not; what was said and could not be read is told of already. */
function missingIn(
  values: ReadonlyMap<CsvColumn, string>,
  { called }: Columns,
  told: readonly Fault[],
): Fault[] {
  const owed: CsvColumn[] = [...REQUIRED];
  const isPrevious = [...values.keys()].some((name) => name.startsWith("Previous"));
  if (isPrevious) owed.push("PreviousNameOfInstitution");
  return owed
    .filter((name) => !values.has(name) && !told.some(({ place }) => place === called(name)))
    .map((name) => ({ place: called(name), sentence: "is empty" }));
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

/** Rows that say different things under one SourceReference: which of them is right, we cannot know. */
function withoutTwins(readings: readonly Reading[]): Reading[] {
  const said = new Map<string, { digests: Set<string>; numbers: number[] }>();
  for (const { sourceReference, digest, number } of readings) {
    if (sourceReference === null) continue;
    const known = said.get(sourceReference) ?? { digests: new Set(), numbers: [] };
    known.digests.add(digest);
    if (known.numbers.length < MOST_TWINS) known.numbers.push(number);
    said.set(sourceReference, known);
  }
  return readings.map((reading) => {
    const { sourceReference, number, says } = reading;
    const twins = sourceReference === null ? undefined : said.get(sourceReference);
    if (!twins || twins.digests.size === 1 || "refusal" in says) return reading;
    const others = twins.numbers.filter((each) => each !== number).join(", ");
    const sentence = `stands in row ${others} as well, which says something else`;
    const refusal = rowRefusal([{ place: "SourceReference", sentence }]);
    return { ...reading, says: { refusal } };
  });
}
