/** The morning's digest: what is open, to each person once for a school day. A restart makes no second one. */
import { calendarOf, digestPlanOf } from "../config/calendar.ts";
import type { Config } from "../config.ts";
import type { Ledger, Queries } from "../ledger/connect.ts";
import { addMail, digestsMade, foldDigests, forgetMails, noteDigest } from "../ledger/mails.ts";
import { plainDate } from "../alerts/when.ts";
import { lastRunDue } from "../schedule.ts";
import { daysAfter, type PlainDate } from "../transfer/dates.ts";
import { isSchoolDay } from "../transfer/deadlines.ts";
import { digestLetter } from "./letters.ts";
import { byRecipient, openAlerts } from "./open.ts";

/** The first one ever is not made up for: mail was set up during the day. */
const LATE_MS = 60 * 60_000;
/** How long it is known what was mailed. */
const KEPT_DAYS = 30;

/** @returns the date whose digest is due: today's, from its hour on, or `null` */
export async function digestDue(db: Queries, config: Config, at: Date): Promise<PlainDate | null> {
  if (!config.mail) return null;
  const { date, at: due } = lastRunDue(digestPlanOf(config, config.mail), at);
  // Nobody reads at night what was to be read in the morning before.
  if (date !== plainDate(at, config.agency.timeZone)) return null;
  if (!isSchoolDay(date, calendarOf(config))) return null;
  const { thisDay, any } = await digestsMade(db, date);
  const isTooLate = !any && at.getTime() - due.getTime() > LATE_MS;
  return thisDay || isTooLate ? null : date;
}

/** Write the digests of a date down. @returns how many */
export const gatherDigest = (
  ledger: Ledger,
  config: Config,
  { day, at }: { readonly day: PlainDate; readonly at: Date },
): Promise<number> =>
  ledger.transaction().execute(async (db) => {
    if (!(await noteDigest(db, day, at))) return 0;
    await foldDigests(db, at);
    await forgetMails(db, daysAfter(at, -KEPT_DAYS));
    const letters = byRecipient(await openAlerts(db, config));
    for (const [{ address: recipient, setting }, alerts] of letters) {
      const { subject, text: body } = digestLetter(config, alerts, at);
      await addMail(db, { kind: "digest", recipient, setting, subject, body, alertIds: [], at });
    }
    return letters.length;
  });
