/** What several files say of one district, as one. Pure. */
import type { ListedDistrictRow, Time } from "../../ledger/tables.ts";
import type { ListRow } from "./row.ts";

/**
 * Files overlap, and what only one of them knows must not be lost. What a file says of numbers, telephone, status
 * and schools takes the place of what was known, field by field; what it does not say stays. Only the name and the
 * place of the office (street, city, ZIP) belong together: a file without the ZIP, which may give the city of some
 * school, leaves them as one with the ZIP has them.
 *
 * @param before as it was listed till now; `null` if it was not
 */
export function merged(
  before: ListedDistrictRow | null,
  row: ListRow,
  at: Time,
): ListedDistrictRow {
  const { agency_id, name, state, street, city } = row;
  const isFuller = row.zip !== null || before === null || before.zip === null;
  const office = isFuller
    ? { name, state, street, city, zip: fullerZip(before?.zip ?? null, row.zip) }
    : officeIn(before);
  return {
    agency_id,
    ...office,
    state_number: row.state_number ?? before?.state_number ?? null,
    cities: row.cities.length > 0 ? JSON.stringify(row.cities) : (before?.cities ?? null),
    phone: row.phone ?? before?.phone ?? null,
    // Who is in a list without statuses was there in its year.
    status: row.status ?? before?.status ?? "NotParticipating",
    successor_id: before?.successor_id ?? null,
    listed_at: at,
  };
}

const officeIn = ({ name, state, street, city, zip }: ListedDistrictRow) => ({
  name,
  state,
  street,
  city,
  zip,
});

/** The last four digits are kept as long as the first five are the same. */
const fullerZip = (before: string | null, now: string | null): string | null =>
  now !== null && before?.startsWith(now) === true ? before : now;

/** Does a list say the same of a district, whenever it said so? */
export const saysTheSame = (before: ListedDistrictRow, after: ListedDistrictRow): boolean =>
  (Object.keys(after) as (keyof ListedDistrictRow)[]).every(
    (field) => field === "listed_at" || before[field] === after[field],
  );
