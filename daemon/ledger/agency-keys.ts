/** All keys of all agencies: by which a signature is known, also after its key was replaced. */
import type { AgencyId, Fingerprint } from "../ids.ts";
import type { Queries } from "./connect.ts";
import type { AgencyKeyRow, KeyStanding } from "./tables.ts";

/** The keys of an agency, the newest first. */
export const keysOfAgency = (db: Queries, id: AgencyId): Promise<AgencyKeyRow[]> =>
  db
    .selectFrom("agency_keys")
    .selectAll()
    .where("agency_id", "=", id)
    .orderBy("valid_from", "desc")
    .orderBy("fingerprint")
    .execute();

/** The keys of all agencies. */
export const listKeys = (db: Queries): Promise<AgencyKeyRow[]> =>
  db.selectFrom("agency_keys").selectAll().orderBy("agency_id").orderBy("valid_from").execute();

/** The keys that wait for a person. */
export const heldKeys = (db: Queries): Promise<AgencyKeyRow[]> =>
  db.selectFrom("agency_keys").selectAll().where("standing", "=", "Held").execute();

/**
 * The keys that may have made a signature: which of them did, the key itself must tell.
 *
 * @param keyId 16 upper-case hexadecimal digits, as the signature names its key
 */
export const keysSigningAs = (db: Queries, keyId: string): Promise<AgencyKeyRow[]> =>
  db
    .selectFrom("agency_keys")
    .selectAll()
    .where((row) =>
      row.or([
        row("signers", "like", `%${keyId}%`),
        row.and([row("signers", "is", null), row("public_key", "is not", null)]),
      ]),
    )
    .execute();

/** Which agency that we know holds a key of this fingerprint, or held it; but for one of them. */
export async function otherHolderOf(
  db: Queries,
  fingerprint: Fingerprint,
  than: AgencyId,
): Promise<AgencyId | null> {
  const row = await db
    .selectFrom("agency_keys")
    .innerJoin("agencies", "agencies.agency_id", "agency_keys.agency_id")
    .select("agency_keys.agency_id")
    .where("agency_keys.fingerprint", "=", fingerprint)
    .where("agency_keys.agency_id", "!=", than)
    .executeTakeFirst();
  return row?.agency_id ?? null;
}

/**
 * The keys of agencies that we know which may have one of these parts: whether they do, the keys themselves must tell.
 *
 * @param keyIds 16 upper-case hexadecimal digits each
 */
export const keysWithParts = (db: Queries, keyIds: readonly string[]): Promise<AgencyKeyRow[]> =>
  db
    .selectFrom("agency_keys")
    .innerJoin("agencies", "agencies.agency_id", "agency_keys.agency_id")
    .selectAll("agency_keys")
    .where((row) =>
      row.or([
        row("signers", "is", null),
        ...keyIds.flatMap((keyId) => [
          row("signers", "like", `%${keyId}%`),
          row("agency_keys.fingerprint", "like", `%${keyId}` as Fingerprint),
        ]),
      ]),
    )
    .orderBy("agency_keys.agency_id")
    .execute();

/** The present key of an agency and those before it make room for another: what they signed till then holds. */
export async function retireKeys(
  db: Queries,
  { id, but, until }: { id: AgencyId; but: Fingerprint; until: string },
): Promise<void> {
  await db
    .updateTable("agency_keys")
    .set({ standing: "Retired", valid_until: until })
    .where("agency_id", "=", id)
    .where("standing", "=", "Current")
    .where("fingerprint", "!=", but)
    .execute();
}

/** Write a key as it stands now, whether it was known or not. */
export async function saveKey(db: Queries, key: AgencyKeyRow): Promise<void> {
  const { agency_id: _, fingerprint: __, ...rest } = key;
  await db
    .insertInto("agency_keys")
    .values(key)
    .onConflict((conflict) => conflict.columns(["agency_id", "fingerprint"]).doUpdateSet(rest))
    .execute();
}

/** A key was fetched, or read for the first time. */
export async function noteKey(
  db: Queries,
  { agency_id: id, fingerprint }: Pick<AgencyKeyRow, "agency_id" | "fingerprint">,
  read: Pick<AgencyKeyRow, "public_key" | "signers"> & Partial<Pick<AgencyKeyRow, "valid_until">>,
): Promise<void> {
  await db
    .updateTable("agency_keys")
    .set(read)
    .where("agency_id", "=", id)
    .where("fingerprint", "=", fingerprint)
    .execute();
  await db
    .updateTable("agencies")
    .set({ public_key: read.public_key })
    .where("agency_id", "=", id)
    .where("fingerprint", "=", fingerprint)
    .where("source", "=", "directory")
    .execute();
}

export async function setStanding(
  db: Queries,
  { agency_id, fingerprint }: Pick<AgencyKeyRow, "agency_id" | "fingerprint">,
  standing: { readonly standing: KeyStanding; readonly valid_until: string | null },
): Promise<void> {
  await db
    .updateTable("agency_keys")
    .set(standing)
    .where("agency_id", "=", agency_id)
    .where("fingerprint", "=", fingerprint)
    .execute();
}
