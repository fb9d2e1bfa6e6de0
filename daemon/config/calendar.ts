/** The school calendar of the config, as the rules of deadlines read it. */
import type { DateRange, SchoolCalendar } from "../transfer/deadlines.ts";
import type { Config } from "./settled.ts";

/** @param config only its `deadlines` are read; each is a date, or two joined by `..` */
export const calendarOf = ({ deadlines }: Pick<Config, "deadlines">): SchoolCalendar => ({
  answerWithinSchoolDays: deadlines.answerWithinSchoolDays,
  noSchool: deadlines.noSchool.map(rangeOf),
});

function rangeOf(days: string): DateRange {
  const [first = days, last = first] = days.split("..");
  return { first, last };
}
