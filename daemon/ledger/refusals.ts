/** Documents that came back to `refused/`, and whether what was wrong with them has been mended since. */
import type { Queries } from "./connect.ts";
import type { DocumentRow } from "./tables.ts";

/** What is read of an answer that was kept. */
interface Kept {
  readonly answer?: {
    readonly results?: readonly {
      readonly outcome: string;
      readonly sourceReference: string | null;
      readonly described?: string;
    }[];
  };
}

/**
 * Ids of earlier documents with an open DOCUMENT_REFUSED that this one stands for: it has their name, or
 * all that was refused in them has been taken since, by its SourceReference.
 */
export async function documentsMended(
  db: Queries,
  document: { readonly id: string; readonly dropFolder: string; readonly fileName: string },
): Promise<string[]> {
  const refused = await db
    .selectFrom("alerts")
    .innerJoin("documents", "documents.document_id", "alerts.subject")
    .select(["document_id", "drop_folder", "file_name", "taken_at", "answer"])
    .where("alerts.code", "=", "DOCUMENT_REFUSED")
    .where("alerts.resolved_at", "is", null)
    .where("documents.drop_folder", "=", document.dropFolder)
    .where("documents.document_id", "!=", document.id)
    .execute();
  const mended: string[] = [];
  for (const row of refused) {
    const isMended = row.file_name === document.fileName || (await isTakenSince(db, row));
    if (isMended) mended.push(row.document_id);
  }
  return mended;
}

/**
 * Does a document stand for what an earlier one described in vain? It has its name, or all those requests have
 * been taken since; also if the earlier one is no longer kept.
 *
 * @param described as the earlier document's results have it
 */
export async function isDescribedAnew(
  db: Queries,
  earlier: { readonly documentId: string; readonly described: string },
  fileName: string,
): Promise<boolean> {
  const row = await db
    .selectFrom("documents")
    .select(["drop_folder", "file_name", "taken_at", "answer"])
    .where("document_id", "=", earlier.documentId)
    .executeTakeFirst();
  if (!row || row.file_name === fileName) return true;
  return isTakenSince(db, row, earlier.described);
}

async function isTakenSince(
  db: Queries,
  { drop_folder, answer, taken_at }: Pick<DocumentRow, "drop_folder" | "answer" | "taken_at">,
  only?: string,
): Promise<boolean> {
  const { results = [] } = (JSON.parse(answer ?? "{}") as Kept).answer ?? {};
  const refused = results.filter(
    ({ outcome, described }) => outcome === "refused" && (only === undefined || described === only),
  );
  const references = refused.flatMap(({ sourceReference }) => sourceReference ?? []);
  if (references.length === 0 || references.length < refused.length) return false;
  for (const reference of references) {
    const decided = await db
      .selectFrom("decisions")
      .select("document_id")
      .where("drop_folder", "=", drop_folder)
      .where("source_reference", "=", reference)
      .where("decided_at", ">=", taken_at)
      .executeTakeFirst();
    if (decided === undefined) return false;
  }
  return true;
}
