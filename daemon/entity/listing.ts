/** What an entity's directory lists, from what its ledger knows. Pure. */
import type { CardContact } from "../directory/card.gen.ts";
import type { Directory, DirectoryAgency, DirectoryKey } from "../directory/directory.ts";
import { type AgencyId, sha256, type Sha256 } from "../ids.ts";
import type { AgencyKeyRow, CardRow, ListedDistrictRow } from "../ledger/tables.ts";
import type { DocumentProcessCode } from "../packet/model.gen.ts";
import { wireTime } from "../transfer/dates.ts";
import { given } from "../transfer/given.ts";

/** All of a directory but its number and its times. */
export type Listed = Omit<Directory, "Version" | "IssuedDateTime" | "ExpiresDateTime">;

export interface Listing {
  readonly entityId: AgencyId;
  readonly processCode: DocumentProcessCode;
  readonly server: NonNullable<Directory["Server"]>;
  readonly districts: readonly CardRow[];
  /** Those of the state that a public list has, whether or not they gave their card. */
  readonly inList: readonly ListedDistrictRow[];
  /** Of the districts and of the entity itself. */
  readonly keys: readonly AgencyKeyRow[];
}

/** The schema's Key list holds no more; the oldest are left out. */
const MOST_KEYS = 20;
/** The schema's Agency list holds no more; of those that gave no card the last are left out. */
const MOST_AGENCIES = 5000;

/**
 * Who gave a card is listed with its box and keys; the other districts of the state only so that they are found: a
 * registrar is to see that they take no part, and not to wonder whether they are missing.
 */
export function listingOf({
  entityId,
  processCode,
  server,
  districts,
  inList,
  keys,
}: Listing): Listed {
  const byAgency = Map.groupBy(keys, (key) => key.agency_id);
  const keysOf = (id: AgencyId): DirectoryKey[] =>
    (byAgency.get(id) ?? [])
      .toSorted((one, other) => other.valid_from.localeCompare(one.valid_from))
      .flatMap((key) => keyEntry(key) ?? [])
      .slice(0, MOST_KEYS);
  const others = withoutCard(inList, districts)
    .flatMap((row) => listedEntry(row) ?? [])
    .slice(0, Math.max(0, MOST_AGENCIES - districts.length));
  const agencies = [
    ...districts.map((row) => agencyEntry(row, keysOf(row.agency_id))),
    ...others,
  ].toSorted((one, other) => one.AgencyId.localeCompare(other.AgencyId));
  return {
    EntityId: entityId,
    DocumentProcessCode: processCode,
    Server: server,
    Key: keysOf(entityId),
    ...given({ Agency: agencies.length === 0 ? undefined : agencies }),
  };
}

/** Two listings of one digest say the same. */
export const digestOf = (listed: Listed): Sha256 => sha256(JSON.stringify(listed));

function agencyEntry(row: CardRow, keys: DirectoryKey[]): DirectoryAgency {
  return {
    AgencyId: row.agency_id,
    Role: "District",
    ...given({ StateDistrictNumber: row.state_number ?? undefined }),
    OrganizationName: row.name,
    AddressCity: row.city ?? "",
    StateAbbreviation: row.state ?? "",
    AddressPostalCode: row.zip ?? "",
    ...given({ TelephoneNumber: row.phone ?? undefined }),
    AgencyStatus: row.status,
    ...given({ SuccessorId: row.successor_id ?? undefined }),
    Box: row.box ?? boxOf(row.agency_id),
    ...given({ Contact: contactsIn(row) }),
    ...given({ Key: keys.length === 0 ? undefined : keys }),
  };
}

function withoutCard(
  inList: readonly ListedDistrictRow[],
  districts: readonly Pick<CardRow, "agency_id">[],
): ListedDistrictRow[] {
  const joined = new Set(districts.map(({ agency_id: id }) => id));
  return inList.filter(({ agency_id: id }) => !joined.has(id));
}

/**
 * How many of the list, beside those that gave their card, the directory names, and how many it cannot: their city
 * or ZIP is not known.
 */
export function namingOf(
  inList: readonly ListedDistrictRow[],
  districts: readonly Pick<CardRow, "agency_id">[],
): { readonly named: number; readonly notNamed: number } {
  const others = withoutCard(inList, districts);
  const named = others.filter((row) => listedEntry(row) !== null).length;
  return { named, notNamed: others.length - named };
}

/** The directory names no district without its city and ZIP. */
function listedEntry(row: ListedDistrictRow): DirectoryAgency | null {
  if (row.city === null || row.zip === null) return null;
  return {
    AgencyId: row.agency_id,
    Role: "District",
    ...given({ StateDistrictNumber: row.state_number ?? undefined }),
    OrganizationName: row.name,
    AddressCity: row.city,
    StateAbbreviation: row.state,
    AddressPostalCode: row.zip,
    ...given({ TelephoneNumber: row.phone ?? undefined }),
    AgencyStatus: row.status,
    ...given({ SuccessorId: row.successor_id ?? undefined }),
  };
}

/** As districts see the server (PROTOCOL 5). */
export const boxOf = (id: AgencyId): string => `/boxes/${id}`;

/** Those whom to call are for all; they stand in the card for that. */
const contactsIn = ({ contacts }: CardRow): CardContact[] | undefined =>
  contacts === null ? undefined : (JSON.parse(contacts) as CardContact[]);

/** A key that is held is nobody's business but a person's. */
function keyEntry(key: AgencyKeyRow): DirectoryKey | null {
  const { standing, sha256: digest, valid_until: until } = key;
  if (standing === "Held" || digest === null) return null;
  return {
    Fingerprint: key.fingerprint,
    KeySha256: digest,
    ValidFrom: wireTime(new Date(key.valid_from)),
    ...given({ ValidUntil: until === null ? undefined : wireTime(new Date(until)) }),
    KeyStanding: standing,
    ...given({ SuccessionText: key.succession ?? undefined }),
  };
}

/**
 * Whether a directory is to be published: something in it has changed, its days are over, or half of its life is.
 *
 * @param last the one that was published last, with the digest of what it lists
 */
export function isPublishingDue(
  last: { readonly digest: string; readonly issuedAt: Date } | null,
  now: { readonly digest: string; readonly at: Date },
  { publishEveryDays, validDays }: { publishEveryDays: number; validDays: number },
): boolean {
  if (!last || last.digest !== now.digest) return true;
  const days = Math.min(publishEveryDays, validDays / 2);
  return now.at.getTime() >= last.issuedAt.getTime() + days * DAY_MS;
}

const DAY_MS = 86_400_000;
