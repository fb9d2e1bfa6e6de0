/**
 * The rows of a list that were not taken, as a list that can be mended and dropped again: header, fields
 * and delimiter as they came, and what is wrong in a column of its own. It stands first, where it is
 * seen, and where a row with too many fields does not push it aside.
 */
import { stringify } from "csv-stringify/sync";
import type { DecisionResult } from "../answers.ts";
import { FAULT, type Table } from "./table.ts";

const LONGEST_FAULT = 1000;

/**
 * The fields are as somebody wrote them, whatever a spreadsheet makes of them: they are to come back
 * unchanged. What we write is never a formula.
 *
 * @param faultIndex of the same column in the file, if that was an answer of ours; else -1
 * @returns the text, in UTF-8 with a byte order mark when it is written; `null` if no row was refused
 */
export function returnedList(
  { header, rows, delimiter }: Table,
  faultIndex: number,
  results: readonly DecisionResult[],
): string | null {
  const refused = new Map(
    results.flatMap((result) => (result.outcome === "refused" ? [[result.row, result]] : [])) as [
      number | undefined,
      DecisionResult,
    ][],
  );
  if (refused.size === 0) return null;
  const own = (fields: readonly string[]): string[] => fields.filter((_, at) => at !== faultIndex);
  const lines = rows.flatMap(({ number, fields }) => {
    const result = refused.get(number);
    return result ? [[faultOf(result), ...own(fields)]] : [];
  });
  return stringify([[FAULT, ...own(header)], ...lines], {
    bom: true,
    delimiter,
    record_delimiter: "\r\n",
  });
}

function faultOf({ faults = [], message = "", hint = "" }: DecisionResult): string {
  const text = faults.length > 0 ? faults.join("; ") : `${message}. ${hint}`;
  const plain = text.replaceAll(/\s+/g, " ").slice(0, LONGEST_FAULT);
  return /^[=+\-@]/.test(plain) ? `Row: ${plain}` : plain;
}
