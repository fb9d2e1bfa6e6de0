/** A list as rows of fields: which line is the header, and what stands between two columns. */
import { parse } from "csv-parse/sync";
import type { DropFolder } from "../../config.ts";
import { brokenRow, delimiterOf, FORM, isBlank, withoutSeparatorLine } from "../../csv/form.ts";
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
  const delimiter = signBetween(body, told ?? wantedSign(body, wanted), isKnown);
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

/** What we gave back keeps the delimiter that it came with. */
function wantedSign(text: string, wanted: DropFolder["csv"]["delimiter"]): string | null {
  const ours = new RegExp(`^"?${FAULT}"?([,;\t|])`).exec(text)?.[1];
  if (ours !== undefined) return ours;
  return wanted === "auto" ? null : wanted === "tab" ? "\t" : wanted;
}

function signBetween(
  text: string,
  wanted: string | null,
  isKnown: (header: string) => boolean,
): string {
  const found = delimiterOf(text, wanted, isKnown);
  if (typeof found === "string") return found;
  throw faultyList(found.fault);
}

function parsed(text: string, delimiter: string): string[][] {
  try {
    return parse(text, { ...FORM, delimiter });
  } catch (error) {
    const broken = brokenRow(error);
    if (broken === null) throw error;
    throw faultyList(broken);
  }
}
