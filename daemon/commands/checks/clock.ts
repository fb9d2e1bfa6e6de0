/** This machine's clock: packets are refused when it is ten minutes off (PROTOCOL 4). */
import { access } from "node:fs/promises";
import { isRefusal } from "../../errors.ts";
import { newestTime } from "../../ledger/standing.ts";
import { lasting } from "../showing/spans.ts";
import { type Checking, type Finding, ok, warning, wrong } from "./finding.ts";

/** Clocks are set back a little when they are set right. */
const TOLERATED_MS = 120_000;
/** systemd-timesyncd(8): the folder is there while it runs, the file since it reached a time server. */
const TIMESYNC = "/run/systemd/timesync";
const HOW = "Set the clock, and let a time service keep it: timedatectl shows how it stands.";

/** @param timesync where systemd-timesyncd says how it stands */
export async function checkClock(
  { ledger, now }: Pick<Checking, "ledger" | "now">,
  timesync = TIMESYNC,
): Promise<Finding> {
  const at = now();
  const newest = ledger === null || isRefusal(ledger) ? null : await newestTime(ledger);
  const behindMs = (newest?.getTime() ?? 0) - at.getTime();
  const shown = `${at.toISOString().slice(0, 19)}Z`;
  if (behindMs > TOLERATED_MS) {
    const sentence = `it is ${shown} here, ${lasting(behindMs)} before the newest entry of the ledger`;
    return wrong("clock", sentence, HOW);
  }
  const isThere = (path: string): Promise<boolean> =>
    access(path).then(
      () => true,
      () => false,
    );
  if (!(await isThere(timesync))) return ok("clock", `${shown}, not behind the ledger`);
  if (await isThere(`${timesync}/synchronized`))
    return ok("clock", `${shown}, kept by a time service`);
  const sentence = `${shown}; the time service runs, and has reached no time server yet`;
  return warning("clock", sentence, "See why with timedatectl timesync-status.");
}
