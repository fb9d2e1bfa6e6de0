/** Sealed files on their way to agencies of other states, as rows: one for each file, whatever happens. */
import { type AgencyId, newLocalId, type Sha256 } from "../ids.ts";
import type { LedgerTransaction, Queries } from "./connect.ts";
import type { RelayRow } from "./tables.ts";

/** A file as it was listed in a peer's box. */
export interface RelayedFile {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  readonly modifiedAt: Date;
  readonly owner?: number;
  /** What its name says. */
  readonly from: AgencyId;
  readonly to: AgencyId;
}

/** The rows of listed files, made now where there are none. */
export async function claimRelays(
  db: LedgerTransaction,
  peer: AgencyId,
  files: readonly RelayedFile[],
  at: Date,
): Promise<RelayRow[]> {
  const rows: RelayRow[] = [];
  for (const file of files) rows.push(await claimRelay(db, peer, file, at));
  return rows;
}

async function claimRelay(
  db: LedgerTransaction,
  peer: AgencyId,
  { name, size, modifiedAt, owner, from, to }: RelayedFile,
  at: Date,
): Promise<RelayRow> {
  const key = { peer_id: peer, file_name: name, size, modified_at: modifiedAt.toISOString() };
  await db
    .insertInto("relays")
    .values({
      ...key,
      relay_id: newLocalId(),
      owner: owner ?? null,
      from_agency: from,
      to_agency: to,
      state: "CLAIMED",
      claimed_at: at.toISOString(),
      ended_at: null,
      code: null,
      reason: null,
      sealed_sha256: null,
      removed_from_box: 0,
    })
    .onConflict((conflict) =>
      conflict.columns(["peer_id", "file_name", "size", "modified_at"]).doNothing(),
    )
    .execute();
  return db
    .selectFrom("relays")
    .selectAll()
    .where("peer_id", "=", peer)
    .where("file_name", "=", name)
    .where("size", "=", size)
    .where("modified_at", "=", key.modified_at)
    .executeTakeFirstOrThrow();
}

/**
 * What is not finished with a peer, the oldest first: what was begun, what waits, and what was refused and lies in
 * the box all the same.
 */
export const openRelays = (db: Queries, peer: AgencyId): Promise<RelayRow[]> =>
  db
    .selectFrom("relays")
    .selectAll()
    .where("peer_id", "=", peer)
    .where((eb) =>
      eb.or([
        eb("state", "in", ["CLAIMED", "DELIVERED"]),
        eb.and([eb("state", "=", "REFUSED"), eb("removed_from_box", "=", 0)]),
      ]),
    )
    .orderBy("relay_id")
    .execute();

/**
 * Nothing is moved on now but for these peers: what waits in the box of any other is known no more, until it is
 * listed again.
 */
export async function keepRelaysOf(
  db: Queries,
  peers: readonly AgencyId[],
  at: Date,
): Promise<void> {
  const waiting = db
    .updateTable("relays")
    .set({ state: "GONE", code: null, reason: null, ended_at: at.toISOString() })
    .where("state", "=", "CLAIMED")
    .where("removed_from_box", "=", 0);
  await (peers.length === 0 ? waiting : waiting.where("peer_id", "not in", peers)).execute();
}

/** Change what is known of a file. */
export async function updateRelay(
  db: Queries,
  relayId: string,
  changes: Partial<Omit<RelayRow, "relay_id">>,
): Promise<void> {
  await db.updateTable("relays").set(changes).where("relay_id", "=", relayId).execute();
}

/** The same bytes under the same name, refused before and still kept; `null` if there are none. */
export async function keptAlike(
  db: Queries,
  { relay_id, peer_id, file_name }: RelayRow,
  sealedSha256: Sha256,
): Promise<RelayRow | null> {
  const row = await db
    .selectFrom("relays")
    .selectAll()
    .where("peer_id", "=", peer_id)
    .where("file_name", "=", file_name)
    .where("sealed_sha256", "=", sealedSha256)
    .where("state", "=", "REFUSED")
    .where("code", "is not", null)
    .where("relay_id", "<>", relay_id)
    .orderBy("relay_id")
    .executeTakeFirst();
  return row ?? null;
}

/** Those that are to be refused, but of whose sender enough is kept: they stay in the box. */
export const KEPT_FULL = "RELAY_KEPT_FULL";

/** What is kept, or told of, of the refused files of whoever left this one. */
export async function keptOf(
  db: Queries,
  { owner, from_agency }: Pick<RelayRow, "owner" | "from_agency">,
): Promise<{ files: number; bytes: number }> {
  const kept = db
    .selectFrom("relays")
    .select(({ fn }) => [
      fn.countAll<number>().as("files"),
      fn.sum<number | null>("size").filterWhere("sealed_sha256", "is not", null).as("bytes"),
    ])
    .where("state", "=", "REFUSED")
    .where("code", "is not", null);
  const whose =
    owner === null
      ? kept.where("owner", "is", null).where("from_agency", "=", from_agency)
      : kept.where("owner", "=", owner);
  const { files, bytes } = await whose.executeTakeFirstOrThrow();
  return { files, bytes: bytes ?? 0 };
}

/** Files of these ids, the oldest first; an unknown id has none. */
export async function relaysNamed(db: Queries, ids: readonly string[]): Promise<RelayRow[]> {
  const found: RelayRow[] = [];
  for (let index = 0; index < ids.length; index += BATCH) {
    const batch = ids.slice(index, index + BATCH);
    found.push(
      ...(await db.selectFrom("relays").selectAll().where("relay_id", "in", batch).execute()),
    );
  }
  return found.toSorted((one, other) => (one.relay_id < other.relay_id ? -1 : 1));
}

/** Ids that a query can name at once. */
const BATCH = 200;

/** Files that wait for one recipient, for one reason. */
export interface WaitingRelays {
  readonly to: AgencyId;
  readonly code: string;
  /** Of one of them. */
  readonly reason: string;
  readonly files: number;
  readonly since: Date;
}

/** What waits for something that a person, or the other state, must do first. */
export async function waitingRelays(db: Queries): Promise<WaitingRelays[]> {
  const rows = await db
    .selectFrom("relays")
    .select(({ fn }) => [
      "to_agency",
      "code",
      fn.max("reason").as("reason"),
      fn.countAll<number>().as("files"),
      fn.min("claimed_at").as("since"),
    ])
    .where("state", "=", "CLAIMED")
    .where("code", "<>", KEPT_FULL)
    .where("reason", "is not", null)
    .groupBy(["to_agency", "code"])
    .orderBy("to_agency")
    .orderBy("code")
    .execute();
  return rows.map((row) => ({
    to: row.to_agency,
    code: row.code ?? "",
    reason: row.reason ?? "",
    files: row.files,
    since: new Date(row.since),
  }));
}

/** Files of one sender that were refused for one reason, and are kept. */
export interface RefusedRelays {
  /** Of whoever left them; `null` where the server does not say, or it is the account of whom the names give. */
  readonly account: number | null;
  /** What their names say. */
  readonly from: AgencyId;
  /** Did the account of that agency leave them? */
  readonly isProved: boolean;
  readonly code: string;
  /** Of one of them. */
  readonly reason: string;
  readonly files: number;
}

/**
 * What was refused, and nobody has seen to yet; what stays in the box because too much of it is kept, too. Whoever
 * leaves a file may write any number of agencies into its name: one that does not exist left nothing.
 */
export async function refusedRelays(db: Queries): Promise<RefusedRelays[]> {
  const rows = await db
    .selectFrom("relays")
    .leftJoin("agencies", "agencies.agency_id", "relays.from_agency")
    .select(({ fn }) => [
      "relays.from_agency",
      "agencies.agency_id as known",
      "relays.owner",
      "relays.code",
      fn.max("relays.reason").as("reason"),
      fn.countAll<number>().as("files"),
    ])
    .where((eb) =>
      eb.or([
        eb.and([eb("relays.state", "=", "REFUSED"), eb("relays.code", "is not", null)]),
        eb.and([eb("relays.state", "=", "CLAIMED"), eb("relays.code", "=", KEPT_FULL)]),
      ]),
    )
    .groupBy(["relays.from_agency", "relays.owner", "relays.code"])
    .orderBy("relays.from_agency")
    .orderBy("relays.owner")
    .orderBy("relays.code")
    .execute();
  return rows.map(({ from_agency: from, known, owner, code, reason, files }) => {
    const isAnothers =
      known === null ||
      code === "RELAY_OWNER_DIFFERS" ||
      code === "RELAY_LOOP" ||
      code === KEPT_FULL;
    return {
      account: isAnothers ? owner : null,
      from,
      isProved: owner !== null && !isAnothers,
      code: code ?? "",
      reason: reason ?? "",
      files,
    };
  });
}
