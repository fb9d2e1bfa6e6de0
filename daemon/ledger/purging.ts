/**
 * What retention may delete, and deleting it (PROTOCOL 9). Rows that say which packets, messages and
 * decisions there were stay: they name nobody, and keep anything from being done twice. So do transfers,
 * their history, the audit and the register of disclosures.
 */
import { referenceOf, showReference } from "../ids.ts";
import { sql } from "kysely";
import type { ReleaseStanding, Side, TransferState } from "../transfer/effects.ts";
import { addAudit } from "./audit.ts";
import type { Ledger, LedgerTransaction, Queries } from "./connect.ts";
import type { DocumentRow, RunRow, Time, TransferRow } from "./tables.ts";
import type { TransferKey } from "./transfers.ts";

/** Senders keep messages that long after the receipt, to send them again if a reader was restored (PROTOCOL 7). */
export const LEAST_SENT_DAYS = 45;
/** Seen packets are answered with the same receipt until so long after they expired (PROTOCOL 4). */
const SEEN_DAYS = 30;
const DAY_MS = 86_400_000;

export const daysBefore = (at: Date, days: number): Date => new Date(at.getTime() - days * DAY_MS);

/** A transfer that has come to its end, of which something is still kept. */
export interface PastTransfer extends TransferKey {
  readonly reference: TransferRow["reference"];
  readonly side: Side;
  readonly version: number;
  readonly dropFolder: string | null;
  readonly endedAt: Date;
  /** Records came, and all of them were recalled. */
  readonly isRecalled: boolean;
  /** Folders that were shown, whole paths. */
  readonly folders: readonly string[];
}

/** Nobody waits for anything. Released by paper has no end of its own but the request's. */
const ENDED: Readonly<Record<Side, readonly TransferState[]>> = {
  requester: ["Imported", "Rejected", "NoRecord", "MultipleMatch", "Canceled", "Expired"],
  releaser: [
    "Delivered",
    "Imported",
    "Rejected",
    "NoRecord",
    "MultipleMatch",
    "Canceled",
    "Expired",
  ],
  entity: [
    "Released",
    "Delivered",
    "Imported",
    "Rejected",
    "NoRecord",
    "MultipleMatch",
    "Canceled",
    "Recalled",
    "Expired",
  ],
};

/**
 * Transfers whose end lies before a time, the longest ago first. None of which a message still waits, or
 * was answered less than 45 days ago.
 */
export async function pastTransfers(
  db: Queries,
  side: Side,
  { at, before }: { readonly at: Date; readonly before: Date },
): Promise<PastTransfer[]> {
  const answeredBefore = daysBefore(at, LEAST_SENT_DAYS).toISOString();
  const rows = await db
    .selectFrom("transfers")
    .selectAll("transfers")
    .select((eb) =>
      eb
        .selectFrom("transfer_events")
        .select(({ fn }) => fn.max("transfer_events.at").as("at"))
        .whereRef("transfer_events.requester_id", "=", "transfers.requester_id")
        .whereRef("transfer_events.transfer_id", "=", "transfers.transfer_id")
        .as("ended_at"),
    )
    .where("side", "=", side)
    .where((eb) =>
      eb.or([
        eb("state", "in", ENDED[side]),
        eb.and([
          eb("state", "=", "Released"),
          eb(eb.val(side), "=", "releaser"),
          eb("expires_at", "<=", at.toISOString()),
        ]),
      ]),
    )
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("messages_out")
            .select("messages_out.message_id")
            .whereRef("messages_out.requester_id", "=", "transfers.requester_id")
            .whereRef("messages_out.transfer_id", "=", "transfers.transfer_id")
            .where((of) =>
              of.or([
                of("messages_out.state", "in", ["WAITING", "ENCLOSED"]),
                // What is never receipted stays packed for ever: then its packet tells.
                of.and([
                  of("messages_out.state", "=", "PACKED"),
                  of.not(of("messages_out.packet_id", "in", packetsDoneWith(db))),
                ]),
                of("messages_out.answered_at", ">", answeredBefore),
              ]),
            ),
        ),
      ),
    )
    .where((eb) =>
      eb.or([
        eb.exists(
          eb
            .selectFrom("content")
            .select("content.content_id")
            .whereRef("content.content_id", "=", "transfers.request_content_id"),
        ),
        eb.exists(
          eb
            .selectFrom("publications")
            .select("publications.publication_id")
            .whereRef("publications.requester_id", "=", "transfers.requester_id")
            .whereRef("publications.transfer_id", "=", "transfers.transfer_id")
            .where("publications.state", "not in", SET_ASIDE),
        ),
      ]),
    )
    .orderBy("ended_at")
    .execute();
  const past = rows.filter((row) => endOf(row) <= before);
  const shown = await foldersOf(db, past);
  return past.map((row) => ({
    requesterId: row.requester_id,
    transferId: row.transfer_id,
    reference: row.reference,
    side: row.side,
    version: row.version,
    dropFolder: row.drop_folder,
    endedAt: endOf(row),
    isRecalled: areRecalled(JSON.parse(row.releases) as ReleaseStanding[]),
    folders: shown.get(`${row.requester_id}/${row.transfer_id}`) ?? [],
  }));
}

/** Packets that are answered, or have left and need no answer: they are never sent again. */
const packetsDoneWith = (db: Queries) =>
  db
    .selectFrom("packets_out")
    .select("packets_out.packet_id")
    .where((eb) =>
      eb.or([
        eb("packets_out.state", "in", ["ACKED", "REFUSED"]),
        eb.and([eb("packets_out.state", "=", "SENT"), eb("packets_out.receipt_due", "=", 0)]),
      ]),
    );

/** Its last event, or the day until which more was promised. */
function endOf(row: { ended_at: Time | null; requested_at: Time; expected_until: string | null }) {
  const last = new Date(row.ended_at ?? row.requested_at);
  const promised = new Date(`${row.expected_until ?? "1970-01-01"}T23:59:59Z`);
  return promised > last ? promised : last;
}

const areRecalled = (releases: readonly ReleaseStanding[]): boolean =>
  releases.length > 0 && releases.every(({ standing }) => standing === "recalled");

async function foldersOf(
  db: Queries,
  transfers: readonly Pick<TransferRow, "requester_id" | "transfer_id">[],
): Promise<Map<string, string[]>> {
  const folders = new Map<string, string[]>();
  for (const batch of batches(transfers)) {
    const rows = await db
      .selectFrom("publications")
      .select(["requester_id", "transfer_id", "final_path"])
      .where(
        "transfer_id",
        "in",
        batch.map(({ transfer_id }) => transfer_id),
      )
      .execute();
    for (const { requester_id, transfer_id, final_path } of rows) {
      const key = `${requester_id}/${transfer_id}`;
      folders.set(key, [...(folders.get(key) ?? []), final_path]);
    }
  }
  return folders;
}

/** Recalled records have a time of their own, and are found by their row. */
const SET_ASIDE = ["RECALLED", "QUARANTINED"] as const;

/** Rows that a query can name at once. */
const BATCH = 200;

function* batches<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let index = 0; index < all.length; index += BATCH) yield all.slice(index, index + BATCH);
}

/**
 * Delete what was said about a transfer, and about whom; its folders are gone already.
 *
 * @param isLeft a folder of it must stay, and with it the rows that know of folders
 * @returns how many contents went; `null` if anything has happened to the transfer since it was read
 */
export async function purgeTransfer(
  db: LedgerTransaction,
  { requesterId, transferId, version }: PastTransfer,
  { at, isLeft }: { readonly at: Date; readonly isLeft: boolean },
): Promise<number | null> {
  const transfer = await db
    .selectFrom("transfers")
    .select(["request_content_id", "referral_content_id", "answer_content_id", "version"])
    .where("requester_id", "=", requesterId)
    .where("transfer_id", "=", transferId)
    .executeTakeFirst();
  if (transfer?.version !== version) return null;
  const messages = await messagesOf(db, { requesterId, transferId });
  const ids = messages.map(({ content_id }) => content_id);
  let deleted = 0;
  const { request_content_id: request, referral_content_id, answer_content_id } = transfer;
  const others = [referral_content_id, answer_content_id].filter((id) => id !== null);
  for (const batch of batches([request, ...others, ...ids])) {
    deleted += await deleteContents(db, batch);
  }
  for (const batch of batches(messages)) {
    const messageIds = batch.map(({ message_id }) => message_id);
    // People name documents after students.
    await db.deleteFrom("attachments_out").where("message_id", "in", messageIds).execute();
  }
  if (!isLeft) {
    await db
      .deleteFrom("publications")
      .where("requester_id", "=", requesterId)
      .where("transfer_id", "=", transferId)
      .where("state", "not in", SET_ASIDE)
      .execute();
    // People name case folders after students.
    await db
      .deleteFrom("cases")
      .where("requester_id", "=", requesterId)
      .where("transfer_id", "=", transferId)
      .execute();
    const folders = `%/${showReference(referenceOf(transferId))}%`;
    await db.deleteFrom("imports").where("path", "like", folders).execute();
  }
  if (deleted === 0 && isLeft) return 0;
  await addAudit(db, { at: at.toISOString(), event: "purged", subject: transferId });
  return deleted;
}

const messagesOf = (db: Queries, { requesterId, transferId }: TransferKey) =>
  db
    .selectFrom("messages_out")
    .select(["message_id", "content_id"])
    .where("requester_id", "=", requesterId)
    .where("transfer_id", "=", transferId)
    .execute();

/** How many contents would go with a transfer. */
export async function contentsOf(db: Queries, transfer: PastTransfer): Promise<number> {
  const messages = await messagesOf(db, transfer);
  const own = (column: "request_content_id" | "referral_content_id" | "answer_content_id") =>
    db
      .selectFrom("transfers")
      .select(sql<string>`coalesce(${sql.ref(column)}, '')`.as("id"))
      .where("requester_id", "=", transfer.requesterId)
      .where("transfer_id", "=", transfer.transferId);
  const { contents } = await db
    .selectFrom("content")
    .select(({ fn }) => fn.countAll<number>().as("contents"))
    .where((eb) =>
      eb.or([
        eb(
          "content_id",
          "in",
          messages.map(({ content_id }) => content_id),
        ),
        eb("content_id", "in", own("request_content_id")),
        eb("content_id", "in", own("referral_content_id")),
        eb("content_id", "in", own("answer_content_id")),
      ]),
    )
    .executeTakeFirstOrThrow();
  return contents;
}

async function deleteContents(db: LedgerTransaction, ids: readonly string[]): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom("content")
    .where("content_id", "in", ids)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** Contents to which a row of a transfer points, as long as nothing newer has replaced them. */
const OF_TRANSFERS = [
  ["request", "request_content_id"],
  ["referral", "referral_content_id"],
  ["answer", "answer_content_id"],
] as const;

/**
 * Contents that belong to no transfer: requests that a newer version has replaced, receipts that nobody
 * can be given again, test packets.
 */
export const looseContents = async (
  db: Queries,
  { at, before }: { readonly at: Date; readonly before: Date },
): Promise<string[]> => {
  const seenUntil = daysBefore(at, SEEN_DAYS).toISOString();
  const replaced: { content_id: string }[] = [];
  for (const [kind, column] of OF_TRANSFERS) {
    const rows = await db
      .selectFrom("content")
      .select("content_id")
      .where("kind", "=", kind)
      .where("created_at", "<=", before.toISOString())
      .where("content_id", "not in", (eb) =>
        eb.selectFrom("transfers").select(sql<string>`coalesce(${sql.ref(column)}, '')`.as("id")),
      )
      .execute();
    replaced.push(...rows);
  }
  const said = await db
    .selectFrom("messages_out")
    .innerJoin("content", "content.content_id", "messages_out.content_id")
    .select("content.content_id")
    .where("messages_out.transfer_id", "is", null)
    .where("messages_out.created_at", "<=", before.toISOString())
    .where("messages_out.packet_id", "in", packetsDoneWith(db))
    .where("content.content_id", "not in", (eb) =>
      eb
        .selectFrom("packets_seen")
        .select(sql<string>`coalesce(receipt_content_id, '')`.as("id"))
        .where("expires_at", ">", seenUntil),
    )
    .execute();
  return [...replaced, ...said].map(({ content_id }) => content_id);
};

/** Delete contents that belong to no transfer. */
export async function deleteLoose(ledger: Ledger, ids: readonly string[]): Promise<void> {
  for (const batch of batches(ids)) {
    await ledger.transaction().execute((db) => deleteContents(db, batch));
  }
}

/** Documents from outboxes that were answered before a time, oldest first. */
export const pastDocuments = (db: Queries, before: Date): Promise<DocumentRow[]> =>
  db
    .selectFrom("documents")
    .selectAll()
    .where("state", "in", ["ANSWERED", "KNOWN", "REFUSED"])
    .where("taken_at", "<=", before.toISOString())
    .orderBy("document_id")
    .execute();

/**
 * Forget a document. That its decisions were carried out is remembered by their digests alone: a list
 * that is dropped every night must not be taken for a new one after all that time.
 */
export async function forgetDocument(ledger: Ledger, documentId: string): Promise<void> {
  await ledger.transaction().execute(async (db) => {
    const decisions = await db
      .selectFrom("decisions")
      .select(["number", "outcome", "source_reference"])
      .where("document_id", "=", documentId)
      .execute();
    for (const { number, outcome, source_reference } of decisions) {
      const told = { ...(JSON.parse(outcome) as object), sourceReference: null };
      await db
        .updateTable("decisions")
        .set({
          outcome: JSON.stringify(told),
          source_reference: source_reference === null ? null : "",
        })
        .where("document_id", "=", documentId)
        .where("number", "=", number)
        .execute();
    }
    await db.deleteFrom("documents").where("document_id", "=", documentId).execute();
  });
}

/** Exchanges that ended before a time; never the last one. */
export const pastExchanges = (db: Queries, before: Date): Promise<RunRow[]> =>
  db
    .selectFrom("runs")
    .selectAll()
    .where("ended_at", "<=", before.toISOString())
    .where("run_id", "not in", (eb) =>
      eb
        .selectFrom("runs")
        .select(({ fn }) => fn.max("run_id").as("run_id"))
        .groupBy("scope"),
    )
    .orderBy("run_id")
    .execute();

export async function forgetExchange(ledger: Ledger, runId: string): Promise<void> {
  await ledger.deleteFrom("runs").where("run_id", "=", runId).execute();
}

/** How many alerts were closed before a time. */
export async function pastAlerts(db: Queries, before: Time): Promise<number> {
  const { alerts } = await db
    .selectFrom("alerts")
    .select(({ fn }) => fn.countAll<number>().as("alerts"))
    .where("resolved_at", "<=", before)
    .executeTakeFirstOrThrow();
  return alerts;
}

export async function forgetAlerts(ledger: Ledger, before: Time): Promise<void> {
  await ledger.deleteFrom("alerts").where("resolved_at", "<=", before).execute();
}

/** Forget files for other states that were moved on, taken away or discarded before a time. */
export async function forgetRelays(ledger: Ledger, before: Date): Promise<void> {
  await ledger
    .deleteFrom("relays")
    .where((eb) =>
      eb.or([
        eb("state", "in", ["MOVED", "GONE"]),
        // One that still lies in the box would be taken for a new one.
        eb.and([
          eb("state", "=", "REFUSED"),
          eb("code", "is", null),
          eb("removed_from_box", "=", 1),
        ]),
      ]),
    )
    .where("ended_at", "<=", before.toISOString())
    .execute();
}
