/**
 * Long lists, read a page at a time: of a hundred thousand rows only their numbers are in memory, and those
 * of one page.
 */
import { sql, type RawBuilder } from "kysely";

/** A list of any length. What is in it, and in which order, was settled when it was asked for. */
export interface LongList<Row> {
  readonly count: number;
  /** From the beginning, each time. */
  readonly pages: () => AsyncIterable<readonly Row[]>;
}

/** So many rows are one page, if they are small. */
const PAGE = 500;
/** Packets are large: each has some hundred messages. */
export const PACKETS_PAGE = 20;

/** The number under which SQLite keeps a row of a table. */
export const numberIn = (table: string): RawBuilder<number> => sql<number>`${sql.ref(table)}.rowid`;

/**
 * The list of some rows.
 *
 * @param chosen their numbers, in order
 * @param read rows of some of the numbers, in the same order
 */
export async function longList<Row>(
  chosen: { readonly stream: () => AsyncIterable<{ readonly number: number }> },
  read: (numbers: RawBuilder<number>) => Promise<readonly Row[]>,
  size = PAGE,
): Promise<LongList<Row>> {
  const numbers: number[] = [];
  // Not all at once: each row is an object, ten times as large as the number in it.
  for await (const { number } of chosen.stream()) numbers.push(number);
  return {
    count: numbers.length,
    pages: async function* each() {
      for (let index = 0; index < numbers.length; index += size) {
        yield await read(oneOf(numbers.slice(index, index + size)));
      }
    },
  };
}

/** Values to be compared with: one text of SQL, however many they are. */
export const oneOf = <Value extends number | string>(values: readonly Value[]): RawBuilder<Value> =>
  sql<Value>`(select value from json_each(${JSON.stringify(values)}))`;
