/** What is open, in words, and for whom it would be mailed. */
import { wordsOf, type Words } from "../alerts/catalogue.ts";
import type { Config } from "../config.ts";
import { OFFICE } from "../config/schools.ts";
import { type Alert, manyAlerts } from "../ledger/alerts.ts";
import type { Queries } from "../ledger/connect.ts";
import { schoolsOfAlerts } from "../ledger/transfers.ts";
import { recipientsOf, type Recipient } from "./recipients.ts";

export interface OpenAlert {
  readonly alert: Alert;
  readonly words: Words;
  /** Where its people find its folder; `null` if it is about no transfer, and at an entity, which has none. */
  readonly dropFolder: string | null;
  readonly recipients: readonly Recipient[];
}

/** Mail cannot tell that mail does not go. */
const NEVER_MAILED = ["MAIL_NOT_SENT"];

/**
 * Every open alert that somebody may be mailed about, the oldest first.
 *
 * @param isMeant thousands may be open of which few are
 */
export async function openAlerts(
  db: Queries,
  config: Config,
  isMeant: (alert: Alert, words: Words) => boolean = () => true,
): Promise<OpenAlert[]> {
  const { agency, mail } = config;
  const never =
    mail?.newRequest === "never" ? [...NEVER_MAILED, "REQUEST_TO_RELEASE"] : NEVER_MAILED;
  const found: OpenAlert[] = [];
  for await (const page of (await manyAlerts(db, { open: true })).pages()) {
    const meant = page
      .filter(({ code }) => !never.includes(code))
      .map((alert) => ({ alert, words: wordsOf(alert, agency.timeZone) }))
      .filter(({ alert, words }) => isMeant(alert, words));
    const schools = await schoolsOfAlerts(
      db,
      meant.map(({ alert }) => alert.id),
    );
    found.push(...meant.map((each) => addressed(config, each, schools.get(each.alert.id) ?? null)));
  }
  return found;
}

function addressed(
  config: Config,
  { alert, words }: Pick<OpenAlert, "alert" | "words">,
  school: string | null,
): OpenAlert {
  const { code, transfer } = alert;
  const matter = { code, words, side: transfer?.side ?? null, school };
  return {
    alert,
    words,
    dropFolder: transfer ? folderOf(config, transfer.dropFolder) : null,
    recipients: recipientsOf(config, matter),
  };
}

function folderOf({ dropFolders }: Config, name: string | null): string | null {
  const place = name && Object.hasOwn(dropFolders, name) ? name : OFFICE;
  return Object.hasOwn(dropFolders, place) ? place : null;
}

/** Alerts by who is mailed about them. */
export function byRecipient(
  alerts: readonly OpenAlert[],
): (readonly [recipient: Recipient, alerts: readonly OpenAlert[]])[] {
  const groups = new Map<string, { recipient: Recipient; alerts: OpenAlert[] }>();
  for (const alert of alerts) {
    for (const recipient of alert.recipients) {
      const key = recipient.address.toLowerCase();
      const group = groups.get(key) ?? { recipient, alerts: [] };
      group.alerts.push(alert);
      groups.set(key, group);
    }
  }
  return [...groups.values()].map(({ recipient, alerts: theirs }) => [recipient, theirs]);
}
