/** What a district's ledger holds of the directory once it has read it, written there without reading it. */
import type { AgencyId } from "../../daemon/ids.ts";
import type { AgencyKeyRow, AgencyRow, DirectoryRow } from "../../daemon/ledger/tables.ts";
import { type District, withLedger } from "../homes.ts";

/** The directory as it stands in the ledgers of those who have read it. */
export interface KnownDirectory {
  readonly agencies: readonly AgencyRow[];
  readonly keys: readonly AgencyKeyRow[];
  readonly directory: DirectoryRow;
}

/** @param readers two who have read it: nobody's ledger has the entry of its own district */
export async function knownDirectory(
  readers: readonly [District, District],
): Promise<KnownDirectory> {
  const known = await Promise.all(readers.map(knownBy));
  const [first, second] = known as [KnownDirectory, KnownDirectory];
  const [{ id }] = readers;
  const isOfFirst = ({ agency_id: of }: { readonly agency_id: AgencyId }): boolean => of === id;
  return {
    agencies: [...first.agencies, ...second.agencies.filter(isOfFirst)],
    keys: [...first.keys, ...second.keys.filter(isOfFirst)],
    directory: first.directory,
  };
}

const knownBy = (home: District): Promise<KnownDirectory> =>
  withLedger(home, async (ledger) => ({
    agencies: await ledger
      .selectFrom("agencies")
      .selectAll()
      .where("source", "=", "directory")
      .execute(),
    keys: await ledger.selectFrom("agency_keys").selectAll().execute(),
    directory: await ledger.selectFrom("directories").selectAll().executeTakeFirstOrThrow(),
  }));

/** As if this district had read it. */
export const copyDirectory = (
  home: District,
  { agencies, keys, directory }: KnownDirectory,
): Promise<void> =>
  withLedger(home, async (ledger) => {
    const isOther = ({ agency_id: id }: { readonly agency_id: AgencyId }): boolean =>
      id !== home.id;
    await ledger.transaction().execute(async (db) => {
      await db.deleteFrom("agency_keys").execute();
      await db.insertInto("agencies").values(agencies.filter(isOther)).execute();
      await db.insertInto("agency_keys").values(keys.filter(isOther)).execute();
      await db.insertInto("directories").values(directory).execute();
    });
  });
