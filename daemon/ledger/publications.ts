/** Folders that are finished but hidden, until one rename shows them (PROTOCOL 9); and those that are recalled. */
import type { MessageId } from "../ids.ts";
import type { PublishedWhat } from "../transfer/effects.ts";
import type { ToldSections } from "../transfer/sections.ts";
import type { Ledger, LedgerTransaction, Queries } from "./connect.ts";
import type { PublicationRow, PublicationState } from "./tables.ts";
import type { TransferKey } from "./transfers.ts";

/** A folder that stands finished beside the place where people will see it. */
export interface Publication {
  readonly publicationId: string;
  readonly transfer: TransferKey;
  readonly hiddenPath: string;
  readonly finalPath: string;
  readonly what: PublishedWhat;
  /** Of the release, or of the recall, that it shows. */
  readonly messageId: MessageId | null;
  /** What a record says of each section. */
  readonly told: ToldSections | null;
}

/** Write down that the folder is to be shown, in the transaction of what it shows. */
export async function addPublication(
  db: LedgerTransaction,
  { publicationId, transfer, hiddenPath, finalPath, what, messageId, told }: Publication,
  at: Date,
): Promise<void> {
  await db
    .insertInto("publications")
    .values({
      publication_id: publicationId,
      requester_id: transfer.requesterId,
      transfer_id: transfer.transferId,
      hidden_path: hiddenPath,
      final_path: finalPath,
      state: "READY",
      created_at: at.toISOString(),
      what,
      message_id: messageId,
      recalled_by: null,
      told: told && JSON.stringify(told),
    })
    .execute();
}

const publicationsIn = (db: Queries, state: PublicationState): Promise<PublicationRow[]> =>
  db
    .selectFrom("publications")
    .selectAll()
    .where("state", "=", state)
    .orderBy("publication_id")
    .execute();

/** What is to be shown, oldest first. */
export const readyPublications = (db: Queries): Promise<PublicationRow[]> =>
  publicationsIn(db, "READY");

/** What is to be moved into the quarantine, oldest first. */
export const recalledPublications = (db: Queries): Promise<PublicationRow[]> =>
  publicationsIn(db, "RECALLED");

/** Every folder of one transfer, oldest first. */
export const publicationsOf = (
  db: Queries,
  { requesterId, transferId }: TransferKey,
): Promise<PublicationRow[]> =>
  db
    .selectFrom("publications")
    .selectAll()
    .where("requester_id", "=", requesterId)
    .where("transfer_id", "=", transferId)
    .orderBy("publication_id")
    .execute();

/** What a record that came before says, and in which folder people have it. */
export interface EarlierRecord {
  readonly path: string;
  /** `null` if an older packetboat made the folder. */
  readonly told: ToldSections | null;
}

/** The records of a transfer that came and were not recalled, oldest first. */
export async function earlierRecords(db: Queries, key: TransferKey): Promise<EarlierRecord[]> {
  const rows = await publicationsOf(db, key);
  return rows
    .filter(({ what }) => what === "record" || what === null)
    .filter(({ state }) => state === "READY" || state === "PUBLISHED")
    .map(({ final_path: path, told }) => ({
      path,
      told: told === null ? null : (JSON.parse(told) as ToldSections),
    }));
}

/** Where folders wait hidden that are still to be shown, or to be moved into the quarantine. */
export async function hiddenPromised(db: Queries): Promise<Set<string>> {
  const promised = [...(await readyPublications(db)), ...(await recalledPublications(db))];
  return new Set(promised.map(({ hidden_path }) => hidden_path));
}

/** They are there for people to see; from now on they are theirs. @param shown where each of them stands */
export async function markPublished(
  ledger: Ledger,
  shown: readonly { readonly publicationId: string; readonly path: string }[],
): Promise<void> {
  if (shown.length === 0) return;
  await ledger.transaction().execute(async (db) => {
    for (const { publicationId, path } of shown) {
      await db
        .updateTable("publications")
        .set({ state: "PUBLISHED", final_path: path })
        .where("publication_id", "=", publicationId)
        // A recall may have been quicker.
        .where("state", "=", "READY")
        .execute();
    }
  });
}

/**
 * The folders of recalled releases are to be taken away, whether they were shown or not; in the
 * transaction of the recall. Of what an older packetboat made it is not known which release it shows:
 * that is seen when it is looked for.
 */
export async function recallPublications(
  db: LedgerTransaction,
  { requesterId, transferId }: TransferKey,
  { by, releases }: { readonly by: MessageId; readonly releases: readonly MessageId[] },
): Promise<void> {
  await db
    .updateTable("publications")
    .set({ state: "RECALLED", recalled_by: by })
    .where("requester_id", "=", requesterId)
    .where("transfer_id", "=", transferId)
    .where("state", "in", ["READY", "PUBLISHED"])
    .where((eb) => eb.or([eb("message_id", "in", releases), eb("what", "is", null)]))
    .execute();
}

/** What became of a folder that was recalled. */
export async function settleRecalled(
  db: Queries,
  publicationId: string,
  state: Exclude<PublicationState, "READY" | "RECALLED">,
): Promise<void> {
  await db
    .updateTable("publications")
    .set({ state })
    .where("publication_id", "=", publicationId)
    .execute();
}
