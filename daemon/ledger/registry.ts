/** The imports of the entity's registry: which is current, which waits, and whose rows may go. */
import type { Ledger, LedgerTransaction, Queries } from "./connect.ts";
import type { RegistryImportRow, RegistryImportState, Time } from "./tables.ts";

/** What a registry holds. */
export interface RegistryCounts {
  readonly students: number;
  readonly enrollments: number;
  readonly open: number;
}

/** The newest import in this state, or `null`. */
export async function importIn(
  db: Queries,
  state: RegistryImportState,
): Promise<RegistryImportRow | null> {
  const row = await db
    .selectFrom("registry_imports")
    .selectAll()
    .where("state", "=", state)
    .orderBy("import_id", "desc")
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

/** A new import, with a generation of its own; whoever calls holds the lock. */
export async function beginImport(
  ledger: Ledger,
  about: Pick<RegistryImportRow, "kind" | "sha256" | "as_of" | "by" | "begun_at">,
): Promise<RegistryImportRow> {
  return ledger.transaction().execute(async (db) => {
    await discardCutOff(db, about.begun_at);
    const { last } = await db
      .selectFrom("registry_imports")
      .select((eb) => eb.fn.max("import_id").as("last"))
      .executeTakeFirstOrThrow();
    const import_id = (last ?? 0) + 1;
    const counts = { rows: 0, faulty_rows: 0, closed: 0 };
    const row: RegistryImportRow = {
      ...about,
      ...counts,
      import_id,
      state: "LOADING",
      ended_at: null,
      generation: import_id,
      base: (await importIn(db, "CURRENT"))?.generation ?? null,
      students: 0,
      enrollments: 0,
      open_enrollments: 0,
      code: null,
      swept: 0,
    };
    await db.insertInto("registry_imports").values(row).execute();
    return row;
  });
}

/** An import that a crash ended; whoever calls holds the lock, so that none is under way. */
export const discardCutOff = (db: Queries, at: Time): Promise<unknown> =>
  db
    .updateTable("registry_imports")
    .set({ state: "DISCARDED", ended_at: at })
    .where("state", "=", "LOADING")
    .execute();

/** What waited for a person was made from a registry, or from a file, that is no longer the newest. */
export const discardWaiting = (db: Queries, at: Time): Promise<unknown> =>
  db
    .updateTable("registry_imports")
    .set({ state: "DISCARDED", ended_at: at })
    .where("state", "=", "WAITING")
    .execute();

/** Change what is known of an import. */
export async function noteImport(
  db: Queries,
  importId: number,
  changes: Partial<RegistryImportRow>,
): Promise<void> {
  await db.updateTable("registry_imports").set(changes).where("import_id", "=", importId).execute();
}

/**
 * From here on look-ups read its generation; the one before is nobody's.
 *
 * @returns whether it could: not if another became current since it was begun
 */
export async function makeCurrent(
  db: LedgerTransaction,
  { import_id, base }: RegistryImportRow,
  { at, ...changes }: Partial<RegistryImportRow> & { readonly at: Time },
): Promise<boolean> {
  const current = await importIn(db, "CURRENT");
  if ((current?.generation ?? null) !== base) return false;
  if (current) await noteImport(db, current.import_id, { state: "SUPERSEDED" });
  await discardWaiting(db, at);
  await noteImport(db, import_id, { ...changes, state: "CURRENT" });
  return true;
}

/** Generations whose rows nobody needs, and that may still have some. */
export async function generationsLeft(db: Queries): Promise<number[]> {
  const rows = await db
    .selectFrom("registry_imports")
    .select("generation")
    .distinct()
    .where("swept", "=", 0)
    .where("generation", "not in", (needed) =>
      needed
        .selectFrom("registry_imports")
        .select("generation")
        .where("state", "in", ["LOADING", "WAITING", "CURRENT"]),
    )
    .execute();
  return rows.map(({ generation }) => generation);
}

/** No row of this generation is left. */
export async function noteSwept(db: Queries, generation: number): Promise<void> {
  await db
    .updateTable("registry_imports")
    .set({ swept: 1 })
    .where("generation", "=", generation)
    .execute();
}
