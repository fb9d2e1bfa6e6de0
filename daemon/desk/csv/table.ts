/** A list as rows of fields: which line is the header, and what stands between two columns. */
import type { DropFolder } from "../../config.ts";
import { delimiterOf, LONGEST_ROW, withoutSeparatorLine } from "../../csv/form.ts";
import { type Row, rowsOf } from "../../csv/rows.ts";
import { faultyList } from "./faulty.ts";

export interface Table {
  readonly delimiter: string;
  readonly header: readonly string[];
  /** All but blank ones, as far as they have been read. */
  readonly rows: readonly Row[];
}

/** A list that is read row by row, so that nothing is read behind what refuses all of it. */
export interface ListInHand {
  readonly table: Table;
  /** Each row stands in the table when it comes. @throws PacketboatError DOCUMENT_INVALID */
  readonly coming: AsyncGenerator<Row, void>;
}

/** In our own answers this column says what was wrong with a row; it stands first, and is not read. */
export const FAULT = "Fault";

/** More rows than a district has students to ask for in one day; of a longer list no more is parsed. */
const MOST_ROWS = 20_000;
/** As many rows with every column of ours; the whole export of a student information system may have more of these. */
const MOST_FIELDS = 720_000;

/**
 * @param text of the whole file
 * @param wanted what the config says of the delimiter
 * @param isKnown is this a header that means something to us?
 * @throws PacketboatError DOCUMENT_INVALID
 */
export async function tableIn(
  text: string,
  wanted: DropFolder["csv"]["delimiter"],
  isKnown: (header: string) => boolean,
): Promise<ListInHand> {
  const { body, told } = withoutSeparatorLine(text);
  const delimiter = signBetween(body, told ?? wantedSign(body, wanted), isKnown);
  const texts = [withoutBlankEnd(body, delimiter)];
  const read = rowsOf(texts, { delimiter, mostFields: MOST_FIELDS, invalid: faultyList });
  const first = await read.next();
  if (first.done) throw faultyList("the file is empty");
  const rows: Row[] = [];
  return { table: { delimiter, header: first.value.fields, rows }, coming: kept(rows, read) };
}

async function* kept(rows: Row[], read: AsyncGenerator<Row, void>): AsyncGenerator<Row, void> {
  for await (const row of read) {
    if (rows.length === MOST_ROWS) {
      throw faultyList(`the file has more than ${MOST_ROWS} rows: split it`);
    }
    rows.push(row);
    yield row;
  }
  if (rows.length === 0) throw faultyList("the file has a header and no rows");
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

/** A spreadsheet that was formatted down to its last row writes a million of them, with nothing in them. */
function withoutBlankEnd(text: string, delimiter: string): string {
  const nothing = new Set([delimiter, " ", "\t", "\r", "\n"]);
  let end = text.length;
  while (end > 0 && nothing.has(text.charAt(end - 1))) end--;
  const rest = text.slice(end, end + LONGEST_ROW).search(/[\r\n]/);
  return rest < 0 ? text : text.slice(0, end + rest);
}
