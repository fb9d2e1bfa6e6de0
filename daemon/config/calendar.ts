/** The calendars of the config, as their rules read them: of the school year, and of the nights. */
import { DAYS, type NightlyPlan } from "../schedule.ts";
import type { DateRange, PressingCalendar } from "../transfer/deadlines.ts";
import type { Config, Mail } from "./settled.ts";

/** @param config only its `deadlines` are read; each is a date, or two joined by `..` */
export const calendarOf = ({ deadlines }: Pick<Config, "deadlines">): PressingCalendar => ({
  answerWithinSchoolDays: deadlines.answerWithinSchoolDays,
  remindAfterSchoolDays: deadlines.remindAfterSchoolDays,
  escalateAfterSchoolDays: deadlines.escalateAfterSchoolDays,
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

/** The morning's digest, as a plan: on every date, and whoever asks sees whether it is a school day. */
export const digestPlanOf = (
  { agency }: Pick<Config, "agency">,
  { digestAt }: Pick<Mail, "digestAt">,
): NightlyPlan => ({
  at: digestAt,
  days: DAYS,
  jitterMinutes: 0,
  timeZone: agency.timeZone,
  agencyId: agency.id,
});
