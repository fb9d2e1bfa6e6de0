/** Districts as a public list has them, for tests; none of them exists. */
import { parseAgencyId } from "../daemon/ids.ts";
import { saveListed } from "../daemon/ledger/listed-districts.ts";
import type { ListedDistrictRow } from "../daemon/ledger/tables.ts";
import { type District, withLedger } from "./homes.ts";

type Listed = Partial<Omit<ListedDistrictRow, "agency_id">>;

/** One of a list: it takes no part, and has an address. */
export const listed = (id: string, name: string, more: Listed = {}): ListedDistrictRow => ({
  agency_id: parseAgencyId(id),
  state_number: null,
  name,
  state: "IA",
  street: "1200 Main Street",
  city: "Cedar Flats",
  cities: null,
  zip: "52402",
  phone: "555-555-0188",
  status: "NotParticipating",
  successor_id: null,
  listed_at: "2024-07-01T00:00:00.000Z",
  ...more,
});

export const CEDAR = listed("1901110", "Cedar Flats Community School District");
/** Two of one name. */
export const ELM = listed("1901200", "Elm Grove School District", {
  city: "Elm Grove",
  zip: "52001",
});
export const OTHER_ELM = listed("1901201", "Elm Grove Schools", { city: "Lone Elm", zip: "52002" });
export const CLOSED = listed("1901300", "Old Mill School District", {
  city: "Old Mill",
  status: "Closed",
  successor_id: CEDAR.agency_id,
});
export const FUTURE = listed("1901400", "New Town School District", {
  city: "New Town",
  status: "Future",
});

/** Have a home know them. */
export const takeList = (
  home: District,
  districts: readonly ListedDistrictRow[] = [CEDAR, ELM, OTHER_ELM, CLOSED, FUTURE],
): Promise<void> =>
  withLedger(home, (ledger) => ledger.transaction().execute((db) => saveListed(db, districts)));
