/** Days as people type them, and the moment at which one begins. */
import { stamp } from "../../alerts/when.ts";
import { PacketboatError } from "../../errors.ts";
import { isPlainDate, type PlainDate } from "../../transfer/dates.ts";

/**
 * A day of the calendar.
 *
 * @param option by which it was given, for the refusal
 * @throws PacketboatError USAGE
 */
export function dayIn(text: string, option: string): PlainDate {
  if (isPlainDate(text)) return text;
  const typed = JSON.stringify(text.slice(0, 40));
  throw new PacketboatError("USAGE", `${option}: ${typed} is no day: write it like 2026-12-31`);
}

/** The first moment of a day where the agency is. */
export function startOf(day: PlainDate, timeZone: string): Date {
  const wanted = Date.parse(`${day}T00:00:00Z`);
  let at = wanted;
  // Twice, because the first step may cross a change of the clock.
  for (let step = 0; step < 2; step++) at += wanted - localTime(new Date(at), timeZone);
  return new Date(at);
}

/** What a clock on the wall shows, read as if it were UTC, in milliseconds. */
function localTime(at: Date, timeZone: string): number {
  const [day = "", time = ""] = stamp(at, timeZone).split("T");
  return Date.parse(`${day}T${time.replaceAll("-", ":")}Z`);
}
