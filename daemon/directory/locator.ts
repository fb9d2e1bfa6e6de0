/** All districts of a state that are known in any way, as people may look for them. */
import { type DistrictRow, districtsIn, districtsWith } from "../ledger/agencies.ts";
import type { Queries } from "../ledger/connect.ts";
import { listedIn } from "../ledger/listed-districts.ts";
import type { ListedDistrictRow } from "../ledger/tables.ts";
import { digitsOf, stateListed } from "./states.ts";
import type { Place } from "./locate.ts";

export { locate, meant, type LocatorQuery, type Place } from "./locate.ts";

/**
 * Every district of a state: what its card or the directory says of it wins over the list, as a whole; the list only
 * adds the street, the cities of its schools, and digits of the ZIP that are not known.
 *
 * @param state two letters
 * @returns in no order
 */
export async function placesIn(db: Queries, state: string): Promise<Place[]> {
  const abbreviation = state.toUpperCase();
  const places = new Map<string, Place>();
  for (const row of await listedIn(db, abbreviation)) places.set(row.agency_id, listed(row));
  const digits = digitsOf(abbreviation);
  const addressed = await districtsIn(db, abbreviation);
  const numbered = digits === null ? [] : await districtsWith(db, digits);
  for (const row of [...addressed, ...numbered]) {
    if (stateOf(row) !== abbreviation) continue;
    const inList = places.get(row.agency_id) ?? null;
    // What was noted of a district that was asked on paper is no newer than the list.
    if (row.source === "listed" && inList !== null) continue;
    places.set(row.agency_id, known(row, abbreviation, inList));
  }
  return [...places.values()];
}

/** What a person compared stands; where an entity only says it, the id tells. */
const stateOf = ({ agency_id: id, source, state }: DistrictRow): string | null =>
  source === "directory" ? stateListed(id, state ?? "") : state;

const listed = (row: ListedDistrictRow): Place => ({
  agencyId: row.agency_id,
  stateNumber: row.state_number,
  name: row.name,
  city: row.city,
  cities: row.cities === null ? [] : (JSON.parse(row.cities) as string[]),
  state: row.state,
  zip: row.zip,
  street: row.street,
  phone: row.phone,
  status: row.status,
  successorId: row.successor_id,
  knownBy: "list",
});

const known = (row: DistrictRow, state: string, inList: Place | null): Place => ({
  agencyId: row.agency_id,
  stateNumber: row.state_number,
  name: row.name,
  city: row.city ?? inList?.city ?? null,
  cities: inList?.cities ?? [],
  state,
  zip: zipOf(row.zip, inList?.zip ?? null),
  street: inList?.street ?? null,
  phone: row.phone,
  status: row.status,
  successorId: row.successor_id,
  knownBy: row.source === "listed" ? "list" : row.source,
});

const zipOf = (own: string | null, inList: string | null): string | null =>
  inList?.startsWith(own ?? "") === true ? inList : own;
