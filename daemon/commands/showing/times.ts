/** Times in tables: short, and in the agency's own zone. Scripts get them in UTC. */
import { plainDate, stamp } from "../../alerts/when.ts";

/** `2026-11-23` */
export const shownDay = (at: Date, timeZone: string): string => plainDate(at, timeZone);

/** `2026-11-23 18:30` */
export function shownTime(at: Date, timeZone: string): string {
  const [day = "", time = ""] = stamp(at, timeZone).split("T");
  return `${day} ${time.slice(0, 5).replace("-", ":")}`;
}
