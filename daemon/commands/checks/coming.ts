/** The coming exchanges of `run`, and what the change of the clocks does to them (TRUST F24). */
import { nightlyPlanOf } from "../../config/calendar.ts";
import { comingRuns, nextClockChange, runOn } from "../../schedule.ts";
import { shownDay, shownTime } from "../showing/times.ts";
import { type Checking, type Finding, ok, warning } from "./finding.ts";

const SHOWN = 3;
const YEAR_DAYS = 366;

export function checkComing({ config, now }: Checking): Finding {
  const plan = nightlyPlanOf(config);
  const { timeZone } = plan;
  const times = comingRuns(plan, now(), SHOWN).map(({ at }) => shownTime(at, timeZone));
  const coming = `the next with packetboat run: ${times.join(", ")}`;
  const change = nextClockChange(plan, now(), YEAR_DAYS);
  if (change === null || runOn(plan, change.date) === null) return ok("exchanges.nightly", coming);
  const night = shownDay(change.at, timeZone);
  const sentence =
    change.clockChange === "skipped"
      ? `${coming}; on ${night} there is no ${plan.at}, and it begins later`
      : `${coming}; on ${night} the clock shows ${plan.at} twice, and it is made once`;
  return warning(
    "exchanges.nightly",
    sentence,
    "Choose a time in exchanges.nightly.at that no change of the clocks meets, such as 03:15.",
  );
}
