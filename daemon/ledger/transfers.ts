/** Transfers, as the rules see them, and their history. */
import { sql, type Selectable } from "kysely";
import { PacketboatError } from "../errors.ts";
import {
  parseReference,
  referenceOf,
  type AgencyId,
  type Reference,
  type TransferId,
} from "../ids.ts";
import type { ReleaseStanding, Side, Transfer, TransferState } from "../transfer/effects.ts";
import type { LedgerTransaction, Queries } from "./connect.ts";
import { oneOf, longList, numberIn } from "./pages.ts";
import type { Time, TransferEventRow, TransferRow } from "./tables.ts";

/** A transfer's key (PROTOCOL 2): knowing a TransferId alone names nothing. */
export interface TransferKey {
  readonly requesterId: AgencyId;
  readonly transferId: TransferId;
}

/** A transfer as it was read, with what a writer must hand back. */
export interface StoredTransfer {
  readonly transfer: Transfer;
  readonly version: number;
  readonly requestContentId: string;
  readonly school: string | null;
  /** Where people see it. */
  readonly dropFolder: string | null;
  /** What the entity sent about it. */
  readonly referralContentId: string | null;
  /** The other side's last answer in words. */
  readonly answerContentId: string | null;
}

/** The transfer of this key, or `null`. */
export async function findTransfer(db: Queries, key: TransferKey): Promise<StoredTransfer | null> {
  const row = await db
    .selectFrom("transfers")
    .selectAll()
    .where("requester_id", "=", key.requesterId)
    .where("transfer_id", "=", key.transferId)
    .executeTakeFirst();
  return row ? stored(row) : null;
}

/**
 * Does another transfer go by this id, or, where people decide by it, by this reference? Whoever asks makes both up, and
 * people could not tell the two apart. By chance it is one of ten million requests, where there are a hundred thousand.
 */
export async function isReferenceOfAnother(db: Queries, key: TransferKey): Promise<boolean> {
  const rows = await db
    .selectFrom("transfers")
    .select(["requester_id", "transfer_id", "side"])
    // An id has one reference, and references have an index.
    .where("reference", "=", referenceOf(key.transferId))
    .execute();
  return rows.some(({ requester_id: requester, transfer_id: id, side }) =>
    id === key.transferId ? requester !== key.requesterId : side !== "entity",
  );
}

/**
 * The transfer people mean: by its reference as they write it, or by its whole TransferId.
 *
 * @throws PacketboatError ID_INVALID, TRANSFER_UNKNOWN; TRANSFER_AMBIGUOUS if two have this reference
 */
export async function transferNamed(db: Queries, name: string): Promise<StoredTransfer> {
  const query = db.selectFrom("transfers").selectAll();
  const rows = /^[0-9a-f]{8}-/.test(name)
    ? await query.where("transfer_id", "=", name as TransferId).execute()
    : await query.where("reference", "=", parseReference(name)).execute();
  const [row, another] = rows;
  if (!row) throw new PacketboatError("TRANSFER_UNKNOWN", `there is no transfer ${name}`);
  if (another) {
    const ids = rows.map((each) => each.transfer_id).join(", ");
    throw new PacketboatError("TRANSFER_AMBIGUOUS", `${name} may mean any of: ${ids}`);
  }
  return stored(row);
}

/** Filters of `transfers list`. */
export interface TransferFilter {
  readonly state?: TransferState;
  readonly school?: string;
  readonly since?: Time;
  readonly side?: Side;
}

/** Transfers, newest request first. */
export async function listTransfers(db: Queries, filter: TransferFilter): Promise<TransferRow[]> {
  let query = db.selectFrom("transfers").selectAll().orderBy("requested_at", "desc");
  if (filter.state) query = query.where("state", "=", filter.state);
  if (filter.school) query = query.where("school", "=", filter.school);
  if (filter.since) query = query.where("requested_at", ">=", filter.since);
  if (filter.side) query = query.where("side", "=", filter.side);
  return query.execute();
}

/** What still may expire: somebody waits for somebody, or for paper; a hold is over on its day. */
const OPEN = [
  "Requested",
  "Forwarded",
  "RequestReceived",
  "OnHold",
  "ReleasePending",
  "Released",
  "Recalled",
] as const;

/** Transfers to which time may do something by now, whose request or hold is over; oldest request first. */
export async function transfersDue(db: Queries, at: Date): Promise<TransferKey[]> {
  const now = at.toISOString();
  const rows = await db
    .selectFrom("transfers")
    .select(["requester_id", "transfer_id"])
    .where("state", "in", OPEN)
    .where((eb) => eb.or([eb("expires_at", "<=", now), eb("hold_until", "<=", now.slice(0, 10))]))
    .orderBy("requested_at")
    .execute();
  return rows.map((row) => ({ requesterId: row.requester_id, transferId: row.transfer_id }));
}

/** A transfer whose request has no answer yet. */
export interface Unanswered {
  readonly transfer: TransferKey;
  readonly partnerId: AgencyId;
  readonly side: Side;
  readonly requestedAt: Date;
  /** At the releaser: it has the request on its desk; at the entity: it was passed on. Else as `requestedAt`. */
  readonly arrivedAt: Date;
  readonly state: TransferState;
  /** Of the request as it was asked. */
  readonly contentId: string;
  readonly isOnPaper: boolean;
  /** The request seems to name an ExpediteReason: it is to be read for that. */
  readonly isHastened: boolean;
}

const HASTENED = Buffer.from("<ExpediteReason>");

/** A hold is an answer; when it is over is the transfer's own rule. */
export async function* transfersUnanswered(db: Queries): AsyncGenerator<Unanswered> {
  const numbers = unanswered(db).select(numberIn("transfers").as("number")).orderBy("requested_at");
  const all = await longList(numbers, async (these) => {
    const rows = await unansweredRows(db)
      .where(numberIn("transfers"), "in", these)
      .orderBy("requested_at")
      .execute();
    return rows.map(unansweredOf);
  });
  for await (const page of all.pages()) yield* page;
}

/** The newest of them. */
export async function newestUnanswered(db: Queries, limit: number): Promise<Unanswered[]> {
  const newest = unanswered(db)
    .select(numberIn("transfers").as("number"))
    .orderBy("requested_at", "desc")
    .orderBy("transfer_id", "desc")
    .limit(limit);
  const rows = await unansweredRows(db).where(numberIn("transfers"), "in", newest).execute();
  return rows.map(unansweredOf);
}

const unanswered = (db: Queries) =>
  db.selectFrom("transfers").where("state", "in", ["RequestReceived", "Requested", "Forwarded"]);

const unansweredRows = (db: Queries) =>
  unanswered(db)
    .leftJoin("content", "content.content_id", "transfers.request_content_id")
    .select(["requester_id", "transfer_id", "partner_id", "side", "state", "requested_at"])
    .select(["request_content_id", "on_paper"])
    .select((eb) =>
      eb
        .selectFrom("transfer_events")
        .select(({ fn }) => fn.max("transfer_events.at").as("at"))
        .whereRef("transfer_events.requester_id", "=", "transfers.requester_id")
        .whereRef("transfer_events.transfer_id", "=", "transfers.transfer_id")
        .where("transfer_events.event", "in", ["Original", "Resubmission", "Forward"])
        .as("arrived_at"),
    )
    .select(sql<number>`coalesce(instr(content.bytes, ${HASTENED}), 0)`.as("hastened"));

type UnansweredRow = Awaited<
  ReturnType<ReturnType<typeof unansweredRows>["executeTakeFirstOrThrow"]>
>;

const unansweredOf = (row: UnansweredRow): Unanswered => ({
  transfer: { requesterId: row.requester_id, transferId: row.transfer_id },
  partnerId: row.partner_id,
  side: row.side,
  requestedAt: new Date(row.requested_at),
  arrivedAt: new Date(row.arrived_at ?? row.requested_at),
  state: row.state,
  contentId: row.request_content_id,
  isOnPaper: row.on_paper === 1,
  isHastened: row.hastened > 0,
});

/** A request that was never said to be about a flagged student, and whose records have not left. */
export interface NotFlagged {
  readonly transfer: TransferKey;
  readonly agencyId: AgencyId;
  readonly reference: TransferRow["reference"];
  readonly contentId: string;
}

export async function transfersNotFlagged(db: Queries): Promise<NotFlagged[]> {
  const rows = await db
    .selectFrom("transfers")
    .select(["requester_id", "transfer_id", "partner_id", "reference", "request_content_id"])
    .where("side", "=", "releaser")
    .where("state", "in", ["RequestReceived", "OnHold", "ReleasePending"])
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("alerts")
            .select("alerts.alert_id")
            .where("alerts.code", "=", "FLAGGED_STUDENT")
            .whereRef("alerts.requester_id", "=", "transfers.requester_id")
            .whereRef("alerts.transfer_id", "=", "transfers.transfer_id"),
        ),
      ),
    )
    .orderBy("requested_at")
    .execute();
  return rows.map((row) => ({
    transfer: { requesterId: row.requester_id, transferId: row.transfer_id },
    agencyId: row.partner_id,
    reference: row.reference,
    contentId: row.request_content_id,
  }));
}

/** A request that is on hold here, and no day says until when. */
export interface HeldOpenly {
  readonly transfer: TransferKey;
  readonly partnerId: AgencyId;
  /** Since when nobody has done anything about it. */
  readonly since: Date;
}

/** Those that wait for a second person have an alert of their own. */
export async function transfersHeldOpenly(db: Queries): Promise<HeldOpenly[]> {
  const rows = await db
    .selectFrom("transfers")
    .innerJoin("transfer_events", (join) =>
      join
        .onRef("transfer_events.requester_id", "=", "transfers.requester_id")
        .onRef("transfer_events.transfer_id", "=", "transfers.transfer_id"),
    )
    .select(["transfers.requester_id", "transfers.transfer_id", "transfers.partner_id"])
    .select(({ fn }) => fn.max("transfer_events.at").as("since"))
    .where("transfers.side", "=", "releaser")
    .where("transfers.state", "=", "OnHold")
    .where("transfers.hold_until", "is", null)
    .where("transfers.first_person", "is", null)
    .groupBy(["transfers.requester_id", "transfers.transfer_id", "transfers.partner_id"])
    .execute();
  return rows.map((row) => ({
    transfer: { requesterId: row.requester_id, transferId: row.transfer_id },
    partnerId: row.partner_id,
    since: new Date(row.since),
  }));
}

/** The schools that the transfers of some alerts are about, by alert. */
export async function schoolsOfAlerts(
  db: Queries,
  alertIds: readonly string[],
): Promise<Map<string, string | null>> {
  const rows = await db
    .selectFrom("alerts")
    .innerJoin("transfers", (join) =>
      join
        .onRef("transfers.requester_id", "=", "alerts.requester_id")
        .onRef("transfers.transfer_id", "=", "alerts.transfer_id"),
    )
    .select(["alerts.alert_id", "transfers.school"])
    .where("alerts.alert_id", "in", oneOf(alertIds))
    .execute();
  return new Map(rows.map(({ alert_id, school }) => [alert_id, school]));
}

/** What happened to a transfer, oldest first. */
export const historyOf = (db: Queries, key: TransferKey): Promise<Selectable<TransferEventRow>[]> =>
  db
    .selectFrom("transfer_events")
    .selectAll()
    .where("requester_id", "=", key.requesterId)
    .where("transfer_id", "=", key.transferId)
    .orderBy("event_id")
    .execute();

/** The last of it, oldest first. */
export const latestOf = async (
  db: Queries,
  key: TransferKey,
  most: number,
): Promise<Selectable<TransferEventRow>[]> => {
  const rows = await db
    .selectFrom("transfer_events")
    .selectAll()
    .where("requester_id", "=", key.requesterId)
    .where("transfer_id", "=", key.transferId)
    .orderBy("event_id", "desc")
    .limit(most)
    .execute();
  return rows.toReversed();
};

/** Write a new transfer down. */
export async function insertTransfer(
  db: LedgerTransaction,
  transfer: Transfer,
  more: Pick<StoredTransfer, "requestContentId" | "school" | "dropFolder" | "referralContentId">,
): Promise<void> {
  await db
    .insertInto("transfers")
    .values({
      ...columns(transfer),
      request_content_id: more.requestContentId,
      school: more.school,
      drop_folder: more.dropFolder,
      referral_content_id: more.referralContentId,
      answer_content_id: null,
      expected_until: null,
      version: 1,
    })
    .execute();
}

/**
 * Write a changed transfer down.
 *
 * @returns `false` if somebody else changed it since it was read: read again, and decide again
 */
export async function updateTransfer(
  db: LedgerTransaction,
  transfer: Transfer,
  more: Pick<
    StoredTransfer,
    "version" | "requestContentId" | "referralContentId" | "answerContentId"
  >,
): Promise<boolean> {
  const result = await db
    .updateTable("transfers")
    .set({
      ...columns(transfer),
      request_content_id: more.requestContentId,
      referral_content_id: more.referralContentId,
      answer_content_id: more.answerContentId,
      version: more.version + 1,
    })
    .where("requester_id", "=", transfer.requesterId)
    .where("transfer_id", "=", transfer.transferId)
    .where("version", "=", more.version)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** More is promised until this day, if no later one is known. */
export async function expectUntil(
  db: LedgerTransaction,
  { requesterId, transferId }: TransferKey,
  until: string,
): Promise<void> {
  await db
    .updateTable("transfers")
    .set({ expected_until: until })
    .where("requester_id", "=", requesterId)
    .where("transfer_id", "=", transferId)
    .where((eb) => eb.or([eb("expected_until", "is", null), eb("expected_until", "<", until)]))
    .execute();
}

export interface NewTransferEvent {
  readonly at: Time;
  readonly event: string;
  /** Username, agency or `packetboat`. */
  readonly who: string;
  /** How a person was known. */
  readonly authentication: string | null;
}

/** Add a line to a transfer's history. */
export async function addTransferEvent(
  db: LedgerTransaction,
  transfer: Transfer,
  { at, event, who, authentication }: NewTransferEvent,
): Promise<void> {
  const { requesterId: requester_id, transferId: transfer_id, state } = transfer;
  await db
    .insertInto("transfer_events")
    .values({ requester_id, transfer_id, at, event, state, who, authentication })
    .execute();
}

function columns(transfer: Transfer) {
  return {
    requester_id: transfer.requesterId,
    transfer_id: transfer.transferId,
    reference: transfer.reference,
    side: transfer.side,
    partner_id: transfer.partnerId,
    state: transfer.state,
    revision: transfer.revision,
    request_message_id: transfer.requestMessageId,
    releases: JSON.stringify(transfer.releases),
    refused_message_id: transfer.refusedMessageId,
    requested_at: transfer.requestedAt.toISOString(),
    expires_at: transfer.expiresAt.toISOString(),
    hold_until: transfer.holdUntil,
    first_person: transfer.firstPerson,
    entity_id: transfer.entityId,
    on_paper: transfer.isOnPaper ? 1 : 0,
  };
}

function stored(row: TransferRow): StoredTransfer {
  return {
    transfer: {
      requesterId: row.requester_id,
      transferId: row.transfer_id,
      reference: row.reference satisfies Reference,
      side: row.side,
      partnerId: row.partner_id,
      state: row.state,
      revision: row.revision,
      requestMessageId: row.request_message_id,
      releases: JSON.parse(row.releases) as ReleaseStanding[],
      refusedMessageId: row.refused_message_id,
      requestedAt: new Date(row.requested_at),
      expiresAt: new Date(row.expires_at),
      holdUntil: row.hold_until,
      firstPerson: row.first_person,
      entityId: row.entity_id,
      isOnPaper: row.on_paper === 1,
    },
    version: row.version,
    requestContentId: row.request_content_id,
    school: row.school,
    dropFolder: row.drop_folder,
    referralContentId: row.referral_content_id,
    answerContentId: row.answer_content_id,
  };
}
