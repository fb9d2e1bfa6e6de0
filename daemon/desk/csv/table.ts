/** A list as rows of fields: which line is the header, and what stands between two columns. */
import { parse } from "csv-parse/sync";
import type { DropFolder } from "../../config.ts";
import { faultyList } from "./faulty.ts";

export interface Table {
  readonly delimiter: string;
  readonly header: readonly string[];
  /** All but blank ones. */
  readonly rows: readonly Row[];
}

export interface Row {
  /** As a spreadsheet counts: the header of most files is row 1. */
  readonly number: number;
  readonly fields: readonly string[];
}

/** In our own answers this column says what was wrong with a row; it stands first, and is not read. */
export const FAULT = "Fault";

/** More rows than a district has students to ask for in one day; nothing bigger is held in memory. */
const MOST_ROWS = 20_000;
/** Characters of a row; a quote that is never closed is found before the whole file was one field. */
const LONGEST_ROW = 100_000;

const DELIMITERS = [",", ";", "\t", "|"] as const;
const NAMES: Readonly<Record<string, string>> = {
  ",": "commas",
  ";": "semicolons",
  "\t": "tabs",
  "|": "bars",
};

/** Quotes inside a field that has none around it are offices' way to write inches and nicknames. */
const FORM = {
  record_delimiter: ["\r\n", "\n", "\r"],
  relax_column_count: true,
  relax_quotes: true,
  max_record_size: LONGEST_ROW,
};

/**
 * @param text of the whole file
 * @param wanted what the config says of the delimiter
 * @param isKnown is this a header that means something to us?
 * @throws PacketboatError DOCUMENT_INVALID
 */
export function tableIn(
  text: string,
  wanted: DropFolder["csv"]["delimiter"],
  isKnown: (header: string) => boolean,
): Table {
  const { body, told } = withoutSeparatorLine(text);
  const delimiter = delimiterOf(body, told ?? wantedSign(body, wanted), isKnown);
  const records = parsed(body, delimiter);
  const first = records.findIndex((fields) => !isBlank(fields));
  if (first < 0) throw faultyList("the file is empty");
  const rows = records.flatMap((fields, index) =>
    index <= first || isBlank(fields) ? [] : [{ number: index + 1, fields }],
  );
  if (rows.length === 0) throw faultyList("the file has a header and no rows");
  if (rows.length > MOST_ROWS) {
    throw faultyList(`the file has ${rows.length} rows, more than ${MOST_ROWS}: split it`);
  }
  return { delimiter, header: records[first] ?? [], rows };
}

/** The fields of the first line that has any. */
export function headerIn(start: string, isKnown: (header: string) => boolean): string[] {
  const { body } = withoutSeparatorLine(start.replace(/^\u{FEFF}/u, ""));
  return DELIMITERS.map((delimiter) => firstRecord(body, delimiter)).reduce((best, header) =>
    header.filter(isKnown).length > best.filter(isKnown).length ? header : best,
  );
}

/** A line `sep=;` tells Excel what stands between the columns, and is no row to it. */
function withoutSeparatorLine(text: string): { body: string; told: string | null } {
  const line = /^"?sep=([^\r\n])"?[^\r\n]{0,200}(?:\r\n|\n|\r)/i.exec(text);
  if (!line) return { body: text, told: null };
  return { body: text.slice(line[0].length), told: line[1] ?? null };
}

/** What we gave back keeps the delimiter that it came with. */
function wantedSign(text: string, wanted: DropFolder["csv"]["delimiter"]): string | null {
  const ours = new RegExp(`^"?${FAULT}"?([,;\t|])`).exec(text)?.[1];
  if (ours !== undefined) return ours;
  return wanted === "auto" ? null : wanted === "tab" ? "\t" : wanted;
}

function delimiterOf(
  text: string,
  wanted: string | null,
  isKnown: (header: string) => boolean,
): string {
  const scored = DELIMITERS.map((delimiter) => {
    const header = firstRecord(text, delimiter);
    return { delimiter, known: header.filter(isKnown).length, columns: header.length };
  });
  const [best] = scored.toSorted(
    (one, other) => other.known - one.known || other.columns - one.columns,
  );
  if (wanted === null) return best?.delimiter ?? ",";
  const found = scored.find(({ delimiter }) => delimiter === wanted);
  if (found && best && best.known > found.known) {
    const signs = [best.delimiter, wanted].map((sign) => NAMES[sign] ?? sign);
    throw faultyList(
      `the columns are separated by ${signs[0]}, and the config says ${signs[1]}: set delimiter to auto`,
    );
  }
  return wanted;
}

function firstRecord(text: string, delimiter: string): string[] {
  try {
    const [header = []] = parse(text, { ...FORM, delimiter, to: 1, skip_empty_lines: true });
    return header;
  } catch (error) {
    if (codeOf(error) === null) throw error;
    return [];
  }
}

function parsed(text: string, delimiter: string): string[][] {
  let rows = 0;
  const counted = (record: string[]): string[] => {
    rows++;
    return record;
  };
  try {
    return parse(text, { ...FORM, delimiter, on_record: counted });
  } catch (error) {
    const code = codeOf(error);
    if (code === null) throw error;
    const row = rows + 1;
    if (code === "CSV_QUOTE_NOT_CLOSED") {
      throw faultyList(`a quotation mark is opened in row ${row} and never closed`);
    }
    if (code === "CSV_MAX_RECORD_SIZE") {
      const sentence = `row ${row} is longer than ${LONGEST_ROW} characters`;
      throw faultyList(`${sentence}: look there for a quotation mark that is never closed`);
    }
    throw faultyList(`row ${row} cannot be read (${code})`);
  }
}

/** csv-parse tells its refusals by codes. */
const codeOf = (error: unknown): string | null =>
  error instanceof Error && "code" in error && String(error.code).startsWith("CSV_")
    ? String(error.code)
    : null;

const isBlank = (fields: readonly string[]): boolean =>
  fields.every((field) => field.trim() === "");
