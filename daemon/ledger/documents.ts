/**
 * What was found in the drop folders and what became of it: files that may still be growing
 * (`sightings`), files that were taken (`documents`), and the decisions in them that were carried out
 * (`decisions`), each written in the transaction of its effects: after a crash they tell what is not to
 * be done again, and later what was said before.
 */
import type { Sha256 } from "../ids.ts";
import type { Ledger, LedgerTransaction, Queries } from "./connect.ts";
import type { DocumentRow, SightingRow } from "./tables.ts";

/** The digest of a file that has been claimed and not read. */
const UNREAD = "" as Sha256;

/** Rows that a query can name at once. */
const BATCH = 200;

/** The files last seen in a folder, by path. */
export async function sightingsIn(
  db: Queries,
  folder: string,
): Promise<ReadonlyMap<string, SightingRow>> {
  const rows = await db.selectFrom("sightings").selectAll().execute();
  const here = rows.filter(({ path }) => path.startsWith(`${folder}/`));
  return new Map(here.map((row) => [row.path, row]));
}

/** Remember what was seen for the first time or has changed, and forget what is gone. */
export async function keepSightings(
  ledger: Ledger,
  { seen, gone }: { readonly seen: readonly SightingRow[]; readonly gone: readonly string[] },
): Promise<void> {
  if (seen.length === 0 && gone.length === 0) return;
  await ledger.transaction().execute(async (db) => {
    for (let index = 0; index < gone.length; index += BATCH) {
      const paths = gone.slice(index, index + BATCH);
      await db.deleteFrom("sightings").where("path", "in", paths).execute();
    }
    for (const { path, ...sight } of seen) {
      await db
        .insertInto("sightings")
        .values({ path, ...sight })
        .onConflict((conflict) => conflict.column("path").doUpdateSet(sight))
        .execute();
    }
  });
}

/** A file that is to be taken. */
export interface DocumentClaim {
  readonly documentId: string;
  readonly dropFolder: string;
  readonly fileName: string;
  readonly at: Date;
}

/** The intent to take files, written before they are moved. @returns a row for each, in their order */
export async function claimDocuments(
  ledger: Ledger,
  claims: readonly DocumentClaim[],
): Promise<DocumentRow[]> {
  const rows = claims.map(({ documentId, dropFolder, fileName, at }): DocumentRow => ({
    document_id: documentId,
    drop_folder: dropFolder,
    file_name: fileName,
    sha256: UNREAD,
    state: "CLAIMED",
    taken_at: at.toISOString(),
    answer: null,
    deaths: 0,
  }));
  if (rows.length > 0) await ledger.insertInto("documents").values(rows).execute();
  return rows;
}

/** The file was never moved: as if nothing had happened. */
export async function unclaimDocument(ledger: Ledger, documentId: string): Promise<void> {
  await ledger
    .deleteFrom("documents")
    .where("document_id", "=", documentId)
    .where("state", "=", "CLAIMED")
    .execute();
}

/** The file is ours, with this content. */
export async function markTaken(ledger: Ledger, documentId: string, digest: Sha256): Promise<void> {
  await ledger
    .updateTable("documents")
    .set({ state: "TAKEN", sha256: digest })
    .where("document_id", "=", documentId)
    .execute();
}

/** Count before the work begins: if the process dies of it, the count stands (TRUST F31). */
export async function countDeath(ledger: Ledger, documentId: string): Promise<number> {
  const row = await ledger
    .updateTable("documents")
    .set((eb) => ({ deaths: eb("deaths", "+", 1) }))
    .where("document_id", "=", documentId)
    .returning("deaths")
    .executeTakeFirstOrThrow();
  return row.deaths;
}

/** The work came on, or ended, well or not, and the process lived. @param documentIds a few */
export async function forgetDeaths(db: Queries, documentIds: readonly string[]): Promise<void> {
  if (documentIds.length === 0) return;
  await db
    .updateTable("documents")
    .set({ deaths: 0 })
    .where("document_id", "in", documentIds)
    .where("deaths", ">", 0)
    .execute();
}

/** Files of a drop folder that are not done with, oldest first. */
export const openDocuments = (db: Queries, dropFolder: string): Promise<DocumentRow[]> =>
  db
    .selectFrom("documents")
    .selectAll()
    .where("drop_folder", "=", dropFolder)
    .where("state", "in", ["CLAIMED", "TAKEN"])
    .orderBy("document_id")
    .execute();

/** Ids of all files that are not done with. */
export async function documentsInHand(db: Queries): Promise<string[]> {
  const rows = await db
    .selectFrom("documents")
    .select("document_id")
    .where("state", "in", ["CLAIMED", "TAKEN"])
    .execute();
  return rows.map(({ document_id }) => document_id);
}

export interface DecisionKey {
  readonly documentId: string;
  /** Of the decision in its document, counted from one. */
  readonly number: number;
}

/**
 * A decision was carried out; in the transaction of its effects.
 *
 * @param decision `digest` covers what was decided, not the bytes in which it was written; `outcome` is
 *   JSON with references only
 */
export async function addDecision(
  db: LedgerTransaction,
  { document_id, drop_folder }: Pick<DocumentRow, "document_id" | "drop_folder">,
  decision: {
    readonly number: number;
    readonly digest: Sha256;
    readonly sourceReference: string | null;
    readonly outcome: string;
    /** Digests of the documents that went with it, in its order. */
    readonly documents: readonly Sha256[];
    readonly at: Date;
  },
): Promise<void> {
  await forgetDeaths(db, [document_id]);
  await db
    .insertInto("decisions")
    .values({
      document_id,
      number: decision.number,
      drop_folder,
      sha256: decision.digest,
      source_reference: decision.sourceReference,
      outcome: decision.outcome,
      documents: JSON.stringify(decision.documents),
      decided_at: decision.at.toISOString(),
    })
    .execute();
}

/** How many decisions of a document were carried out. */
export async function decisionsMade(db: Queries, documentId: string): Promise<number> {
  const { made } = await db
    .selectFrom("decisions")
    .select((eb) => eb.fn.countAll<number>().as("made"))
    .where("document_id", "=", documentId)
    .executeTakeFirstOrThrow();
  return made;
}

/** The outcome of a decision that was carried out, or `null`. */
export async function decisionOutcome(
  db: Queries,
  { documentId, number }: DecisionKey,
): Promise<string | null> {
  const row = await db
    .selectFrom("decisions")
    .select("outcome")
    .where("document_id", "=", documentId)
    .where("number", "=", number)
    .executeTakeFirst();
  return row?.outcome ?? null;
}

/** A decision that was carried out. */
export interface EarlierDecision {
  readonly outcome: string;
  /** Digests of the documents that went with it; `null` if an older packetboat did not keep them. */
  readonly documents: readonly string[] | null;
}

/**
 * The same decision made before (PROTOCOL 9): the same content under the same SourceReference, or without
 * one in the same drop folder. The last, if it took two persons.
 */
export async function earlierDecision(
  db: Queries,
  decision: {
    readonly dropFolder: string;
    readonly sourceReference: string | null;
    readonly digest: Sha256;
  },
): Promise<EarlierDecision | null> {
  const alike = db
    .selectFrom("decisions")
    .select(["outcome", "documents"])
    .where("sha256", "=", decision.digest)
    .orderBy("decided_at", "desc")
    .orderBy("document_id", "desc")
    .limit(1);
  const row =
    decision.sourceReference === null
      ? await alike
          .where("source_reference", "is", null)
          .where("drop_folder", "=", decision.dropFolder)
          .executeTakeFirst()
      : // The digest covers the reference, which retention takes away.
        await alike.where("source_reference", "is not", null).executeTakeFirst();
  if (!row) return null;
  const { outcome, documents } = row;
  return { outcome, documents: documents === null ? null : (JSON.parse(documents) as string[]) };
}

/** Outcomes of all that was decided under a SourceReference in one drop folder, newest first. */
export async function outcomesNamed(
  db: Queries,
  { dropFolder, sourceReference }: { dropFolder: string; sourceReference: string },
): Promise<string[]> {
  const rows = await db
    .selectFrom("decisions")
    .select("outcome")
    .where("drop_folder", "=", dropFolder)
    .where("source_reference", "=", sourceReference)
    .orderBy("decided_at", "desc")
    .execute();
  return rows.map(({ outcome }) => outcome);
}

/** Everything in a file has its outcome, and its answer stands ready to be shown. */
export async function promiseAnswer(
  db: LedgerTransaction,
  documentId: string,
  answer: string,
): Promise<void> {
  await db
    .updateTable("documents")
    .set({ state: "TAKEN", answer, deaths: 0 })
    .where("document_id", "=", documentId)
    .execute();
}

/** The answer lies where people will find it; from now on it is theirs. */
export async function markAnswered(
  ledger: Ledger,
  documentId: string,
  state: "ANSWERED" | "KNOWN" | "REFUSED",
): Promise<void> {
  await ledger
    .updateTable("documents")
    .set({ state })
    .where("document_id", "=", documentId)
    .execute();
}
