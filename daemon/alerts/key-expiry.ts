/** Keys that end soon: our own, and those of whom we exchange packets with. */
import type { AgencyId } from "../ids.ts";
import type { Due } from "./bring.ts";
import { plainDate } from "./when.ts";

const DAY_MS = 86_400_000;

/** A key with which packets are sealed or signed. */
export interface KeyInUse {
  readonly agencyId: AgencyId;
  readonly ours: boolean;
  /** `null`: never. */
  readonly expires: Date | null;
}

/** A new key takes some telephone calls: its owner hears of it this early (TRUST F28). */
const KEY_NOTICE_DAYS = 60;

/** @param reminding `isEntity`: what is to be done is another matter there */
export function keysExpiring({
  keys,
  at,
  timeZone,
  isEntity = false,
}: {
  readonly keys: readonly KeyInUse[];
  readonly at: Date;
  readonly timeZone: string;
  readonly isEntity?: boolean;
}): Due<"KEY_EXPIRES_SOON">[] {
  return keys.flatMap(({ agencyId, ours, expires }) => {
    if (expires === null) return [];
    const days = Math.floor((expires.getTime() - at.getTime()) / DAY_MS);
    if (days > KEY_NOTICE_DAYS) return [];
    const facts = { expires: plainDate(expires, timeZone), days: Math.max(days, 0), ours };
    const role = isEntity ? { atEntity: true } : {};
    return [{ subject: agencyId, agencyId, facts: { ...facts, ...role } }];
  });
}
