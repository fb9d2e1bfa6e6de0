/**
 * Alerts that time raises: receipts that do not come, and requests that nobody answers. Each is worked
 * out anew from the ledger, so that one that no longer holds closes by itself.
 */
import { listAlerts, resolveAlerts } from "../ledger/alerts.ts";
import type { Ledger, LedgerTransaction, Queries } from "../ledger/connect.ts";
import { unconfirmed } from "../ledger/departures.ts";
import { transfersHeldOpenly, transfersUnanswered, type Unanswered } from "../ledger/transfers.ts";
import { pressingDays } from "../transfer/deadlines.ts";
import { bringTo, type Due } from "./bring.ts";
import { type Counting, dueDays } from "./due.ts";
import { keysExpiring, type KeyInUse } from "./key-expiry.ts";
import { plainDate } from "./when.ts";

const DAY_MS = 86_400_000;

export interface Reminding extends Counting {
  readonly at: Date;
  /** How many people hear of a request that nobody decides about. */
  readonly escalatedTo: number;
  /** Requests to be decided in a folder that is not there. */
  readonly lostCases: readonly LostCase[];
  /** Our own key and the partners'. */
  readonly keys: readonly KeyInUse[];
  /** Is a school of this name one of those in the config by now? */
  readonly isOurSchool: (name: string) => boolean;
}

export interface LostCase extends Pick<Unanswered, "transfer" | "partnerId"> {
  /** Name of the drop folder in which it was. */
  readonly dropFolder: string;
}

/**
 * Raise what has become due, and close what no longer is: NO_RECEIPT (PROTOCOL 6), DECISION_DUE and then
 * DECISION_ESCALATED, ANSWER_OVERDUE, HOLD_WITHOUT_DAY,
 * CASE_FOLDER_GONE, REQUEST_UNANSWERED and KEY_EXPIRES_SOON. An alert that is open already is left alone unless its facts have changed.
 */
export async function remind(ledger: Ledger, reminding: Reminding): Promise<void> {
  const { at } = reminding;
  const late = await requestsLate(ledger, reminding);
  await ledger.transaction().execute(async (db) => {
    await bringTo(db, "NO_RECEIPT", await receiptsMissing(db, at), at);
    await bringTo(db, "DECISION_DUE", late.DECISION_DUE, at);
    await bringTo(db, "DECISION_ESCALATED", late.DECISION_ESCALATED, at);
    await bringTo(db, "ANSWER_OVERDUE", late.ANSWER_OVERDUE, at);
    await bringTo(db, "HOLD_WITHOUT_DAY", await holdsForgotten(db, reminding), at);
    const lost = reminding.lostCases.map((each) => ({
      ...aboutTransfer(each),
      facts: { dropFolder: each.dropFolder },
    }));
    await bringTo(db, "CASE_FOLDER_GONE", lost, at);
    await bringTo(db, "REQUEST_UNANSWERED", late.REQUEST_UNANSWERED, at);
    await bringTo(db, "KEY_EXPIRES_SOON", keysExpiring(reminding), at);
    await closeKnownSchools(db, reminding);
  });
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

/** A hold is an answer, but not for good: as long as a decision may take, it may stand without a day. */
async function holdsForgotten(
  db: Queries,
  { at, timeZone, calendar }: Reminding,
): Promise<Due<"HOLD_WITHOUT_DAY">[]> {
  const today = plainDate(at, timeZone);
  return (await transfersHeldOpenly(db)).flatMap((held) => {
    const since = plainDate(held.since, timeZone);
    if (today < pressingDays(since, calendar).escalateOn) return [];
    return [{ ...aboutTransfer(held), facts: { since } }];
  });
}

/** Transfers on which somebody is late: we to decide or to answer, or they. */
async function requestsLate(ledger: Ledger, reminding: Reminding) {
  const today = plainDate(reminding.at, reminding.timeZone);
  const late = {
    DECISION_DUE: [] as Due<"DECISION_DUE">[],
    DECISION_ESCALATED: [] as Due<"DECISION_ESCALATED">[],
    ANSWER_OVERDUE: [] as Due<"ANSWER_OVERDUE">[],
    REQUEST_UNANSWERED: [] as Due<"REQUEST_UNANSWERED">[],
  };
  const daysOf = dueDays(reminding);
  for await (const row of transfersUnanswered(ledger)) {
    const { due, since, remindOn, escalateOn } = await daysOf(row);
    const about = aboutTransfer(row);
    if (row.side === "requester") {
      const facts = { due, ...(row.isOnPaper ? { onPaper: true } : {}) };
      if (today > due) late.REQUEST_UNANSWERED.push({ ...about, facts });
      continue;
    }
    const isOverdue = today > due;
    if (isOverdue) late.ANSWER_OVERDUE.push({ ...about, facts: { due } });
    if (today >= escalateOn) {
      const facts = { due, since, told: reminding.escalatedTo };
      late.DECISION_ESCALATED.push({ ...about, facts });
    } else if (today >= remindOn && !isOverdue) {
      late.DECISION_DUE.push({ ...about, facts: { due, since } });
    }
  }
  return late;
}

/** Its name has been taught to the config. */
async function closeKnownSchools(
  db: LedgerTransaction,
  { isOurSchool, at }: Reminding,
): Promise<void> {
  const code = "SCHOOL_UNKNOWN";
  for (const { subject, facts } of await listAlerts(db, { open: true, code })) {
    if (!isOurSchool(String(facts["school"]))) continue;
    await resolveAlerts(db, { code, subject, by: "packetboat", at });
  }
}

const aboutTransfer = ({ transfer, partnerId }: Pick<Unanswered, "transfer" | "partnerId">) => ({
  subject: `${transfer.requesterId}/${transfer.transferId}`,
  agencyId: partnerId,
  transfer,
});
