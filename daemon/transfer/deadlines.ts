/**
 * By when a request is to be answered. States count school days, and shorten them for students who
 * cannot wait; the numbers are the strictest of those gathered in VOCABULARY.md, and a district's own
 * setting may be stricter still.
 */
import type { ExpediteReason } from "../packet/model.gen.ts";
import { addDays, weekday, type PlainDate } from "./dates.ts";

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
