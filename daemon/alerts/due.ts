/** By when a request is to be answered, and when people are pressed, worked out for many at once. */
import type { Unanswered } from "../ledger/transfers.ts";
import type { ExpediteReason, TransferRequest } from "../packet/model.gen.ts";
import type { PlainDate } from "../transfer/dates.ts";
import {
  answerDue,
  pressingDays,
  type Pressing,
  type PressingCalendar,
} from "../transfer/deadlines.ts";
import { plainDate } from "./when.ts";

export interface Counting {
  /** The agency's own: a day begins at its midnight. */
  readonly timeZone: string;
  readonly calendar: PressingCalendar;
  /** The request under a content id; `null` if it is no longer kept. */
  readonly requestOf: (contentId: string) => Promise<TransferRequest | null>;
}

export interface DueDays extends Pressing {
  /** The last day on which it is answered in time. */
  readonly due: PlainDate;
  /** Since when it lies on the releaser's desk. */
  readonly since: PlainDate;
}

/**
 * The answer is counted from the request's own date: whoever was slow, the student has waited. People are
 * pressed for the time that they had it. Thousands come on one day, and few of them say that they are in
 * haste: only those are read, and each day is counted once.
 */
export function dueDays({ requestOf, timeZone, calendar }: Counting) {
  const known = new Map<string, DueDays>();
  return async (request: Unanswered): Promise<DueDays> => {
    const { requestedAt, arrivedAt, contentId, isHastened } = request;
    const reason = isHastened ? (await requestOf(contentId))?.ExpediteReason : undefined;
    const asked = plainDate(requestedAt, timeZone);
    const since = plainDate(arrivedAt, timeZone);
    const key = `${asked} ${since} ${reason ?? ""}`;
    const days = known.get(key) ?? counted(asked, since, calendar, reason);
    known.set(key, days);
    return days;
  };
}

const counted = (
  asked: PlainDate,
  since: PlainDate,
  calendar: PressingCalendar,
  reason: ExpediteReason | undefined,
): DueDays => ({
  due: answerDue(asked, calendar, reason),
  since,
  ...pressingDays(since, calendar, reason),
});

/** By when a transfer is to be answered. */
export interface AnswerDue {
  readonly due: PlainDate;
  readonly isOverdue: boolean;
}

/**
 * By requester's id and transfer id with a slash between.
 *
 * @param waiting transfers that wait for an answer, ours or theirs
 */
export async function answersDue(
  waiting: Iterable<Unanswered> | AsyncIterable<Unanswered>,
  at: Date,
  counting: Counting,
): Promise<Map<string, AnswerDue>> {
  const today = plainDate(at, counting.timeZone);
  const daysOf = dueDays(counting);
  const found = new Map<string, AnswerDue>();
  for await (const row of waiting) {
    const { due } = await daysOf(row);
    const { requesterId, transferId } = row.transfer;
    found.set(`${requesterId}/${transferId}`, { due, isOverdue: today > due });
  }
  return found;
}
