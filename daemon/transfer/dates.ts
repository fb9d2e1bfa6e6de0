/**
 * Plain dates (`YYYY-MM-DD`) without zones, and times as they are written in a message. A plain date is
 * a square on the calendar: counting never meets daylight saving.
 */

/** `YYYY-MM-DD`; sorts as text. */
export type PlainDate = string;

const DAY_MS = 86_400_000;

/** Is this a day of the calendar, as we write days? JavaScript takes February 30 for March 2. */
export function isPlainDate(text: string): boolean {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text)) return false;
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

/** Days since 1970-01-01. */
export const dayNumber = (date: PlainDate): number => Date.parse(`${date}T00:00:00Z`) / DAY_MS;

export const addDays = (date: PlainDate, days: number): PlainDate =>
  new Date((dayNumber(date) + days) * DAY_MS).toISOString().slice(0, 10);

/** 0 is Sunday, 6 is Saturday. */
export const weekday = (date: PlainDate): number => new Date(dayNumber(date) * DAY_MS).getUTCDay();

/** Days from the first to the last, both counted: one for the same day. */
export const daysCounted = (first: PlainDate, last: PlainDate): number =>
  dayNumber(last) - dayNumber(first) + 1;

/** The date in UTC. */
export const dateOf = (at: Date): PlainDate => at.toISOString().slice(0, 10);

/** As messages carry times: in UTC, to the second. */
export const wireTime = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`;

export const minutesAfter = (at: Date, minutes: number): Date =>
  new Date(at.getTime() + minutes * 60_000);

export const daysAfter = (at: Date, days: number): Date => new Date(at.getTime() + days * DAY_MS);
