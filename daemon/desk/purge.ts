/**
 * Retention: what is done with for as many days as the config keeps it is deleted, folder by folder and
 * row by row, with a word on each. Files go before the rows that know of them, so that a purge which is
 * cut off is finished by the next one. What the register must keep is not touched.
 */
import { basename, join } from "node:path";
import { truncateLog } from "../ledger/connect.ts";
import {
  daysBefore,
  deleteLoose,
  forgetAlerts,
  forgetExchange,
  forgetRelays,
  LEAST_SENT_DAYS,
  looseContents,
  pastAlerts,
  pastExchanges,
} from "../ledger/purging.ts";
import { forgetSetting } from "../ledger/settings.ts";
import { exchangeName } from "../reports/exchange-page.ts";
import { REGISTER_SHOWN } from "../reports/register.ts";
import { allKept, discard } from "./quarantine.ts";
import { allSetAside, discardSetAside } from "./recalled.ts";
import { unmakeNamed } from "./unmade.ts";
import { allUnrelayed, discardUnrelayed } from "./unrelayed.ts";
import { type Keep, type Purging, type Purged, type Left, sentDays } from "./purge/purging.ts";
import { purgeTransfers } from "./purge/transfers.ts";
import { purgeDocuments } from "./purge/documents.ts";

export type { Keep, Left, Purged, Purging } from "./purge/purging.ts";

/** Has the config any number of days? */
export const isAnyKept = (keep: Keep): boolean =>
  Object.values(keep).some((days) => days !== undefined);

/**
 * Delete what has been kept long enough. Safe to repeat, and beside an exchange.
 *
 * @throws PacketboatError DISK_…, HOME_BUSY; what was deleted by then is deleted
 */
export async function purge(purging: Purging): Promise<Purged> {
  const left: Left[] = [];
  // Before the transfers: their rows tell where recalled records lie.
  const quarantined = await purgeQuarantine(purging);
  const transfers = await purgeTransfers(purging, left);
  const documents = await purgeDocuments(purging, left);
  const exchanges = await purgeExchanges(purging, left);
  const alerts = await purgeAlerts(purging);
  const contents = await purgeLoose(purging);
  await purgeRelays(purging);
  if (!purging.isDry) {
    // It names the student of each line as long as the request is there.
    if (transfers.length > 0) await forgetSetting(purging.ledger, REGISTER_SHOWN);
    await truncateLog(purging.ledger);
  }
  return { transfers, documents, quarantined, exchanges, alerts, contents, left };
}

async function purgeQuarantine(purging: Purging): Promise<string[]> {
  const { keep, at, isDry } = purging;
  if (keep.quarantineDays === undefined) return [];
  const before = daysBefore(at, keep.quarantineDays);
  const due = (await allKept(purging)).filter(
    ({ refusedAt, standing }) => refusedAt <= before && standing !== "again",
  );
  for (const kept of isDry ? [] : due) await discard(purging, kept, { who: "packetboat", at });
  const aside = (await allSetAside(purging)).filter(({ recalledAt }) => recalledAt <= before);
  for (const each of isDry ? [] : aside) await discardSetAside(purging, each, { at });
  const unrelayed = (await allUnrelayed(purging)).filter(
    ({ refusedAt, standing }) => refusedAt <= before && standing !== "again",
  );
  for (const each of isDry ? [] : unrelayed) {
    await discardUnrelayed(purging, each, { who: "packetboat", at });
  }
  return [...due, ...aside, ...unrelayed].map(({ id }) => id);
}

async function purgeExchanges(purging: Purging, left: Left[]): Promise<number> {
  const { ledger, keep, at, isDry, reports, timeZone } = purging;
  if (keep.reportsDays === undefined) return 0;
  const due = await pastExchanges(ledger, daysBefore(at, keep.reportsDays));
  for (const { run_id, started_at } of due) {
    const name = exchangeName({ startedAt: new Date(started_at) }, timeZone);
    const paths = reports.flatMap((folder) =>
      ["html", "csv", "json"].map((ending) => join(folder, `${name}.${ending}`)),
    );
    for (const path of paths) {
      const outcome = await unmakeNamed(path, isDry);
      if (outcome === "foreign") left.push({ what: basename(path), why: "it is no file" });
    }
    if (!isDry) await forgetExchange(ledger, run_id);
  }
  return due.length;
}

async function purgeAlerts({ ledger, keep, at, isDry }: Purging): Promise<number> {
  if (keep.reportsDays === undefined) return 0;
  const before = daysBefore(at, keep.reportsDays).toISOString();
  const alerts = await pastAlerts(ledger, before);
  if (!isDry && alerts > 0) await forgetAlerts(ledger, before);
  return alerts;
}

/** What was moved on names nobody; it goes with what the entity forwarded. */
async function purgeRelays({ ledger, keep, at, isDry }: Purging): Promise<void> {
  if (keep.forwardedRequestsDays === undefined || isDry) return;
  await forgetRelays(ledger, daysBefore(at, keep.forwardedRequestsDays));
}

/** Of both sides: they go when the longer of both times is over. */
async function purgeLoose({ ledger, keep, at, isDry }: Purging): Promise<number> {
  const days = [sentDays(keep), keep.recordsDays].filter((each) => each !== undefined);
  if (days.length === 0) return 0;
  const before = daysBefore(at, Math.max(LEAST_SENT_DAYS, ...days));
  const loose = await looseContents(ledger, { at, before });
  if (!isDry) await deleteLoose(ledger, loose);
  return loose.length;
}
