/** Dates and times as people read them, in American English and the agency's own time zone. */
import { dayNumber, type PlainDate } from "../transfer/dates.ts";

const DATE: Intl.DateTimeFormatOptions = { year: "numeric", month: "long", day: "numeric" };
const TIME: Intl.DateTimeFormatOptions = {
  ...DATE,
  hour: "numeric",
  minute: "2-digit",
  timeZoneName: "short",
};

const formats = new Map<string, Intl.DateTimeFormat>();

/** `February 12, 2009`; a text that is no date stays as it is. */
export function longDate(date: PlainDate): string {
  const at = new Date(`${date}T00:00:00Z`);
  return Number.isNaN(at.getTime()) ? date : formatted(at, "UTC", DATE);
}

/** The date on which a moment falls in a time zone: `November 23, 2026`. */
export const dayOf = (at: Date, timeZone: string): string => formatted(at, timeZone, DATE);

/** `November 23, 2026 at 6:30 PM CST` */
export const longTime = (at: Date, timeZone: string): string => formatted(at, timeZone, TIME);

/** The date in a time zone as `YYYY-MM-DD`. */
export const plainDate = (at: Date, timeZone: string): PlainDate =>
  stamp(at, timeZone).slice(0, 10);

/** How many days ago a date was, on the calendar of a time zone; 0 for one that is still to come. */
export const daysSince = (date: PlainDate, at: Date, timeZone: string): number =>
  Math.max(0, dayNumber(plainDate(at, timeZone)) - dayNumber(date));

/** `2026-11-23T18-30-05` in a time zone: sorts as text, and may stand in a file's name. */
export function stamp(at: Date, timeZone: string): string {
  const format = formatOf(timeZone, { ...CLOCK, timeZone });
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const part = (name: Intl.DateTimeFormatPartTypes): string => parts.get(name) ?? "";
  const day = `${part("year")}-${part("month")}-${part("day")}`;
  return `${day}T${part("hour")}-${part("minute")}-${part("second")}`;
}

const CLOCK: Intl.DateTimeFormatOptions = {
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
};

/** The formatter writes narrow spaces that some fonts do not have. */
const formatted = (at: Date, timeZone: string, options: Intl.DateTimeFormatOptions): string =>
  formatOf(timeZone, { ...options, timeZone })
    .format(at)
    .replaceAll(/[\u00A0\u202F]/g, " ");

function formatOf(timeZone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${timeZone} ${Object.keys(options).join(" ")}`;
  const known = formats.get(key);
  if (known) return known;
  const format = new Intl.DateTimeFormat("en-US", options);
  formats.set(key, format);
  return format;
}
