/**
 * What cannot wait for the morning: new requests, reminders, and whatever is urgent. Each alert is
 * mailed once, to whomever it concerns then; all that is new for one person is one mail. It is worked
 * out from what is open, so that nothing is forgotten by a crash and nothing told twice.
 */
import type { Words } from "../alerts/catalogue.ts";
import type { Config } from "../config.ts";
import type { Alert } from "../ledger/alerts.ts";
import type { Ledger } from "../ledger/connect.ts";
import { addMail, alertsMailed } from "../ledger/mails.ts";
import { alertsLetter } from "./letters.ts";
import { byRecipient, openAlerts } from "./open.ts";

/** @returns how many mails were written */
export const gatherAlerts = (ledger: Ledger, config: Config, at: Date): Promise<number> =>
  ledger.transaction().execute(async (db) => {
    const mailed = await alertsMailed(db);
    const pressing = await openAlerts(
      db,
      config,
      (alert, words) => !mailed.has(alert.id) && cannotWait(alert, words, config),
    );
    const letters = byRecipient(pressing);
    for (const [{ address: recipient, setting }, alerts] of letters) {
      const { subject, text: body } = alertsLetter(config, alerts, at);
      const alertIds = alerts.map(({ alert }) => alert.id);
      await addMail(db, { kind: "alerts", recipient, setting, subject, body, alertIds, at });
    }
    return letters.length;
  });

const AT_ONCE = ["DECISION_DUE"];

function cannotWait(alert: Alert, words: Words, { mail }: Config): boolean {
  if (words.severity === "urgent" || AT_ONCE.includes(alert.code)) return true;
  return alert.code === "REQUEST_TO_RELEASE" && mail?.newRequest === "immediately";
}
