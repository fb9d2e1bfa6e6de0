/** Times in tables: short, and in the agency's own zone. Scripts get them in UTC. */
import { plainDate, stamp } from "../../alerts/when.ts";

/** `2026-11-23` */
export const shownDay = (at: Date, timeZone: string): string => plainDate(at, timeZone);

/** `2026-11-23 18:30` */
export const shownTime = (at: Date, timeZone: string): string =>
  stamp(at, timeZone).slice(0, 16).replace("T", " ").replace("-", "-").replace(/-(..)$/, ":$1");
