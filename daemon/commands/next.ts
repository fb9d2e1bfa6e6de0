import { nightlyPlanOf } from "../config/calendar.ts";
import {
  comingRuns,
  nextClockChange,
  type NightlyPlan,
  type PlannedRun,
  runOn,
} from "../schedule.ts";
import { defineCommand } from "./frame/command.ts";
import { shownDay } from "./showing/times.ts";
import { numberBetween } from "./typed/number.ts";

/** Both changes of the clock lie within. */
const AHEAD_DAYS = 400;

export const command = defineCommand<{ options: { readonly count: number } }>({
  summary: "when the coming exchanges are planned",
  example: "next --count 3",
  syntax: (syntax) =>
    syntax.option("--count <number>", "how many nights", numberBetween(1, 400), 10),
  async run({ options, context }) {
    const config = await context.config();
    const plan = nightlyPlanOf(config);
    const { collectEveryMinutes, sendOnArrival } = config.exchanges.watch;
    const runs = comingRuns(plan, context.now(), options.count);
    const change = nextClockChange(plan, context.now(), AHEAD_DAYS);
    return {
      result: {
        timeZone: plan.timeZone,
        nightly: runs.map(resultOf),
        collectEveryMinutes,
        sendOnArrival,
        clockChange: change && resultOf(change),
      },
      lines: [
        ...runs.map((run) => lineOf(run, plan)),
        "",
        `Between them our box is looked into every ${minutes(collectEveryMinutes)}; requests and releases ${sendOnArrival ? "leave as soon as they may" : "wait for the night"}.`,
        ...(change ? ["", ...warningOf(change, plan)] : []),
      ],
    };
  },
});

const resultOf = ({ date, at, clockChange }: PlannedRun) => ({
  date,
  at: at.toISOString(),
  clockChange,
});

/** `Thu 2026-11-26 03:21 CST`, with the date on which the clock shows that. */
function lineOf({ at, clockChange }: PlannedRun, { timeZone }: NightlyPlan): string {
  const day = at.toLocaleDateString("en-US", { weekday: "short", timeZone });
  const time = at.toLocaleTimeString("en-US", {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone,
    timeZoneName: "short",
  });
  const note = clockChange === null ? "" : `  ${CHANGES[clockChange]}`;
  return `${day} ${shownDay(at, timeZone)} ${time}${note}`;
}

const CHANGES = {
  skipped: "(the clock skips the planned time: made at the end of the gap)",
  twice: "(the clock shows the planned time twice: made the first time)",
} as const;

/** What the clock does to the planned time on a night of the coming year, and what to do about it. */
function warningOf({ date, clockChange }: PlannedRun, plan: NightlyPlan): string[] {
  const { at, timeZone } = plan;
  const does = clockChange === "twice" ? "shows that twice" : "skips that";
  const then = runOn(plan, date)
    ? "It is made all the same, once."
    : "None is planned for that day of the week.";
  return [
    `warning: the night's exchange is planned for ${at}, and on ${date} the clock in ${timeZone} ${does}.`,
    `${then} A time like 03:15 under exchanges.nightly.at is never in doubt.`,
  ];
}

const minutes = (count: number): string => (count === 1 ? "minute" : `${count} minutes`);
