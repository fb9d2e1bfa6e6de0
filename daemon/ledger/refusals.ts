/** Documents that came back to `refused/`, and whether what was wrong with them has been mended since. */
import type { Queries } from "./connect.ts";
import type { DocumentRow } from "./tables.ts";

/** What is read of an answer that was kept. */
interface Kept {
  readonly answer?: {
    readonly results?: readonly {
      readonly outcome: string;
      readonly sourceReference: string | null;
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

async function isTakenSince(
  db: Queries,
  { drop_folder, answer, taken_at }: Pick<DocumentRow, "drop_folder" | "answer" | "taken_at">,
): Promise<boolean> {
  const { results = [] } = (JSON.parse(answer ?? "{}") as Kept).answer ?? {};
  const refused = results.filter(({ outcome }) => outcome === "refused");
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
