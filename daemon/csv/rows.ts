/**
 * The rows of any list, as they come out of its text: the one place where lists are parsed. A list may be made to
 * harm whoever reads it, so each bound is asked while it is read, not when all of it is there.
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parse } from "csv-parse";
import type { PacketboatError } from "../errors.ts";
import { brokenRow, FORM, isBlank, LONGEST_ROW, longRow } from "./form.ts";

/** A row that is not blank; the header is one too. */
export interface Row {
  /** As a spreadsheet counts: the header of most files is row 1. */
  readonly number: number;
  /** As an editor counts, from one: where the row ends. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** What becomes of a file that is no such list. Nothing of a row is in a sentence. */
export type Refusal = (...faults: readonly string[]) => PacketboatError;

export interface Parsing {
  readonly delimiter: string;
  /** Are quotes inside a field that has none around it refused? */
  readonly isStrict?: boolean;
  /** Fields of all rows together, blank ones too, where they are held in memory. */
  readonly mostFields?: number;
  readonly invalid: Refusal;
}

/** As the parser counts, with the record that it has just read. */
interface Counted {
  readonly records: number;
  readonly empty_lines: number;
  readonly lines: number;
}

/** The widest exports of student information systems have some hundreds. */
const MOST_COLUMNS = 1000;
/** Rows of nothing but delimiters, as spreadsheets leave them; lines with nothing at all cost nothing, and are not counted. */
const MOST_BLANK = 5000;
/** The parser does not stop within a piece. */
const PIECE = 64 * 1024;

/** @throws PacketboatError what `invalid` makes of a list that cannot be read, or has more of something than any list */
export async function* rowsOf(
  texts: Iterable<string> | AsyncIterable<string>,
  { delimiter, isStrict = false, mostFields = Infinity, invalid }: Parsing,
): AsyncGenerator<Row, void> {
  let blank = 0;
  let inAll = 0;
  const judged = (fields: readonly string[], info: Counted): Row | null => {
    const number = info.records + info.empty_lines;
    if (fields.length > MOST_COLUMNS) {
      throw invalid(`row ${number} has ${fields.length} columns, more than ${MOST_COLUMNS}`);
    }
    inAll += fields.length;
    if (inAll > mostFields) {
      throw invalid(`the file has more than ${mostFields} fields: split it, or leave columns out`);
    }
    if (!isBlank(fields)) return { number, line: info.lines, fields };
    if (++blank <= MOST_BLANK) return null;
    throw invalid(`the file has more than ${MOST_BLANK} blank rows: delete them`);
  };
  // The parser hands on whatever this makes of a record, and nothing for `null`.
  const judging = { on_record: judged as unknown as (fields: string[]) => string[] };
  const parser = parse({ ...FORM, relax_quotes: !isStrict, delimiter, ...judging });
  // What fails on the way fails the parser, of which the loop hears.
  pipeline(Readable.from(bounded(texts, invalid)), parser).catch(() => undefined);
  try {
    yield* parser as AsyncIterable<Row>;
  } catch (error) {
    const broken = brokenRow(error);
    if (broken === null) throw error;
    throw invalid(broken);
  }
}

/** A line is never longer than its row; the parser counts what stands between delimiters, and not the delimiters. */
async function* bounded(
  texts: Iterable<string> | AsyncIterable<string>,
  invalid: Refusal,
): AsyncGenerator<string, void> {
  let lines = 1;
  let length = 0;
  for await (const text of texts) {
    for (const piece of pieces(text)) {
      const ended = piece.search(LINE_END);
      if (length + (ended < 0 ? piece.length : ended) > LONGEST_ROW) {
        throw invalid(longRow(`the row in line ${lines}`));
      }
      yield piece;
      if (ended < 0) {
        length += piece.length;
        continue;
      }
      const last = Math.max(piece.lastIndexOf("\n"), piece.lastIndexOf("\r"));
      length = piece.length - last - 1;
      lines += (piece.match(LINE_ENDS) ?? []).length;
    }
  }
}

/** No character is cut in two, and no line end. */
function* pieces(text: string): Generator<string, void> {
  for (let from = 0; from < text.length;) {
    const to = from + PIECE;
    const end = BEGINS_A_PAIR.test(text.charAt(to - 1)) ? to - 1 : to;
    yield text.slice(from, end);
    from = end;
  }
}

const BEGINS_A_PAIR = /[\ud800-\udbff\r]/;
const LINE_END = /[\r\n]/;
const LINE_ENDS = /\r\n|\r|\n/g;
