/** Tables for spreadsheets. */
import { stringify } from "csv-stringify/sync";
import { oneLine } from "../alerts/say.ts";

export type Cell = string | number | null;

/** So many rows are one piece. */
const BATCH = 500;

/** Header and key of each column, in order. */
type Columns<Key extends string> = readonly (readonly [header: string, key: Key])[];
type Rows<Key extends string> = Iterable<Readonly<Record<Key, Cell>>>;

/**
 * A table as CSV, in pieces: UTF-8 with byte order mark, CRLF, every field in quotes. Nothing in it is a formula to
 * a spreadsheet, a control character, or a line break.
 */
export function* csvOf<Key extends string>(
  columns: Columns<Key>,
  rows: Rows<Key>,
): Generator<string> {
  yield headOf(columns);
  yield* linesOf(columns, rows);
}

/** The same of rows that are read a page at a time. */
export async function* csvOfPages<Key extends string>(
  columns: Columns<Key>,
  pages: AsyncIterable<Rows<Key>>,
): AsyncGenerator<string> {
  yield headOf(columns);
  for await (const rows of pages) yield* linesOf(columns, rows);
}

const headOf = (columns: Columns<string>): string =>
  stringify([columns.map(([header]) => header)], { ...FORM, bom: true });

function* linesOf<Key extends string>(columns: Columns<Key>, rows: Rows<Key>): Generator<string> {
  let lines: string[][] = [];
  for (const row of rows) {
    lines.push(columns.map(([, key]) => shown(row[key])));
    if (lines.length < BATCH) continue;
    yield stringify(lines, FORM);
    lines = [];
  }
  if (lines.length > 0) yield stringify(lines, FORM);
}

const FORM = {
  quoted: true,
  quoted_empty: false,
  record_delimiter: "\r\n",
  escape_formulas: true,
} as const;

/** White space in front of a formula does not make it harmless everywhere: it is taken away first. */
const shown = (cell: Cell): string =>
  typeof cell === "number" ? String(cell) : oneLine(cell ?? "");
