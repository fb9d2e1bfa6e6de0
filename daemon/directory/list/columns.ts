/** Which column of a district file says what: NCES has named them in several ways over the years. */
import type { Refusal } from "../../csv/file.ts";
import { plainHeader, shownHeader } from "../../csv/form.ts";

/** What we read of a district. */
export type ListColumn =
  | "id"
  | "name"
  | "state"
  | "number"
  | "street"
  | "city"
  | "zip"
  | "zip4"
  | "phone"
  | "status"
  | "schoolCity"
  | "schoolCities";

/**
 * The names of each column: of the search on the website, of the files for download (CCD) by their age, and of
 * extracts from them. A file may have several of one line; the first of them is meant.
 */
const NAMES: Readonly<Record<Exclude<ListColumn, OfPlace>, readonly string[]>> = {
  id: ["nces district id", "leaid"],
  name: ["district name", "lea_name", "name"],
  state: ["state", "st", "stab"],
  number: ["state district id", "st_leaid", "stid"],
  phone: ["phone"],
  status: ["status", "updated_status_text", "sy_status_text", "updated_status", "sy_status"],
  schoolCity: ["most_common_school_city"],
  schoolCities: ["all_school_cities"],
};

type OfPlace = "street" | "city" | "zip" | "zip4";

/** Where the office is, or where its mail goes: street, city and ZIP of one of them, never of both. */
const PLACES: readonly Readonly<Record<OfPlace, readonly string[]>>[] = [
  { street: ["street address"], city: ["city"], zip: ["zip"], zip4: ["zip 4-digit"] },
  { street: ["addr"], city: ["city"], zip: ["zip"], zip4: ["zip4"] },
  { street: ["mstreet1"], city: ["mcity"], zip: ["mzip"], zip4: ["mzip4"] },
  { street: ["lstreet1"], city: ["lcity"], zip: ["lzip"], zip4: ["lzip4"] },
  { street: ["addrl"], city: ["cityl"], zip: ["zipl"], zip4: ["zipl4"] },
];

const REQUIRED = ["id", "name", "state"] as const;

export interface ListColumns {
  readonly count: number;
  /** Where each of them stands in a row, counted from zero. */
  readonly index: ReadonlyMap<ListColumn, number>;
  /** As the file names it. */
  readonly called: (column: ListColumn) => string;
  /** Columns of which nothing is read, as the file names them. */
  readonly passedOver: readonly string[];
}

/** Does a header mean anything to us? */
export const isListColumn = (header: string): boolean => KNOWN.has(bare(header));

/** The website marks some columns with a star. */
const bare = (header: string): string => plainHeader(header).replace(/\s*\*$/, "");

const KNOWN = new Set(
  [...Object.values(NAMES), ...PLACES.flatMap((place) => Object.values(place))].flat(),
);

/** @throws PacketboatError what `invalid` makes if a column is missing, or there twice */
export function listColumnsIn(header: readonly string[], invalid: Refusal): ListColumns {
  const headers = header.map(bare);
  const twice = headers.filter((each, at) => KNOWN.has(each) && headers.indexOf(each) < at);
  const index = new Map<ListColumn, number>();
  for (const [column, names] of Object.entries({ ...NAMES, ...placeIn(headers) })) {
    const at = names.map((name) => headers.indexOf(name)).find((found) => found >= 0);
    if (at !== undefined) index.set(column as ListColumn, at);
  }
  const absent = REQUIRED.filter((column) => !index.has(column));
  if (twice.length + absent.length > 0) {
    throw invalid(
      ...twice.map((each) => `two columns are called ${shownHeader(each)}: only one of them may`),
      ...absent.map((column) => `a column is missing: ${NAMES[column].join(" or ")}`),
    );
  }
  const read = new Set(index.values());
  return {
    count: header.length,
    index,
    called: (column) => shownHeader(header[index.get(column) ?? -1] ?? column),
    passedOver: header.filter((_, at) => !read.has(at)).map(shownHeader),
  };
}

/** The place of which the file tells most. */
function placeIn(headers: readonly string[]): Readonly<Record<OfPlace, readonly string[]>> {
  const told = (place: (typeof PLACES)[number]): number =>
    Object.values(place).filter(([name = ""]) => headers.includes(name)).length;
  return PLACES.reduce((best, place) => (told(place) > told(best) ? place : best));
}
