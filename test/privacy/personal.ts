/** Every personal value of the fixtures, and the search for them: as they stand, and as programs disguise a text. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "csv-parse/sync";
import { OUTBOX_NAMESPACE } from "../../daemon/desk/documents.ts";
import { readOfficeElement } from "../../daemon/packet/document.ts";
import type { XmlElement } from "../../daemon/packet/shape.ts";

const FIXTURES = fileURLToPath(new URL("../../fixtures/", import.meta.url));

/** Elements and columns whose values are said of no person, or of many: why each is not looked for. */
const IMPERSONAL: Readonly<Record<string, string>> = {
  "they are codes and words of the schema": `
    Sex, EntryType, ExitOrWithdrawalType, MembershipType, TermCode, MediaType, StudentIdentificationSystem,
    NotAvailableReason, ReasonCode, ResponseStatus, RequestedSection, SectionName, StateAbbreviation, Supplement,
    HispanicOrLatinoEthnicity, Gender, Entry Code, Records Wanted, Previous State`,
  "a whole class, school or town shares them": `
    AddressPostalCode, GradeLevel, EntryGradeLevel, GradeLevelWhenCourseTaken, GradeLevelWhenAssessed, Grade,
    SchoolYear, School Year, SchoolId, NameOfInstitution, SchoolName, School, Previous School, Homeroom,
    ScoreMetric, AssessmentTitle, AssessmentAdministrationDate, ProjectedGraduationDate, ClassTotalNumber,
    DaysInMembership, CourseCode, StateCourseCode`,
  "they are days on which an office has time": "HoldUntil, ExpectedDate",
  "they name an agency, a district's own record of the request, a transfer, or who works there": `
    To, AgencyId, District, OrganizationName, SourceReference, Record No, Reference, DecidedBy`,
};
const impersonal = new Set(
  Object.values(IMPERSONAL).flatMap((names) => names.split(",").map((name) => name.trim())),
);

/** Names that are words of programs and of these fixtures' districts as well: their birthdate and ids stand for them. */
const WORDS_TOO = new Set(["Sample", "Model", "Max", "Pat", "Ada"]);

/** Where a value stands: shorter ones stand anywhere by chance, and are looked for beside their element's name. */
type Way = "anywhere" | "word" | "beside";

export interface Personal {
  readonly element: string;
  readonly value: string;
  readonly way: Way;
}

const NAMES = /^(?:LastOrSurname|FirstName|MiddleName|(?:Last|First|Middle) Name)$/;

function wayOf(element: string, value: string): Way {
  if (NAMES.test(element)) return "word";
  // Days on which a school year begins or ends stand in calendars.
  if (element.startsWith("Enrol")) return "beside";
  const isLong = /^[\d.]+$/.test(value) ? value.length >= 7 : value.length >= 8;
  return isLong ? "anywhere" : "beside";
}

function leavesOf({ name, text, children }: XmlElement): [string, string][] {
  if (children.length > 0) return children.flatMap(leavesOf);
  return text.trim() === "" ? [] : [[name, text.trim()]];
}

function valuesIn(path: string): [string, string][] {
  if (path.endsWith(".xml")) {
    const bounds = { namespace: OUTBOX_NAMESPACE, mostBytes: 1_000_000 };
    return leavesOf(readOfficeElement(readFileSync(path), bounds));
  }
  if (!path.endsWith(".csv")) return [];
  const rows: Record<string, string>[] = parse(readFileSync(path), { columns: true });
  return rows.flatMap((row) => Object.entries(row).filter(([, value]) => value !== ""));
}

/** All leaves of the documents, records and lists in these folders, and the names of files that are called by a student. */
function collected(...folders: string[]): Personal[] {
  const found = new Map<string, Personal>();
  for (const folder of folders) {
    for (const name of readdirSync(join(FIXTURES, folder))) {
      for (const [element, value] of valuesIn(join(FIXTURES, folder, name))) {
        if (impersonal.has(element) || WORDS_TOO.has(value)) continue;
        const way = wayOf(element, value);
        found.set(way === "beside" ? `${element} ${value}` : value, { element, value, way });
      }
    }
  }
  return [...found.values()];
}

export const PERSONAL: readonly Personal[] = collected("students", "outbox");

/** What the request for a student says, which an entity may know; everything else is of records. */
const asked = new Set(
  [
    "abrams-jenna.xml",
    "sample-ida.xml",
    "specimen-otis.xml",
    "specimen-otis.abroad.xml",
    "registry.csv",
  ]
    .flatMap((name) => valuesIn(join(FIXTURES, "students", name)))
    .map(([, value]) => value),
);

/** What stands in records alone. */
export const OF_RECORDS: readonly Personal[] = PERSONAL.filter(({ value }) => !asked.has(value));

const MONTHS =
  "January February March April May June July August September October November December".split(
    " ",
  );

/** A day as people and programs write it. */
function daysWritten(value: string): string[] {
  const [, year = "", month = "", day = ""] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value) ?? [];
  if (year === "") return [];
  const [m, d] = [String(Number(month)), String(Number(day))];
  const name = MONTHS[Number(month) - 1] ?? "";
  return [
    [`${month}/${day}/${year}`, `${m}/${d}/${year}`, `${day}.${month}.${year}`],
    [`${year}${month}${day}`, `${month}${day}${year}`, `${month}-${day}-${year}`],
    [`${name} ${d}, ${year}`, `${d} ${name} ${year}`, `${name.slice(0, 3)} ${d}, ${year}`],
  ].flat();
}

/** What stays of a text in base64 wherever in the encoded bytes it begins: the characters that it alone decides. */
function base64Of(text: string): string[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]);
    const start = Math.ceil((before * 8) / 6);
    return whole.toString("base64").slice(start, Math.floor((whole.length * 8) / 6));
  });
}

/** What our own sentences say a day should look like: it happens to be a day of the fixtures. */
const EXAMPLE = /(?<=(?:like|or) )2009-02-12/g;

interface Needle {
  readonly of: Personal;
  readonly text: string;
}

/** Long texts are cut off and wrapped where they are shown. */
const PIECE = 20;
const piecesOf = (value: string): string[] => {
  const lines = value.split("\n");
  return lines.flatMap((line) =>
    line.length <= PIECE ? [line] : [line.slice(0, PIECE), line.slice(-PIECE)],
  );
};

const written = ({ value }: Personal): string[] =>
  [...piecesOf(value), ...daysWritten(value)].filter((text) => text.length >= 7);

const anywhere = PERSONAL.filter(({ way }) => way === "anywhere");
const plain: readonly Needle[] = anywhere.flatMap((of) =>
  written(of).map((text) => ({ of, text: text.toLowerCase() })),
);
const encoded: readonly Needle[] = [
  ...anywhere.flatMap((of) => written(of).map((text) => ({ of, text }))),
  // A name alone is short, and still long enough in an encoding.
  ...PERSONAL.filter(({ way, value }) => way === "word" && value.length >= 5).map((of) => ({
    of,
    text: of.value,
  })),
].flatMap(({ of, text }) => [
  ...base64Of(text).map((each) => ({ of, text: each })),
  { of, text: Buffer.from(text).toString("hex") },
]);

const escapedForPattern = (text: string): string =>
  text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
const words = PERSONAL.filter(({ way }) => way === "word").map((of) => ({
  of,
  // Three letters stand in capitals and in small ones everywhere.
  pattern: new RegExp(
    `(?<![\\p{L}\\p{N}])${escapedForPattern(of.value)}(?![\\p{L}\\p{N}])`,
    of.value.length > 3 ? "iu" : "u",
  ),
}));
const beside = PERSONAL.filter(({ way }) => way === "beside").map((of) => ({
  of,
  pattern: new RegExp(
    `${of.element}(?:"?[:=]\\s?"?|\\W{1,2})${escapedForPattern(of.value)}(?![\\d.])`,
    "i",
  ),
}));

/** Long enough to stand in no bytes by chance; in a ledger's pages other values begin where one ends. */
const inBytes: readonly Needle[] = PERSONAL.filter(
  ({ way, value }) => way === "word" && value.length >= 5,
).map((of) => ({ of, text: of.value.toLowerCase() }));

/** Escapes of URLs, of XML and of JSON, undone. */
const unescaped = (text: string): string =>
  text
    .replaceAll("\0", "")
    .replaceAll(/&#(\d{1,6});/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll(/&#x([\da-f]{1,5});/gi, (_, code: string) =>
      String.fromCodePoint(Number.parseInt(code, 16)),
    )
    .replaceAll(/\\u([\da-f]{4})/gi, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    )
    .replaceAll(/%([\da-f]{2})/gi, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    )
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");

/** As it is written in a mail. */
const unquoted = (text: string): string =>
  text
    .replaceAll(/=\r?\n/g, "")
    .replaceAll(/=([\dA-F]{2})/g, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    );

export interface Search {
  /** Look for these alone. */
  readonly among?: readonly Personal[];
  /** In bytes that are no text a short word stands by chance. */
  readonly isBinary?: boolean;
}

/**
 * The personal values in a text, in whatever way it is written.
 *
 * @returns each as `Birthdate 2009-02-12 (…what stands around it…)`
 */
export function personalIn(
  text: string | Uint8Array,
  { among, isBinary = false }: Search = {},
): string[] {
  const bytes = typeof text === "string" ? text : Buffer.from(text).toString("latin1");
  const given = bytes.replaceAll(EXAMPLE, "");
  const forms = [...new Set([given, unescaped(given), unquoted(given)])];
  const found = new Map<Personal, string>();
  const note = (of: Personal, form: string, index: number): void => {
    if (among !== undefined && !among.includes(of)) return;
    if (!found.has(of)) found.set(of, form.slice(Math.max(0, index - 60), index + 60));
  };
  for (const form of forms) {
    const lower = form.toLowerCase();
    for (const { of, text: needle } of isBinary ? [...plain, ...inBytes] : plain) {
      const index = lower.indexOf(needle);
      if (index >= 0) note(of, form, index);
    }
    for (const { of, text: needle } of encoded) {
      const index = form.indexOf(needle);
      if (index >= 0) note(of, form, index);
    }
    for (const { of, pattern } of isBinary ? [] : [...words, ...beside]) {
      const index = form.search(pattern);
      if (index >= 0) note(of, form, index);
    }
  }
  return [...found].map(
    ([{ element, value }, around]) => `${element} ${value} (${JSON.stringify(around)})`,
  );
}
