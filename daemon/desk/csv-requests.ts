/**
 * A list of requests as CSV: one row is one request, read like one in `Requests` and judged by itself.
 * What is wrong with the file as a whole refuses all of it; what is wrong with a row, that row.
 */
import { setImmediate as everythingElse } from "node:timers/promises";
import { headerIn } from "../csv/form.ts";
import type { Row } from "../csv/rows.ts";
import type { PacketboatError } from "../errors.ts";
import type { Fault } from "../schema.ts";
import {
  type Columns,
  columnsIn,
  type ListForm,
  meaningOf,
  TELLING_COLUMNS,
} from "./csv/columns.ts";
import { MOST_FAULTY_ROWS, tooFaultyList } from "./csv/faulty.ts";
import { returnedList } from "./csv/returned.ts";
import { requestIn } from "./csv/row.ts";
import { type Table, tableIn } from "./csv/table.ts";
import { listStart, listText } from "./csv/text.ts";
import { digestOf, type Reading, refusalOf, type Said } from "./documents.ts";
import { decisionIn } from "./outbox.ts";

export type { ListForm } from "./csv/columns.ts";

/** Rows that are read in one go. */
const BATCH = 200;
/** Rows of one SourceReference that are named. */
const MOST_TWINS = 6;

/**
 * @param bytes the whole file
 * @throws PacketboatError DOCUMENT_INVALID for the file as a whole
 */
export async function readRequestList(bytes: Uint8Array, form: ListForm): Promise<Said> {
  const meaning = meaningOf(form);
  const text = listText(bytes, form.encoding);
  const isKnown = (header: string): boolean => meaning(header) !== undefined;
  const { table, coming } = await tableIn(text, form.delimiter, isKnown);
  const columns = columnsIn(table.header, form);
  const readings: Reading[] = [];
  const faulty: { row: number; message: string }[] = [];
  for await (const row of coming) {
    const reading = readingOf(row, table, columns, form);
    readings.push(reading);
    if ("refusal" in reading.says) {
      faulty.push({ row: row.number, message: reading.says.refusal.message });
      if (faulty.length > MOST_FAULTY_ROWS) throw tooFaultyList(faulty);
    }
    if (table.rows.length % BATCH === 0) await everythingElse();
  }
  return {
    readings: withoutTwins(readings),
    returned: (results) => returnedList(table, columns.faultIndex, results),
  };
}

/** Does a file's beginning show it as a list of requests? Else it may lie there to be sent with a release. */
export function looksLikeRequestList(start: Uint8Array, form: ListForm): boolean {
  const meaning = meaningOf(form);
  const isKnown = (header: string): boolean => meaning(header) !== undefined;
  return (
    headerIn(listStart(start, form.encoding), isKnown).filter(isKnown).length >= TELLING_COLUMNS
  );
}

function readingOf(row: Row, table: Table, columns: Columns, form: ListForm): Reading {
  const { request, decidedBy, faults } = requestIn(row, table, columns, form);
  const { SourceReference, ...body } = request;
  const sourceReference = SourceReference ?? null;
  const digest = digestOf(sourceReference, { Request: body });
  const about = { number: row.number, row: row.number, sourceReference, decidedBy, digest };
  if (faults.length > 0) return { ...about, says: { refusal: rowRefusal(faults) } };
  const told = decisionIn({ Request: body }, {});
  return { ...about, says: "faults" in told ? { refusal: rowRefusal(told.faults) } : told };
}

const rowRefusal = (faults: readonly Fault[]): PacketboatError =>
  refusalOf(faults, { document: "the row", root: "row" });

/** Rows that say different things under one SourceReference: which of them is right, we cannot know. */
function withoutTwins(readings: readonly Reading[]): Reading[] {
  const said = new Map<string, { digests: Set<string>; numbers: number[] }>();
  for (const { sourceReference, digest, number } of readings) {
    if (sourceReference === null) continue;
    const known = said.get(sourceReference) ?? { digests: new Set(), numbers: [] };
    known.digests.add(digest);
    if (known.numbers.length < MOST_TWINS) known.numbers.push(number);
    said.set(sourceReference, known);
  }
  return readings.map((reading) => {
    const { sourceReference, number, says } = reading;
    const twins = sourceReference === null ? undefined : said.get(sourceReference);
    if (!twins || twins.digests.size === 1 || "refusal" in says) return reading;
    const others = twins.numbers.filter((each) => each !== number).join(", ");
    const sentence = `stands in row ${others} as well, which says something else`;
    const refusal = rowRefusal([{ place: "SourceReference", sentence }]);
    return { ...reading, says: { refusal } };
  });
}
