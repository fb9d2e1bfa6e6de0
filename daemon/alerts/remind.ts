/**
 * Alerts that time raises: receipts that do not come, and requests that nobody answers. Each is worked
 * out anew from the ledger, so that one that no longer holds closes by itself.
 */
import type { AgencyId } from "../ids.ts";
import { listAlerts, raiseAlert, resolveAlerts } from "../ledger/alerts.ts";
import type { Ledger, LedgerTransaction, Queries } from "../ledger/connect.ts";
import type { TransferRow } from "../ledger/tables.ts";
import { unconfirmed } from "../ledger/departures.ts";
import { listTransfers, type TransferKey } from "../ledger/transfers.ts";
import type { TransferRequest } from "../packet/model.gen.ts";
import { answerDue, type SchoolCalendar } from "../transfer/deadlines.ts";
import type { PostAlertCode, PostAlertFacts } from "./post-alerts.ts";
import { plainDate } from "./when.ts";

const DAY_MS = 86_400_000;

export interface Reminding {
  readonly at: Date;
  /** The agency's own: a day begins at its midnight. */
  readonly timeZone: string;
  readonly calendar: SchoolCalendar;
  /** Our own key and the partners'. */
  readonly keys: readonly KeyInUse[];
  /** The request under a content id; `null` if it is no longer kept. */
  readonly requestOf: (contentId: string) => Promise<TransferRequest | null>;
}

/** A key with which packets are sealed or signed. */
export interface KeyInUse {
  readonly agencyId: AgencyId;
  readonly ours: boolean;
  /** `null`: never. */
  readonly expires: Date | null;
}

/** A new key takes some telephone calls: its owner hears of it this early (TRUST F28). */
const KEY_NOTICE_DAYS = 60;

/**
 * Raise what has become due, and close what no longer is: NO_RECEIPT (PROTOCOL 6), ANSWER_OVERDUE,
 * REQUEST_UNANSWERED and KEY_EXPIRES_SOON. An alert that is open already is left alone unless its facts have changed.
 */
export async function remind(ledger: Ledger, reminding: Reminding): Promise<void> {
  const { at } = reminding;
  const overdue = await answersOverdue(ledger, reminding);
  await ledger.transaction().execute(async (db) => {
    await bringTo(db, "NO_RECEIPT", await receiptsMissing(db, at), at);
    await bringTo(db, "ANSWER_OVERDUE", overdue.ours, at);
    await bringTo(db, "REQUEST_UNANSWERED", overdue.theirs, at);
    await bringTo(db, "KEY_EXPIRES_SOON", keysExpiring(reminding), at);
  });
}

interface Due<Code extends PostAlertCode> {
  readonly subject: string;
  readonly agencyId: AgencyId;
  readonly transfer?: TransferKey;
  readonly facts: PostAlertFacts<Code>;
}

/** A packet is sent again because its receipt was late, and then has a new time: it is late all the same. */
async function receiptsMissing(db: Queries, at: Date): Promise<Due<"NO_RECEIPT">[]> {
  const dayAgo = new Date(at.getTime() - DAY_MS);
  const waiting = await unconfirmed(db, dayAgo);
  return waiting
    .filter(({ isSentAgain, sentAt }) => isSentAgain || sentAt < dayAgo)
    .map(({ agencyId, packets, oldest }) => ({
      subject: agencyId,
      agencyId,
      facts: { packets, oldest: oldest.toISOString() },
    }));
}

function keysExpiring({ keys, at, timeZone }: Reminding): Due<"KEY_EXPIRES_SOON">[] {
  return keys.flatMap(({ agencyId, ours, expires }) => {
    if (expires === null) return [];
    const days = Math.floor((expires.getTime() - at.getTime()) / DAY_MS);
    if (days > KEY_NOTICE_DAYS) return [];
    const facts = { expires: plainDate(expires, timeZone), days: Math.max(days, 0), ours };
    return [{ subject: agencyId, agencyId, facts }];
  });
}

/** Transfers whose answer is late: ours to give, and theirs. */
async function answersOverdue(ledger: Ledger, reminding: Reminding) {
  const today = plainDate(reminding.at, reminding.timeZone);
  const ours: Due<"ANSWER_OVERDUE">[] = [];
  const theirs: Due<"REQUEST_UNANSWERED">[] = [];
  for (const row of await unanswered(ledger)) {
    const due = await dueDay(row, reminding);
    if (today <= due) continue;
    const list = row.side === "releaser" ? ours : theirs;
    list.push({ ...aboutTransfer(row), facts: { due } });
  }
  return { ours, theirs };
}

/** A hold is an answer; when it is over is the transfer's own rule. */
async function unanswered(db: Queries): Promise<TransferRow[]> {
  const received = await listTransfers(db, { state: "RequestReceived" });
  const requested = await listTransfers(db, { state: "Requested" });
  const forwarded = await listTransfers(db, { state: "Forwarded" });
  return [...received, ...requested, ...forwarded];
}

/** Counted from the request's own date: whoever was slow, the student has waited. */
async function dueDay(row: TransferRow, reminding: Reminding): Promise<string> {
  const request = await reminding.requestOf(row.request_content_id);
  const asked = plainDate(new Date(row.requested_at), reminding.timeZone);
  return answerDue(asked, reminding.calendar, request?.ExpediteReason);
}

const aboutTransfer = (row: TransferRow) => ({
  subject: `${row.requester_id}/${row.transfer_id}`,
  agencyId: row.partner_id,
  transfer: { requesterId: row.requester_id, transferId: row.transfer_id },
});

/** Open alerts of this code are then exactly these. */
async function bringTo<Code extends PostAlertCode>(
  db: LedgerTransaction,
  code: Code,
  due: readonly Due<Code>[],
  at: Date,
): Promise<void> {
  const open = new Map(
    (await listAlerts(db, { open: true }))
      .filter((alert) => alert.code === code)
      .map((alert) => [alert.subject, JSON.stringify(alert.facts)]),
  );
  for (const each of due) {
    const isOpen = open.get(each.subject) === JSON.stringify(each.facts);
    if (!isOpen) await raiseAlert(db, { code, ...each, at });
    open.delete(each.subject);
  }
  for (const subject of open.keys()) {
    await resolveAlerts(db, { code, subject, by: "packetboat", at });
  }
}
