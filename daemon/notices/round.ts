/**
 * A round of mail: what cannot wait is written down, and in the morning the digest; then all that is due
 * is sent. It holds no lock that an exchange needs, and everything it writes may be written again.
 */
import type { Config } from "../config.ts";
import { isRefusal } from "../errors.ts";
import { listAlerts, resolveAlerts } from "../ledger/alerts.ts";
import type { Ledger } from "../ledger/connect.ts";
import { takeLock } from "../ledger/locks.ts";
import { foldMails, hastenMails, mailsDue, mailsWaiting } from "../ledger/mails.ts";
import { daysAfter, minutesAfter } from "../transfer/dates.ts";
import { allRecipients } from "./recipients.ts";
import { digestDue, gatherDigest } from "./digest.ts";
import { gatherAlerts } from "./gather.ts";
import { LONGEST_REST_MINUTES, postMails, type Posting } from "./post.ts";

export type { Posting } from "./post.ts";

/** News that is older than this is read in the digest. */
const FOLD_AFTER_DAYS = 3;

/** Has a round something to do by the clock alone? What an exchange brought is not looked for. */
export async function isMailDue(ledger: Ledger, config: Config, at: Date): Promise<boolean> {
  if (!config.mail) return false;
  await hastenMails(ledger, minutesAfter(at, LONGEST_REST_MINUTES));
  return (await mailsDue(ledger, at)).length > 0 || (await digestDue(ledger, config, at)) !== null;
}

/** @returns how many mails went, and whether an alert was raised or closed meanwhile */
export async function mailRound(
  posting: Posting,
): Promise<{ readonly sent: number; readonly isNews: boolean }> {
  const { ledger, config, now } = posting;
  if (!config.mail) {
    await closeGone(ledger, config, now());
    return { sent: 0, isNews: false };
  }
  const giveBack = await takeLock(ledger, "mail", now()).catch((error: unknown) => {
    if (isRefusal(error, "HOME_BUSY")) return null;
    throw error;
  });
  // Another process sends them.
  if (giveBack === null) return { sent: 0, isNews: false };
  try {
    const before = await mailAlerts(ledger);
    await write(ledger, config, now());
    const sent = await postMails(posting);
    await closeGone(ledger, config, now());
    return { sent, isNews: (await mailAlerts(ledger)) !== before };
  } finally {
    await giveBack();
  }
}

async function write(ledger: Ledger, config: Config, at: Date): Promise<void> {
  await gatherAlerts(ledger, config, at);
  const day = await digestDue(ledger, config, at);
  if (day !== null) await gatherDigest(ledger, config, { day, at });
  await foldMails(ledger, { before: daysAfter(at, -FOLD_AFTER_DAYS), at });
  await hastenMails(ledger, minutesAfter(at, LONGEST_REST_MINUTES));
}

/** What could not be sent may have been folded since, and an address taken out of the config. */
async function closeGone(ledger: Ledger, config: Config, at: Date): Promise<void> {
  const by = { by: "packetboat", at };
  if (!config.mail || (await mailsWaiting(ledger)).count === 0) {
    await resolveAlerts(ledger, { code: "MAIL_NOT_SENT", ...by });
  }
  const code = "MAIL_ADDRESS_REFUSED";
  const settings = config.mail ? allRecipients(config).map(({ setting }) => setting) : [];
  for (const { subject } of await listAlerts(ledger, { open: true, code })) {
    if (!settings.includes(subject)) await resolveAlerts(ledger, { code, subject, ...by });
  }
}

/** The open alerts about mail, to see whether they change. */
async function mailAlerts(ledger: Ledger): Promise<string> {
  const open = await Promise.all(
    ["MAIL_NOT_SENT", "MAIL_ADDRESS_REFUSED"].map((code) =>
      listAlerts(ledger, { open: true, code }),
    ),
  );
  return open
    .flat()
    .map(({ id, times }) => `${id} ${times}`)
    .join(" ");
}
