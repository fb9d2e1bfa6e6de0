/**
 * Alerts that time raises: receipts that do not come, and requests that nobody answers. Each is worked
 * out anew from the ledger, so that one that no longer holds closes by itself.
 */
import type { AgencyId } from "../ids.ts";
import { listAlerts, raiseAlert, resolveAlerts } from "../ledger/alerts.ts";
import type { Ledger, LedgerTransaction, Queries } from "../ledger/connect.ts";
import { unconfirmed } from "../ledger/departures.ts";
import { type TransferKey, transfersUnanswered, type Unanswered } from "../ledger/transfers.ts";
import type { TransferRequest } from "../packet/model.gen.ts";
import { answerDue, type SchoolCalendar } from "../transfer/deadlines.ts";
import type { PostAlertCode, PostAlertFacts } from "./post-alerts.ts";
import type { PlainDate } from "../transfer/dates.ts";
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
  const dueDay = dueDays(reminding);
  for (const row of await transfersUnanswered(ledger)) {
    const due = await dueDay(row);
    if (today <= due) continue;
    const list = row.side === "releaser" ? ours : theirs;
    list.push({ ...aboutTransfer(row), facts: { due } });
  }
  return { ours, theirs };
}

/**
 * Counted from the request's own date: whoever was slow, the student has waited. Thousands were asked on
 * one day, and few of them say that they are in haste: only those are read, and each day is counted once.
 */
function dueDays({ requestOf, timeZone, calendar }: Reminding) {
  const known = new Map<string, PlainDate>();
  return async ({ requestedAt, contentId, isHastened }: Unanswered): Promise<PlainDate> => {
    const reason = isHastened ? (await requestOf(contentId))?.ExpediteReason : undefined;
    const asked = plainDate(requestedAt, timeZone);
    const key = `${asked} ${reason ?? ""}`;
    const due = known.get(key) ?? answerDue(asked, calendar, reason);
    known.set(key, due);
    return due;
  };
}

const aboutTransfer = ({ transfer, partnerId }: Unanswered) => ({
  subject: `${transfer.requesterId}/${transfer.transferId}`,
  agencyId: partnerId,
  transfer,
});

/** Open alerts of this code are then exactly these. */
async function bringTo<Code extends PostAlertCode>(
  db: LedgerTransaction,
  code: Code,
  due: readonly Due<Code>[],
  at: Date,
): Promise<void> {
  const open = new Map(
    (await listAlerts(db, { open: true, code })).map((alert) => [
      alert.subject,
      JSON.stringify(alert.facts),
    ]),
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
