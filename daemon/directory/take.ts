/** From a directory that is believed to what the ledger knows of its agencies. */
import type { AgencyId, Fingerprint } from "../ids.ts";
import type { AgencyKeyRow, AgencyRow } from "../ledger/tables.ts";
import { isOfState } from "./address.ts";
import {
  isOnlyListed,
  type Directory,
  type DirectoryAgency,
  type DirectoryKey,
} from "./directory.ts";
import { followKeys, type Followed } from "./key-changes.ts";
import type { Vouching } from "./vouching.ts";

/** All that is known before. */
export interface KnownAgencies {
  readonly agencies: readonly AgencyRow[];
  readonly keys: readonly AgencyKeyRow[];
}

/** What is to be written; whatever is as it was is not named. */
export interface Changes {
  readonly agencies: readonly AgencyRow[];
  readonly keys: readonly AgencyKeyRow[];
  /** Keys that nobody lists any more and nobody believed. */
  readonly forgotten: readonly AgencyKeyRow[];
  /** Keys that a person must compare: all of them, also those that were held before. */
  readonly held: readonly { readonly agencyId: AgencyId; readonly fingerprint: Fingerprint }[];
}

/**
 * What is known where a home reads the first directory of another kind of traffic: TEST and PRODUCTION have
 * keys of their own (PROTOCOL 5), so that a key listed for the one says nothing of the other. Cards that a
 * person has added hold for both.
 *
 * @returns what still binds, and the keys to be forgotten
 */
export function introducedAnew({ agencies, keys }: KnownAgencies): {
  readonly known: KnownAgencies;
  readonly forgotten: readonly AgencyKeyRow[];
} {
  const carded = new Set(
    agencies.filter(({ source }) => source === "card").map(({ agency_id: id }) => id),
  );
  const binds = ({ agency_id: id }: AgencyKeyRow): boolean => carded.has(id);
  return {
    known: { agencies, keys: keys.filter(binds) },
    forgotten: keys.filter((key) => !binds(key)),
  };
}

/**
 * Compare a directory with what is known. An agency whose card was added by hand keeps what that card
 * says; its key changes by its own word only, or a person's. Who is listed no more takes part no more.
 *
 * @param us our own entry is passed over
 * @throws PacketboatError BOX_… if a key had to be fetched and the line failed
 */
export async function changesBy(
  directory: Directory,
  known: KnownAgencies,
  { us, ...vouching }: Vouching & { readonly us: AgencyId },
): Promise<Changes> {
  const entityId = directory.EntityId as AgencyId;
  const rows = new Map(known.agencies.map((row) => [row.agency_id, row]));
  const keys = Map.groupBy(known.keys, (row) => row.agency_id);
  const holders = new Map<string, AgencyId>(
    known.keys
      .filter(({ agency_id: id }) => rows.has(id))
      .map(({ fingerprint, agency_id: id }) => [fingerprint, id]),
  );
  const changes = { agencies: [], keys: [], forgotten: [], held: [] } as Noted;
  const follow = async (id: AgencyId, listed: readonly DirectoryKey[]): Promise<Followed> => {
    const strange = listed.filter(({ Fingerprint: key }) => (holders.get(key) ?? id) !== id);
    const own = listed.filter((key) => !strange.includes(key));
    const before = keys.get(id) ?? [];
    const followed = await followKeys(id, own, before, vouching);
    noteKeys(changes, before, followed);
    const held = followed.held ?? (strange[0]?.Fingerprint as Fingerprint | undefined);
    if (held !== undefined) changes.held.push({ agencyId: id, fingerprint: held });
    return followed;
  };

  const listed = (directory.Agency ?? []).filter(({ AgencyId: id }) => id !== us);
  for (const entry of listed) {
    const id = entry.AgencyId as AgencyId;
    const row = rows.get(id);
    const followed = isOnlyListed(entry)
      ? asKnown(keys.get(id) ?? [])
      : await follow(id, entry.Key ?? []);
    noteAgency(changes, row, rowAfter(entry, row, followed, vouching.at));
  }
  const entity = rows.get(entityId);
  if (entity) {
    noteAgency(changes, entity, withKey(entity, await follow(entityId, directory.Key)));
  }
  const present = new Set<string>(listed.map(({ AgencyId: id }) => id));
  for (const row of known.agencies) {
    if (row.source !== "directory" || !isOfState(row.agency_id, entityId)) continue;
    if (!present.has(row.agency_id)) noteAgency(changes, row, { ...row, ...REMOVED });
  }
  return changes;
}

/** It is kept, so that its keys are known when it comes again. */
const REMOVED = { status: "NotParticipating", successor_id: null } as const;

/** Its keys are kept as they were, as if it were not there: so they are known when it gives its card again. */
const asKnown = (keys: readonly AgencyKeyRow[]): Followed => ({
  keys,
  current: keys.find(({ standing }) => standing === "Current") ?? null,
  held: null,
});

interface Noted extends Changes {
  readonly agencies: AgencyRow[];
  readonly keys: AgencyKeyRow[];
  readonly forgotten: AgencyKeyRow[];
  readonly held: { agencyId: AgencyId; fingerprint: Fingerprint }[];
}

function noteKeys(changes: Noted, before: readonly AgencyKeyRow[], { keys }: Followed): void {
  const known = new Map(before.map((row) => [row.fingerprint, row]));
  changes.keys.push(...keys.filter((row) => !isSame(known.get(row.fingerprint), row)));
  const left = new Set(keys.map(({ fingerprint }) => fingerprint));
  changes.forgotten.push(...before.filter(({ fingerprint }) => !left.has(fingerprint)));
}

function noteAgency(changes: Noted, before: AgencyRow | undefined, after: AgencyRow): void {
  if (!isSame(before, after)) changes.agencies.push(after);
}

const isSame = <Row extends object>(before: Row | undefined, after: Row): boolean =>
  before !== undefined &&
  (Object.keys(after) as (keyof Row)[]).every((name) => before[name] === after[name]);

function rowAfter(
  entry: DirectoryAgency,
  before: AgencyRow | undefined,
  followed: Followed,
  at: Date,
): AgencyRow {
  if (before?.source === "card") return withKey(before, followed);
  const row: AgencyRow = {
    agency_id: entry.AgencyId as AgencyId,
    source: "directory",
    signed_card: null,
    fingerprint: null,
    public_key: null,
    name: entry.OrganizationName,
    state_number: entry.StateDistrictNumber ?? null,
    city: entry.AddressCity,
    state: entry.StateAbbreviation,
    zip: entry.AddressPostalCode,
    phone: entry.TelephoneNumber ?? null,
    role: entry.Role === "Entity" ? "entity" : "district",
    status: entry.AgencyStatus,
    successor_id: (entry.SuccessorId as AgencyId | undefined) ?? null,
    box: entry.Box ?? null,
    contacts: entry.Contact ? JSON.stringify(entry.Contact) : null,
    added_at: before?.added_at ?? at.toISOString(),
    added_by: "directory",
    stopped_code: before?.stopped_code ?? null,
  };
  const { current } = followed;
  const key = {
    fingerprint: current?.fingerprint ?? null,
    public_key: current?.public_key ?? null,
  };
  return { ...row, ...key, stopped_code: stoppedAfter(before, row, current) };
}

/** A card that was added by hand stays as it is, but for the key that followed its own. */
function withKey(before: AgencyRow, { current }: Followed): AgencyRow {
  if (!current || current.fingerprint === before.fingerprint || !current.public_key) return before;
  const { fingerprint, public_key } = current;
  return { ...before, fingerprint, public_key, stopped_code: null };
}

/** Another key is what the agency was stopped for. */
const stoppedAfter = (
  before: AgencyRow | undefined,
  row: AgencyRow,
  current: AgencyKeyRow | null,
): string | null => (before?.fingerprint === current?.fingerprint ? row.stopped_code : null);
