/** One row of a district file, or what is wrong with it. */
import type { Line } from "../../csv/file.ts";
import * as values from "../../csv/values.ts";
import type { AgencyId } from "../../ids.ts";
import type { AgencyStatus, ListedDistrictRow } from "../../ledger/tables.ts";
import { isState } from "../states.ts";
import type { ListColumn, ListColumns } from "./columns.ts";

/** A district as one file has it: `null` where it says nothing. */
export interface ListRow extends Pick<
  ListedDistrictRow,
  "agency_id" | "state_number" | "name" | "state" | "street" | "city" | "zip" | "phone"
> {
  readonly cities: readonly string[];
  readonly status: AgencyStatus | null;
}

/** What is wrong with one row. */
export interface ListFault {
  readonly line: number;
  /** As people find it; `row` for the row as a whole. */
  readonly column: string;
  readonly sentence: string;
}

const fault = (sentence: string): values.Read => ({ fault: sentence });

const atMost =
  (characters: number): values.Reader =>
  (text, dateFormat) =>
    text.length > characters
      ? fault(`has more than ${characters} characters`)
      : values.line(text, dateFormat);

/** It takes no part as far as we know: that it does, only its card or the directory can say. */
const OPEN = "NotParticipating";

/** In words, and as the files for download number them. */
const STATUSES: Readonly<Record<string, AgencyStatus>> = {
  open: OPEN,
  new: OPEN,
  added: OPEN,
  reopened: OPEN,
  "changed boundary": OPEN,
  "changed agency": OPEN,
  "changed boundary/agency": OPEN,
  closed: "Closed",
  inactive: "Inactive",
  future: "Future",
  "1": OPEN,
  "2": "Closed",
  "3": OPEN,
  "4": OPEN,
  "5": OPEN,
  "6": "Inactive",
  "7": "Future",
  "8": OPEN,
};

const status: values.Reader = (text) =>
  STATUSES[text.toLowerCase()] ??
  fault("must be Open, New, Added, Reopened, Changed Boundary/Agency, Closed, Inactive or Future");

const state: values.Reader = (text) =>
  isState(text.toUpperCase()) ? text.toUpperCase() : fault("is no state's two letters");

const agencyId: values.Reader = (text, dateFormat) => {
  const id = values.agencyId(text, dateFormat);
  if (typeof id !== "string" || !id.endsWith("00000")) return id;
  return fault("is the id of a state's entity, and of no district");
};

const TELEPHONE = /^[0-9+(][0-9A-Za-z+(). /-]{1,22}[0-9A-Za-z]$/;
const telephone: values.Reader = (text) =>
  TELEPHONE.test(text) ? text : fault("must be a telephone number like (555)555-0100");

/** As the directory has them, which lists what is listed here. */
const READERS: Readonly<Record<ListColumn, values.Reader>> = {
  id: agencyId,
  name: atMost(60),
  state,
  number: atMost(40),
  street: atMost(100),
  city: atMost(30),
  zip: values.zip,
  zip4: values.zip4,
  phone: telephone,
  status,
  schoolCity: atMost(30),
  schoolCities: values.line,
};

/** How NCES writes that something is missing, or does not apply. */
const NOTHING = /^(?:|M|N|-1|-2|NULL|[†‡–—])$/;

/** UTF-8 that was read as windows-1252, wholly or in some of its rows. */
const MISREAD = /[ÂÃ](?=[^\p{L}\s])/u;

/** @returns the district, or everything that is wrong with its row */
export function districtIn(
  { number: line, fields }: Line,
  { index, called, count }: ListColumns,
): ListRow | { readonly faults: readonly ListFault[] } {
  if (fields.slice(count).some((field) => field.trim() !== "")) {
    const sentence = `has ${fields.length} fields under ${count} columns: look at its quotation marks`;
    return { faults: [{ line, column: "row", sentence }] };
  }
  const faults: ListFault[] = [];
  const note = (column: ListColumn, sentence: string): null => {
    faults.push({ line, column: called(column), sentence });
    return null;
  };
  const read = (column: ListColumn): string | null => {
    const text = values.cleaned(fields[index.get(column) ?? -1] ?? "");
    if (NOTHING.test(text)) return null;
    const damage = damageOf(text);
    if (damage !== null) return note(column, damage);
    const value = READERS[column](text, "");
    return typeof value === "string" ? value : note(column, value.fault);
  };
  const needed = (column: "id" | "name" | "state"): string => {
    const before = faults.length;
    return read(column) ?? (faults.length > before ? "" : (note(column, "is empty") ?? ""));
  };
  const row = {
    agency_id: needed("id") as AgencyId,
    name: needed("name"),
    state: needed("state"),
    state_number: read("number"),
    street: read("street"),
    city: read("city") ?? read("schoolCity"),
    zip: zipOf(read("zip"), read("zip4")),
    phone: read("phone"),
    cities: citiesIn(read("schoolCities")),
    status: read("status") as AgencyStatus | null,
  };
  if (faults.length > 0) return { faults };
  return { ...row, state_number: numberOf(row) };
}

function damageOf(text: string): string | null {
  if (MISREAD.test(text)) {
    return "has letters that were saved in two encodings: save the file as CSV UTF-8";
  }
  return values.damage(text);
}

const zipOf = (zip: string | null, last: string | null): string | null =>
  zip === null || last === null || zip.length > 5 ? zip : `${zip}-${last}`;

const citiesIn = (text: string | null): string[] => {
  const cities = (text ?? "").split("|").map((city) => city.trim());
  return [...new Set(cities.filter((city) => city !== ""))];
};

/** NCES writes the state before the number by which it and its registrars know the district: `WA-14005`. */
function numberOf({ state_number: number, state: its }: Pick<ListRow, "state_number" | "state">) {
  const prefix = `${its}-`;
  return number?.startsWith(prefix) === true ? number.slice(prefix.length) || null : number;
}
