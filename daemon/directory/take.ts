/** From a directory that is believed to what the ledger knows of its agencies. */
import { type AgencyId, type Fingerprint, isOfState } from "../ids.ts";
import type { AgencyKeyRow, AgencyRow } from "../ledger/tables.ts";
import { takesPart } from "./address.ts";
import {
  isOnlyListed,
  type Directory,
  type DirectoryAgency,
  type DirectoryKey,
} from "./directory.ts";
import { followKeys, type Followed } from "./key-changes.ts";
import { assertOwn } from "./holders.ts";
import type { FetchKey } from "./key-files.ts";
import { Patience } from "./patience.ts";
import { MOST_VAIN_WORDS, type Vouching } from "./vouching.ts";

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
  /** Keys that a person must compare: all that this directory lists, also those that were held before. */
  readonly held: readonly { readonly agencyId: AgencyId; readonly fingerprint: Fingerprint }[];
  /** Entities of other states that are not introduced any more: their districts take part no more either. */
  readonly withdrawn: readonly AgencyId[];
}

/**
 * How far a directory is believed (PROTOCOL 8). By a district: the `whole` of its own entity's, which speaks of its
 * state and introduces the entities of others; of another state's, what it says of the `districts` of that state. By
 * an entity, of its peer's: what the peer says of `itself`.
 */
export type Belief = "whole" | "districts" | "itself";

export interface Believing extends Vouching {
  /** Our own entry is passed over. */
  readonly us: AgencyId;
  readonly belief: Belief;
}

export interface Taking extends Believing {
  /**
   * It is the first of another kind of traffic: TEST and PRODUCTION have keys of their own (PROTOCOL 5), so that a key
   * listed for the one says nothing of the other. Cards that a person has added hold for both.
   */
  readonly isAnew: boolean;
}

/** Whose directory it is, and how far that is believed. */
interface Whose {
  readonly entityId: AgencyId;
  readonly belief: Belief;
}

/** Of whom a directory is believed. */
export function isAbout(
  { agency_id: id, role }: Pick<AgencyRow, "agency_id" | "role">,
  { entityId, belief }: Whose,
): boolean {
  if (belief === "itself") return id === entityId;
  if (belief === "districts") return role === "district" && isOfState(id, entityId);
  return role === "entity" || isOfState(id, entityId);
}

/**
 * Compare a directory with what is known. An agency whose card was added by hand keeps what that card
 * says; its key changes by its own word only, or a person's. Who is listed no more takes part no more.
 *
 * @throws PacketboatError BOX_… if a key had to be fetched and the line failed
 */
export async function changesBy(
  directory: Directory,
  known: KnownAgencies,
  taking: Taking,
): Promise<Changes> {
  const comparison = new Comparison(directory, known, taking);
  await comparison.noteListed();
  await comparison.noteEntity();
  comparison.noteUnlisted();
  return comparison.changes;
}

/** One directory beside what is known, and what is to be written by it. */
class Comparison {
  readonly changes: Noted;
  readonly #directory: Directory;
  readonly #taking: Taking;
  /** Of whom it is believed. */
  readonly #whose: Whose;
  readonly #rows: ReadonlyMap<AgencyId, AgencyRow>;
  readonly #keys: ReadonlyMap<AgencyId, readonly AgencyKeyRow[]>;
  /** Keys that an agency is known by: nobody else may be listed with one. */
  readonly #held: readonly AgencyKeyRow[];
  readonly #holders: ReadonlyMap<string, AgencyId>;
  readonly #patience = new Patience(MOST_VAIN_WORDS);
  readonly #present = new Set<AgencyId>();
  /** They take part, and so do the districts that they vouch for. */
  readonly #introduced: AgencyId[] = [];

  constructor(directory: Directory, known: KnownAgencies, taking: Taking) {
    this.#directory = directory;
    this.#taking = taking;
    this.#whose = { entityId: directory.EntityId as AgencyId, belief: taking.belief };
    const forgotten = taking.isAnew ? known.keys.filter(isOutlived(known, this.#whose)) : [];
    const binding = known.keys.filter((key) => !forgotten.includes(key));
    this.changes = { agencies: [], keys: [], forgotten, held: [], withdrawn: [] };
    this.#rows = new Map(known.agencies.map((row) => [row.agency_id, row]));
    this.#keys = Map.groupBy(binding, (row) => row.agency_id);
    this.#held = binding.filter(({ agency_id: id }) => this.#rows.has(id));
    this.#holders = new Map(this.#held.map(({ fingerprint, agency_id: id }) => [fingerprint, id]));
  }

  async noteListed(): Promise<void> {
    const { us, at } = this.#taking;
    const isTest = this.#directory.DocumentProcessCode === "TEST";
    for (const entry of this.#directory.Agency ?? []) {
      const id = entry.AgencyId as AgencyId;
      if (id === us || !isAbout({ agency_id: id, role: roleOf(entry) }, this.#whose)) continue;
      this.#present.add(id);
      const before = this.#rows.get(id);
      const followed = isOnlyListed(entry)
        ? asKnown(this.#keys.get(id) ?? [])
        : await this.#follow(id, entry.Key ?? []);
      const after = rowAfter(entry, before, followed, at);
      noteAgency(this.changes, before, after);
      if (followed.current && takesPart(after.status, isTest)) this.#introduced.push(id);
    }
  }

  async noteEntity(): Promise<void> {
    const entity = this.#rows.get(this.#whose.entityId);
    if (!entity || !isAbout(entity, this.#whose)) return;
    const followed = await this.#follow(entity.agency_id, this.#directory.Key);
    noteAgency(this.changes, entity, withKey(entity, followed));
  }

  /** Whom it lists no more, and the districts of entities that it introduces no more. */
  noteUnlisted(): void {
    const { belief, isAnew } = this.#taking;
    for (const row of this.#rows.values()) {
      const { agency_id: id, role, source } = row;
      if (source !== "directory") continue;
      const isOurs = isAbout(row, this.#whose);
      if (isOurs && !this.#present.has(id)) noteAgency(this.changes, row, { ...row, ...REMOVED });
      if (belief !== "whole" || isOfState(id, this.#whose.entityId)) continue;
      const isVouchedFor = !isAnew && this.#introduced.some((peer) => isOfState(id, peer));
      if (isVouchedFor) continue;
      if (role === "entity") this.changes.withdrawn.push(id);
      else noteAgency(this.changes, row, { ...row, ...REMOVED });
    }
  }

  /** What becomes of the keys of one agency. One that is listed for it and is another's is held for a person. */
  async #follow(id: AgencyId, listed: readonly DirectoryKey[]): Promise<Followed> {
    const strange = listed.filter(({ Fingerprint: key }) => (this.#holders.get(key) ?? id) !== id);
    const own = listed.filter((key) => !strange.includes(key));
    const before = this.#keys.get(id) ?? [];
    const { at } = this.#taking;
    const fetch: FetchKey = async (named) => {
      const key = await this.#taking.fetch(named);
      await assertOwn(id, key, this.#held);
      return key;
    };
    const followed = await followKeys(id, own, before, { fetch, at, patience: this.#patience });
    noteKeys(this.changes, before, followed);
    const held = followed.held ?? (strange[0]?.Fingerprint as Fingerprint | undefined);
    if (held !== undefined) this.changes.held.push({ agencyId: id, fingerprint: held });
    return followed;
  }
}

/** What our own directory of another kind does not list is not known any more, whoever listed it before. */
function isOutlived({ agencies }: KnownAgencies, whose: Whose) {
  const rows = new Map(agencies.map((row) => [row.agency_id, row]));
  return ({ agency_id: id }: AgencyKeyRow): boolean => {
    const { source, role = "district" } = rows.get(id) ?? {};
    if (source === "card") return false;
    return whose.belief === "whole" || isAbout({ agency_id: id, role }, whose);
  };
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
  readonly withdrawn: AgencyId[];
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

const roleOf = ({ Role }: DirectoryAgency): AgencyRow["role"] =>
  Role === "Entity" ? "entity" : "district";

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
    role: roleOf(entry),
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
