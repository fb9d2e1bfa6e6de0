/** Tables for spreadsheets. The only door to csv-stringify. */
import { stringify } from "csv-stringify/sync";
import { oneLine } from "../alerts/say.ts";

export type Cell = string | number | null;

/**
 * A table as CSV: UTF-8 with byte order mark, CRLF, every field in quotes. Nothing in it is a formula to
 * a spreadsheet, a control character, or a line break.
 *
 * @param columns header and key of each column, in order
 */
export function csvOf<Key extends string>(
  columns: readonly (readonly [header: string, key: Key])[],
  rows: readonly Readonly<Record<Key, Cell>>[],
): string {
  const lines = rows.map((row) => columns.map(([, key]) => shown(row[key])));
  return stringify([columns.map(([header]) => header), ...lines], {
    bom: true,
    quoted: true,
    quoted_empty: false,
    record_delimiter: "\r\n",
    escape_formulas: true,
  });
}

/** White space in front of a formula does not make it harmless everywhere: it is taken away first. */
const shown = (cell: Cell): string =>
  typeof cell === "number" ? String(cell) : oneLine(cell ?? "");
