/** The calendars of the config, as their rules read them: of the school year, and of the nights. */
import type { NightlyPlan } from "../schedule.ts";
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

/** @param config only its agency and its exchanges are read */
export const nightlyPlanOf = ({
  agency,
  exchanges,
}: Pick<Config, "agency" | "exchanges">): NightlyPlan => ({
  ...exchanges.nightly,
  timeZone: agency.timeZone,
  agencyId: agency.id,
});
