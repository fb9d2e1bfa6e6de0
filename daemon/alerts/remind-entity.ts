/**
 * Alerts that time raises at an entity: of districts that do not collect, do not answer, or do not take
 * part yet. Each is worked out anew from the ledger, so that one that no longer holds closes by itself.
 */
import { showReference } from "../ids.ts";
import type { Ledger, Queries } from "../ledger/connect.ts";
import { unconfirmed } from "../ledger/departures.ts";
import { notJoined } from "../ledger/districts.ts";
import { bringTo, type Due } from "./bring.ts";
import { type ForwardedCounting, forwardedUnanswered } from "./forwarded.ts";
import { type KeyInUse, keysExpiring } from "./key-expiry.ts";
import { tellOfRelays } from "./relays-told.ts";
import { plainDate } from "./when.ts";

const DAY_MS = 86_400_000;

export interface EntityReminding extends ForwardedCounting {
  /** `followUp` of the config. */
  readonly notCollectedAfterDays: number;
  readonly unansweredAfterSchoolDays: number;
  /** Our own key and the districts'. */
  readonly keys: readonly KeyInUse[];
}

/**
 * Raise what has become due, and close what no longer is: NOT_COLLECTED, FORWARDED_UNANSWERED, NOT_JOINED,
 * KEY_EXPIRES_SOON, RELAY_REFUSED and RELAY_WAITING.
 */
export async function remindEntity(ledger: Ledger, reminding: EntityReminding): Promise<void> {
  const { at } = reminding;
  const keys = keysExpiring({ ...reminding, isEntity: true });
  await ledger.transaction().execute(async (db) => {
    await bringTo(db, "NOT_COLLECTED", await boxesNotCollected(db, reminding), at);
    await bringTo(db, "FORWARDED_UNANSWERED", await districtsLate(db, reminding), at);
    await bringTo(db, "NOT_JOINED", await agenciesNotJoined(db), at);
    await bringTo(db, "KEY_EXPIRES_SOON", keys, at);
    await tellOfRelays(db, reminding);
  });
}

async function boxesNotCollected(
  db: Queries,
  { at, timeZone, notCollectedAfterDays: days }: EntityReminding,
): Promise<Due<"NOT_COLLECTED">[]> {
  const waiting = await unconfirmed(db, new Date(at.getTime() - days * DAY_MS));
  return waiting.map(({ agencyId, packets, oldest }) => ({
    subject: agencyId,
    agencyId,
    facts: { packets, since: plainDate(oldest, timeZone) },
  }));
}

/** One alert for a district, however many requests it has not answered. */
async function districtsLate(
  db: Queries,
  reminding: EntityReminding,
): Promise<Due<"FORWARDED_UNANSWERED">[]> {
  const limit = reminding.unansweredAfterSchoolDays;
  return [...(await forwardedUnanswered(db, reminding))].flatMap(([agencyId, found]) => {
    const late = found.filter(({ schoolDays }) => schoolDays > limit);
    const [oldest] = late;
    if (!oldest) return [];
    const facts = {
      requests: late.length,
      schoolDays: limit,
      oldest: showReference(oldest.reference),
      since: oldest.since,
    };
    return [{ subject: agencyId, agencyId, facts }];
  });
}

async function agenciesNotJoined(db: Queries): Promise<Due<"NOT_JOINED">[]> {
  const missing = await notJoined(db);
  if (missing.length === 0) return [];
  const enrollments = missing.reduce((sum, each) => sum + each.enrollments, 0);
  return [{ subject: "registry", facts: { agencies: missing.length, enrollments } }];
}
