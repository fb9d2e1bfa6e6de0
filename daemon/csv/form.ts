/** How lists are written: what stands between two columns, and which names a header has. */
import { CsvError, parse } from "csv-parse/sync";
import { cleaned } from "./values.ts";

/** Characters of a row; a quote that is never closed is found before the whole file was one field. */
export const LONGEST_ROW = 100_000;

const DELIMITERS = [",", ";", "\t", "|"] as const;
const NAMES: Readonly<Record<string, string>> = {
  ",": "commas",
  ";": "semicolons",
  "\t": "tabs",
  "|": "bars",
};

/** Quotes inside a field that has none around it are offices' way to write inches and nicknames. */
export const FORM = {
  record_delimiter: ["\r\n", "\n", "\r"],
  relax_column_count: true,
  relax_quotes: true,
  max_record_size: LONGEST_ROW,
  // They are counted all the same, and cost next to nothing; any other row that is not as wide as the header is dear.
  skip_empty_lines: true,
};

/** The fields of the first line that has any. */
export function headerIn(start: string, isKnown: (header: string) => boolean): string[] {
  const { body } = withoutSeparatorLine(start.replace(/^\u{FEFF}/u, ""));
  return DELIMITERS.map((delimiter) => firstRecord(body, delimiter)).reduce((best, header) =>
    header.filter(isKnown).length > best.filter(isKnown).length ? header : best,
  );
}

/** A line `sep=;` tells Excel what stands between the columns, and is no row to it. */
export function withoutSeparatorLine(text: string): { body: string; told: string | null } {
  const line = /^"?sep=([^\r\n])"?[^\r\n]{0,200}(?:\r\n|\n|\r)/i.exec(text);
  if (!line) return { body: text, told: null };
  return { body: text.slice(line[0].length), told: line[1] ?? null };
}

/**
 * What stands between two columns of a list: what is wanted, or else whichever makes the best header.
 *
 * @param text its beginning, with the whole header
 * @param wanted by the config; `null` for whatever it is
 * @param isKnown is this a header that means something to us?
 * @returns the sign, or what is wrong if another than the wanted one makes a better header
 */
export function delimiterOf(
  text: string,
  wanted: string | null,
  isKnown: (header: string) => boolean,
): string | { readonly fault: string } {
  const head = headOf(text);
  const scored = DELIMITERS.map((delimiter) => {
    const header = firstRecord(head, delimiter);
    return { delimiter, known: header.filter(isKnown).length, columns: header.length };
  });
  const [best] = scored.toSorted(
    (one, other) => other.known - one.known || other.columns - one.columns,
  );
  if (wanted === null) return best?.delimiter ?? ",";
  const found = scored.find(({ delimiter }) => delimiter === wanted);
  if (found && best && best.known > found.known) {
    const signs = [best.delimiter, wanted].map((sign) => NAMES[sign] ?? sign);
    return {
      fault: `the columns are separated by ${signs[0]}, and the config says ${signs[1]}: set delimiter to auto`,
    };
  }
  return wanted;
}

/** So much of a list shows its header. */
export const START_CHARACTERS = 64 * 1024;

/** The beginning of a list, from the first line on that has anything. */
function headOf(text: string): string {
  const first = Math.max(text.search(/[^\r\n]/), 0);
  return text.slice(first, first + START_CHARACTERS);
}

function firstRecord(text: string, delimiter: string): string[] {
  try {
    const [header = []] = parse(text, { ...FORM, delimiter, to: 1 });
    return header;
  } catch (error) {
    if (brokenRow(error) === null) throw error;
    return [];
  }
}

/** @param row how it is called: which row it is */
export const longRow = (row: string): string =>
  `${row} is longer than ${LONGEST_ROW} characters: look there for a quotation mark that is never closed`;

/** What is wrong with a list that csv-parse could not read, and from which row on; `null` if it is another error. */
export function brokenRow(error: unknown): string | null {
  if (!isRefusedByParser(error)) return null;
  // What came of the rows before may be fewer: they wait while the text is read on.
  const row = error.records + error.empty_lines + 1;
  if (error.code === "CSV_QUOTE_NOT_CLOSED") {
    return `a quotation mark is opened in row ${row} and never closed`;
  }
  if (error.code === "CSV_MAX_RECORD_SIZE") {
    return longRow(`row ${row}`);
  }
  if (MISPLACED_QUOTES.includes(error.code)) {
    return `row ${row} has a quotation mark that is not at an end of its field`;
  }
  return `row ${row} cannot be read (${error.code})`;
}

const MISPLACED_QUOTES = [
  "INVALID_OPENING_QUOTE",
  "CSV_INVALID_CLOSING_QUOTE",
  "CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE",
];

interface Refused {
  readonly code: string;
  readonly records: number;
  readonly empty_lines: number;
}

const isRefusedByParser = (error: unknown): error is Refused =>
  error instanceof CsvError && typeof error["records"] === "number";

export const isBlank = (fields: readonly string[]): boolean =>
  fields.every((field) => field.trim() === "");

/** Nobody sees how many spaces there are, or of which kind. */
export const plainHeader = (header: string): string =>
  cleaned(header).normalize("NFC").replaceAll(/\s+/g, " ").toLowerCase();

/** A column's name as it may be shown. */
export const shownHeader = (header: string): string =>
  cleaned(header)
    .replaceAll(/[\p{C}\s]+/gu, " ")
    .slice(0, 60);
