/**
 * By when a request is to be answered. States count school days, and shorten them for students who
 * cannot wait; the numbers are the strictest of those gathered in VOCABULARY.md, and a district's own
 * setting may be stricter still.
 */
import type { ExpediteReason } from "../packet/model.gen.ts";
import { addDays, weekday, type PlainDate } from "./dates.ts";

/**
 * A release that left in time is still taken this long after the request expired: the requester waits
 * longer than the releaser, and what the entity said holds as long.
 */
export const GRACE_DAYS = 7;

/** Both days included. */
export interface DateRange {
  readonly first: PlainDate;
  readonly last: PlainDate;
}

export interface SchoolCalendar {
  readonly answerWithinSchoolDays: number;
  /** Holidays and breaks; weekends need not be named. */
  readonly noSchool: readonly DateRange[];
}

export interface PressingCalendar extends SchoolCalendar {
  /** Whoever has not decided by then is reminded. */
  readonly remindAfterSchoolDays: number;
  /** By then, others are told as well. */
  readonly escalateAfterSchoolDays: number;
}

/**
 * FosterCare: on the working day received (KRS 199.802). Homelessness: at once (42 USC 11432(g)).
 * JuvenileJustice: within 5 days (Connecticut). MilitaryConnected: within 10 days of any kind
 * (Interstate Compact on Educational Opportunity for Military Children, article IV).
 */
const EXPEDITED: Readonly<Record<ExpediteReason, { days: number; kind: "school" | "any" }>> = {
  FosterCare: { days: 0, kind: "school" },
  Homelessness: { days: 0, kind: "school" },
  JuvenileJustice: { days: 5, kind: "school" },
  MilitaryConnected: { days: 10, kind: "any" },
};

/** A calendar in which school never begins again would be searched for ever. */
const SEARCH_DAYS = 730;

export const isSchoolDay = (date: PlainDate, { noSchool }: SchoolCalendar): boolean =>
  weekday(date) !== 0 &&
  weekday(date) !== 6 &&
  !noSchool.some(({ first, last }) => first <= date && date <= last);

/**
 * The day that is `count` school days after `date`; the day itself is not counted. With 0, the day
 * itself, or the next school day if it is none.
 */
export function schoolDaysAfter(
  date: PlainDate,
  count: number,
  calendar: SchoolCalendar,
): PlainDate {
  let day = date;
  let left = count;
  for (let looked = 0; looked < SEARCH_DAYS; looked++) {
    if (left === 0 && isSchoolDay(day, calendar)) return day;
    day = addDays(day, 1);
    if (left > 0 && isSchoolDay(day, calendar)) left--;
  }
  return day;
}

/** How many school days have begun since `date`, which is not counted itself, up to `today`, which is. */
export function schoolDaysSince(
  date: PlainDate,
  today: PlainDate,
  calendar: SchoolCalendar,
): number {
  let count = 0;
  for (let day = date, looked = 0; day < today && looked < SEARCH_DAYS; looked++) {
    day = addDays(day, 1);
    if (isSchoolDay(day, calendar)) count++;
  }
  return count;
}

/** The last day on which the request is answered in time. */
export function answerDue(
  received: PlainDate,
  calendar: SchoolCalendar,
  expedite?: ExpediteReason,
): PlainDate {
  const usual = schoolDaysAfter(received, calendar.answerWithinSchoolDays, calendar);
  if (expedite === undefined) return usual;
  const { days, kind } = EXPEDITED[expedite];
  const hastened =
    kind === "school" ? schoolDaysAfter(received, days, calendar) : addDays(received, days);
  return hastened < usual ? hastened : usual;
}

/** The days on which people are pressed to decide; the answer itself is due on a third. */
export interface Pressing {
  readonly remindOn: PlainDate;
  readonly escalateOn: PlainDate;
}

/**
 * When whoever has to decide is reminded, and when others hear of it: after so many school days on the
 * desk. For a student who cannot wait it is sooner: the reminder on the last day for an answer, the
 * others a school day after that; but neither on the day on which the request came.
 */
export function pressingDays(
  received: PlainDate,
  calendar: PressingCalendar,
  expedite?: ExpediteReason,
): Pressing {
  const after = (count: number): PlainDate => schoolDaysAfter(received, count, calendar);
  const remindOn = after(calendar.remindAfterSchoolDays);
  const escalateOn = after(calendar.escalateAfterSchoolDays);
  if (expedite === undefined) return { remindOn, escalateOn };
  const due = answerDue(received, calendar, expedite);
  const nextDay = after(1);
  return {
    remindOn: earlier(remindOn, due > nextDay ? due : nextDay),
    escalateOn: earlier(escalateOn, schoolDaysAfter(due, 1, calendar)),
  };
}

const earlier = (one: PlainDate, other: PlainDate): PlainDate => (one < other ? one : other);
