/** Which column of a registry file says what: by our own names, or by those that the config maps to them. */
import type { RegistryColumn } from "../../config.ts";
import { plainHeader, shownHeader } from "../../csv/form.ts";
import { nearestName } from "../../schema.ts";
import { type Form, invalid } from "./file.ts";

const REQUIRED: readonly RegistryColumn[] = [
  "StateStudentId",
  "LastOrSurname",
  "FirstName",
  "Birthdate",
  "Sex",
  "AgencyId",
  "SchoolId",
  "SchoolName",
  "EnrollmentEntryDate",
  "EnrollmentExitDate",
];
const NAMES: readonly RegistryColumn[] = [
  ...REQUIRED,
  "MiddleName",
  "SchoolYear",
  "EntryGradeLevel",
];

/** A row that names so many columns of ours is a header; another may be a student's, and is never shown. */
const TELLING_COLUMNS = 3;

export interface Columns {
  readonly count: number;
  /** Where each of them stands in a row, counted from zero. */
  readonly index: ReadonlyMap<RegistryColumn, number>;
  /** As people find it: `Birthdate (column DOB)`. */
  readonly called: (column: RegistryColumn) => string;
}

/** What a header means, if it means something. */
export function meaningOf({
  columns,
}: Pick<Form, "columns">): (header: string) => RegistryColumn | undefined {
  const known = new Map(NAMES.map((name) => [plainHeader(name), name]));
  for (const [header, column] of Object.entries(columns)) known.set(plainHeader(header), column);
  return (header) => known.get(plainHeader(header));
}

/** @throws PacketboatError REGISTRY_INVALID if it is no header, or a column is missing or there twice */
export function columnsIn(header: readonly string[], form: Pick<Form, "columns">): Columns {
  const meaning = meaningOf(form);
  const meant = header.map((each) => meaning(each));
  if (new Set(meant.filter((each) => each !== undefined)).size < TELLING_COLUMNS) {
    throw invalid(`the first row names too few columns that we know: ${HOW_TO_MAP}`);
  }
  const twice = NAMES.filter((name) => meant.filter((each) => each === name).length > 1);
  const absent = REQUIRED.filter((name) => !meant.includes(name));
  const others = header.filter((_, at) => meant[at] === undefined).map(shownHeader);
  if (twice.length + absent.length > 0) {
    throw invalid(
      ...twice.map((name) => `two columns say ${name}: only one of them may`),
      ...absent.map((name) => `the column ${name} is missing${nearestName(name, others)}`),
      HOW_TO_MAP,
    );
  }
  const index = new Map(
    NAMES.flatMap((name) => (meant.includes(name) ? [[name, meant.indexOf(name)]] : [])),
  );
  return {
    count: header.length,
    index,
    called: (column) => {
      const written = shownHeader(header[index.get(column) ?? -1] ?? column);
      return plainHeader(written) === plainHeader(column)
        ? column
        : `${column} (column ${written})`;
    },
  };
}

const HOW_TO_MAP = "columns are mapped in packetboat.yaml under registry.columns";
