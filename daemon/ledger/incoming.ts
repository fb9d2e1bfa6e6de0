/** The way in, as rows: files claimed in our box, packets and messages taken, and what each was answered. */
import { sql } from "kysely";
import { PacketboatError } from "../errors.ts";
import {
  type AgencyId,
  type MessageId,
  newLocalId,
  type PacketId,
  type Sha256,
  type StreamId,
} from "../ids.ts";
import type { Ledger, LedgerTransaction, Queries } from "./connect.ts";
import type {
  AttachmentInRow,
  MessageInRow,
  PacketInRow,
  PacketInState,
  PacketSeenRow,
} from "./tables.ts";

/** A file as it was listed in our box. */
export interface ListedFile {
  readonly name: string;
  readonly size: number;
  readonly modifiedAt: Date;
  /** Numeric id of the account that left it, where the server says so. */
  readonly owner?: number;
}

/** What became of one message of a packet. */
export interface Outcome {
  readonly position: number;
  readonly kind: string;
  readonly messageId: MessageId | null;
  readonly sha256: Sha256;
  readonly state: MessageInRow["state"];
  readonly code: string | null;
  readonly reason: string | null;
}

/** The claims on listed files, made now where there are none: one row for each file, whatever happens. */
export async function claimFiles(
  db: LedgerTransaction,
  files: readonly ListedFile[],
  at: Date,
): Promise<PacketInRow[]> {
  const claims: PacketInRow[] = [];
  for (const file of files) claims.push(await claimFile(db, file, at));
  return claims;
}

/** The claim on one listed file. */
export async function claimFile(db: Queries, file: ListedFile, at: Date): Promise<PacketInRow> {
  const modified_at = file.modifiedAt.toISOString();
  const owner = file.owner ?? null;
  await db
    .insertInto("packets_in")
    .values({
      claim_id: newLocalId(),
      file_name: file.name,
      size: file.size,
      modified_at,
      owner,
      state: "CLAIMED",
      claimed_at: at.toISOString(),
      sealed_sha256: null,
      deaths: 0,
      waiting_until: null,
      from_agency: null,
      packet_id: null,
      messages_digest: null,
      stream: null,
      sequence: null,
      code: null,
      reason: null,
      receipted_at: null,
      removed_from_box: 0,
    })
    // Another may have laid a file of that name and time in the place of one that is gone.
    .onConflict((conflict) =>
      conflict.columns(["file_name", "size", "modified_at"]).doUpdateSet({ owner }),
    )
    .execute();
  return db
    .selectFrom("packets_in")
    .selectAll()
    .where("file_name", "=", file.name)
    .where("size", "=", file.size)
    .where("modified_at", "=", modified_at)
    .executeTakeFirstOrThrow();
}

/** Claims in these states, in the order in which they were made. */
export const claimsIn = (db: Queries, states: readonly PacketInState[]): Promise<PacketInRow[]> =>
  db
    .selectFrom("packets_in")
    .selectAll()
    .where("state", "in", states)
    .orderBy("claim_id")
    .execute();

/**
 * Claims whose file is done with here and may still lie in the box. What was refused without being
 * fetched stays there: it is the only copy.
 */
export const claimsToRemove = (db: Queries): Promise<PacketInRow[]> =>
  db
    .selectFrom("packets_in")
    .selectAll()
    .where("state", "in", ["RECORDED", "QUARANTINED"])
    .where("removed_from_box", "=", 0)
    .where((eb) => eb.or([eb("code", "is", null), eb("sealed_sha256", "is not", null)]))
    .orderBy("claim_id")
    .execute();

/**
 * Claims that may still ask for attachments, with each that they are known to name: those in hand, and those that were
 * refused and not answered, which a person may have looked at again.
 */
export const claimsNotClosed = (db: Queries) =>
  db
    .selectFrom("packets_in")
    .leftJoin("attachments_in", "attachments_in.claim_id", "packets_in.claim_id")
    .select(["packets_in.claim_id", "file_name", "owner", "state", "from_agency", "sealed_name"])
    .where((eb) =>
      eb.or([
        eb("state", "in", ["CLAIMED", "FETCHED", "WAITING"]),
        eb.and([eb("state", "=", "QUARANTINED"), eb("receipted_at", "is", null)]),
      ]),
    )
    .execute();

/** Change what is known of a claim. */
export async function updateClaim(
  db: Queries,
  claimId: string,
  changes: Partial<Omit<PacketInRow, "claim_id" | "deaths">>,
): Promise<void> {
  await db.updateTable("packets_in").set(changes).where("claim_id", "=", claimId).execute();
}

/** Count before the work begins: if the process dies of it, the count stands (TRUST F31). */
export async function countDeath(ledger: Ledger, claimId: string): Promise<number> {
  const row = await ledger
    .updateTable("packets_in")
    .set((eb) => ({ deaths: eb("deaths", "+", 1) }))
    .where("claim_id", "=", claimId)
    .returning("deaths")
    .executeTakeFirstOrThrow();
  return row.deaths;
}

/** The work ended, well or not, and the process lived. */
export async function forgetDeaths(ledger: Ledger, claimId: string): Promise<void> {
  await ledger
    .updateTable("packets_in")
    .set({ deaths: 0 })
    .where("claim_id", "=", claimId)
    .execute();
}

/** Was the sender of these very bytes told of their refusal since then? */
export async function isRefusalGiven(
  db: Queries,
  sealedSha256: Sha256,
  since: Date,
): Promise<boolean> {
  const row = await db
    .selectFrom("packets_in")
    .select("claim_id")
    .where("sealed_sha256", "=", sealedSha256)
    .where("state", "=", "QUARANTINED")
    .where("receipted_at", ">", since.toISOString())
    .executeTakeFirst();
  return row !== undefined;
}

/** The packet of this id that was taken from this agency before, or `null`. */
export async function findSeen(
  db: Queries,
  from: AgencyId,
  packetId: PacketId,
): Promise<PacketSeenRow | null> {
  const row = await db
    .selectFrom("packets_seen")
    .selectAll()
    .where("from_agency", "=", from)
    .where("packet_id", "=", packetId)
    .executeTakeFirst();
  return row ?? null;
}

/** Remember a packet, and the receipt it was given. */
export async function addSeen(db: LedgerTransaction, seen: PacketSeenRow): Promise<void> {
  await db.insertInto("packets_seen").values(seen).execute();
}

/** When the receipt of a packet was last given. */
export async function markReceiptSent(
  db: LedgerTransaction,
  from: AgencyId,
  packetId: PacketId,
  at: Date,
): Promise<void> {
  await db
    .updateTable("packets_seen")
    .set({ receipt_sent_at: at.toISOString() })
    .where("from_agency", "=", from)
    .where("packet_id", "=", packetId)
    .execute();
}

/** The message of this id that was taken from this agency before, or `null`. */
export async function findMessageIn(
  db: Queries,
  from: AgencyId,
  messageId: MessageId,
): Promise<MessageInRow | null> {
  const row = await db
    .selectFrom("messages_in")
    .selectAll()
    .where("from_agency", "=", from)
    .where("message_id", "=", messageId)
    .executeTakeFirst();
  return row ?? null;
}

export const messageConflict = (id: MessageId): PacketboatError =>
  new PacketboatError("MESSAGE_CONFLICT", `message ${id} came before, and said something else`);

/**
 * What became of one message.
 *
 * @throws PacketboatError MESSAGE_CONFLICT if another message is known by its id
 */
export async function addMessageIn(db: LedgerTransaction, row: MessageInRow): Promise<void> {
  const added = await db
    .insertInto("messages_in")
    .values(row)
    .onConflict((conflict) => {
      const { from_agency: _from, message_id: _id, ...outcome } = row;
      return conflict
        .columns(["from_agency", "message_id"])
        .doUpdateSet(outcome)
        .where("messages_in.sha256", "=", row.sha256);
    })
    .executeTakeFirst();
  if ((added.numInsertedOrUpdatedRows ?? 0n) > 0n) return;
  throw messageConflict(row.message_id);
}

/** Remember that a number has come. @returns `false` if another packet came under this number */
export async function addSequence(
  db: LedgerTransaction,
  number: { from: AgencyId; stream: StreamId; sequence: number; claimId: string },
): Promise<boolean> {
  const result = await db
    .insertInto("sequences_in")
    .values({
      from_agency: number.from,
      stream: number.stream,
      sequence: number.sequence,
      claim_id: number.claimId,
    })
    .onConflict((conflict) => conflict.columns(["from_agency", "stream", "sequence"]).doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** The attachments fetched for a claim. */
export const attachmentsIn = (db: Queries, claimId: string): Promise<AttachmentInRow[]> =>
  db.selectFrom("attachments_in").selectAll().where("claim_id", "=", claimId).execute();

/** Where opened documents lie that packets in these states brought. */
export async function documentsStaged(
  db: Queries,
  states: readonly PacketInState[],
): Promise<string[]> {
  const rows = await db
    .selectFrom("attachments_in")
    .innerJoin("packets_in", "packets_in.claim_id", "attachments_in.claim_id")
    .select("staged_path")
    .where("packets_in.state", "in", states)
    .execute();
  return rows.flatMap(({ staged_path }) => staged_path ?? []);
}

/** An attachment has been fetched, opened and checked. */
export async function addAttachmentIn(
  ledger: Ledger,
  attachment: { claimId: string; sealedName: string; stagedPath: string; said: string },
): Promise<void> {
  await ledger
    .insertInto("attachments_in")
    .values({
      claim_id: attachment.claimId,
      sealed_name: attachment.sealedName,
      staged_path: attachment.stagedPath,
      said: attachment.said,
    })
    .onConflict((conflict) =>
      conflict.columns(["claim_id", "sealed_name"]).doUpdateSet({
        staged_path: attachment.stagedPath,
        said: attachment.said,
      }),
    )
    .execute();
}

/** A packet names attachments, whatever will become of them: all of them at once, however many they are. */
export async function noteAttachmentsIn(
  ledger: Ledger,
  claimId: string,
  sealedNames: readonly string[],
): Promise<void> {
  const names = JSON.stringify(sealedNames);
  await sql`
    INSERT INTO attachments_in (claim_id, sealed_name)
    SELECT ${claimId}, value FROM json_each(${names}) WHERE true
    ON CONFLICT (claim_id, sealed_name) DO NOTHING`.execute(ledger);
}

/** A claim's attachments have left the box. */
export async function forgetAttachments(db: Queries, claimId: string): Promise<void> {
  await db.deleteFrom("attachments_in").where("claim_id", "=", claimId).execute();
}
