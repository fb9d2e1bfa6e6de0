/**
 * A file of districts taken into the list of those that people may look for. A row that has faults is left out, and
 * all the others are written in one transaction.
 */
import { linesOf, survey } from "../../csv/file.ts";
import { PacketboatError } from "../../errors.ts";
import type { AgencyId } from "../../ids.ts";
import { addAudit } from "../../ledger/audit.ts";
import type { Ledger } from "../../ledger/connect.ts";
import { listedOf, saveListed } from "../../ledger/listed-districts.ts";
import type { ListedDistrictRow } from "../../ledger/tables.ts";
import { isListColumn, listColumnsIn, type ListColumns } from "./columns.ts";
import { merged, saysTheSame } from "./merge.ts";
import { districtIn, type ListFault, type ListRow } from "./row.ts";

export interface ListImport {
  readonly ledger: Ledger;
  readonly path: string;
  readonly at: Date;
}

export interface ListImported {
  /** Beside the header. */
  readonly rows: number;
  readonly added: number;
  readonly changed: number;
  /** Known as the file has them. */
  readonly same: number;
  readonly leftOut: number;
  /** All of them, in the order of their lines. */
  readonly faults: readonly ListFault[];
  /** Columns of which nothing was read. */
  readonly passedOver: readonly string[];
}

/** The country has some twenty thousand. */
const MOST_ROWS = 100_000;

const invalid = (...faults: readonly string[]): PacketboatError =>
  new PacketboatError("DISTRICTS_INVALID", faults.join("; "), { facts: { faults } });

/**
 * @throws PacketboatError DISTRICTS_INVALID if the file is no list of districts, or all its rows have faults: then
 *   nothing has changed; FILE_NOT_FOUND, FILE_UNREADABLE
 */
export async function importDistricts(importing: ListImport): Promise<ListImported> {
  const file = await survey(importing.path, { encoding: "auto", invalid });
  await using lines = linesOf(file, { delimiter: "auto" }, isListColumn);
  const header = await lines.next();
  if (header.done) throw invalid("the file is empty");
  const columns = listColumnsIn(header.value.fields, invalid);
  const list = new DistrictList(columns);
  for await (const line of lines) list.add(line);
  if (list.rows === 0) throw invalid("the file has a header and no rows");
  const faults = list.faults();
  if (list.districts.size === 0) {
    throw new PacketboatError("DISTRICTS_INVALID", `all ${list.rows} rows have faults`, {
      facts: { rows: list.rows, faults: faults.map(listFaultText) },
    });
  }
  const counts = await take(importing, [...list.districts.values()], file.sha256);
  const leftOut = list.rows - list.districts.size;
  return { rows: list.rows, ...counts, leftOut, faults, passedOver: columns.passedOver };
}

/** `line 17: ZIP: must be a ZIP code, 5 digits` */
export const listFaultText = ({ line, column, sentence }: ListFault): string =>
  `line ${line}: ${column}: ${sentence}`;

/**
 * The districts of one file. Of rows with one id none is taken: nobody can tell which of them is meant, and a
 * request might go by the wrong one.
 */
class DistrictList {
  readonly districts = new Map<AgencyId, ListRow>();
  rows = 0;
  readonly #columns: ListColumns;
  readonly #faults: ListFault[] = [];
  readonly #lines = new Map<AgencyId, number[]>();

  constructor(columns: ListColumns) {
    this.#columns = columns;
  }

  add(line: { readonly number: number; readonly fields: readonly string[] }): void {
    if (++this.rows > MOST_ROWS) throw invalid(`the file has more than ${MOST_ROWS} rows`);
    const read = districtIn(line, this.#columns);
    if ("faults" in read) {
      this.#faults.push(...read.faults);
      return;
    }
    const { agency_id: id } = read;
    const lines = this.#lines.get(id) ?? [];
    this.#lines.set(id, [...lines, line.number]);
    if (lines.length === 0) this.districts.set(id, read);
    else this.districts.delete(id);
  }

  faults(): ListFault[] {
    const column = this.#columns.called("id");
    const doubled = [...this.#lines].filter(([, lines]) => lines.length > 1);
    const told = doubled.flatMap(([id, lines]) =>
      lines.map((line) => {
        const others = lines.filter((each) => each !== line).join(", ");
        return { line, column, sentence: `${id} is also in line ${others}: none of them is taken` };
      }),
    );
    return [...this.#faults, ...told].toSorted((one, other) => one.line - other.line);
  }
}

/** In one transaction, so that of a file all rows count or none. */
async function take(
  { ledger, at }: ListImport,
  rows: readonly ListRow[],
  digest: string,
): Promise<Pick<ListImported, "added" | "changed" | "same">> {
  const now = at.toISOString();
  return await ledger.transaction().execute(async (db) => {
    const before = await listedOf(
      db,
      rows.map(({ agency_id: id }) => id),
    );
    const known = new Map(before.map((row) => [row.agency_id, row]));
    const listed = rows.map((row) => merged(known.get(row.agency_id) ?? null, row, now));
    const isSame = (row: ListedDistrictRow): boolean => {
      const former = known.get(row.agency_id);
      return former !== undefined && saysTheSame(former, row);
    };
    const anew = listed.filter((row) => !isSame(row));
    await saveListed(db, anew);
    await addAudit(db, { at: now, event: "districts listed", subject: digest });
    const added = listed.filter(({ agency_id: id }) => !known.has(id)).length;
    return { added, changed: anew.length - added, same: listed.length - anew.length };
  });
}
