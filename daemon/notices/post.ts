/** Sending what waits: in one session, within one deadline. What cannot go waits longer each time. */
import { raisePostAlert } from "../alerts/raise.ts";
import type { Config, Mail } from "../config.ts";
import { parseMailServer, readMailCredentials } from "../config/mail.ts";
import { isRefusal, PacketboatError } from "../errors.ts";
import { listAlerts, resolveAlerts } from "../ledger/alerts.ts";
import type { Ledger, LedgerTransaction } from "../ledger/connect.ts";
import { endMail, mailsDue, mailsWaiting, putOffMail } from "../ledger/mails.ts";
import type { MailRow } from "../ledger/tables.ts";
import type { Log } from "../log.ts";
import { isOfLetter, type Letter, type MailSession, openMail } from "../mail.ts";
import { minutesAfter } from "../transfer/dates.ts";

export interface Posting {
  readonly ledger: Ledger;
  readonly config: Config;
  readonly now: () => Date;
  readonly random: () => number;
  readonly log: Log;
  /** Fires when packetboat is asked to end. */
  readonly stop: AbortSignal;
  /** All of a round lasts no longer than this, in milliseconds. */
  readonly deadlineMs?: number;
}

/** Nobody waits for mail, but a daemon that is asked to end. */
const DEADLINE_MS = 60_000;
export const LONGEST_REST_MINUTES = 60;
/** A server that puts a mail off does so for some minutes; after so many times a person hears of it. */
const PATIENT_TIMES = 5;

/**
 * Open a session as the config says.
 *
 * @throws PacketboatError MAIL_…, FILE_NOT_FOUND, FILE_UNREADABLE, CONFIG_UNSAFE
 */
export async function mailSession(
  config: Config,
  mail: Mail,
  stop: AbortSignal,
): Promise<MailSession> {
  const server = parseMailServer(mail.server);
  if (!server) throw new PacketboatError("CONFIG_INVALID", "mail.server names no server");
  return openMail(server, await readMailCredentials(config), stop);
}

/** Send every mail that is due. @returns how many went */
export async function postMails(posting: Posting): Promise<number> {
  const { ledger, config, now, stop, deadlineMs = DEADLINE_MS } = posting;
  const { mail } = config;
  const due = mail ? await mailsDue(ledger, now()) : [];
  if (!mail || due.length === 0) return 0;
  const ending = AbortSignal.any([stop, AbortSignal.timeout(deadlineMs)]);
  let sent = 0;
  try {
    await using session = await mailSession(config, mail, ending);
    for (const row of due) if (await postOne(posting, session, mail, row)) sent++;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    // What we cut off ourselves goes at the next start.
    if (!stop.aborted) await tellNotSent(posting, error);
  }
  return sent;
}

/**
 * @returns whether it went
 * @throws PacketboatError what hinders all of them
 */
async function postOne(
  posting: Posting,
  session: MailSession,
  mail: Mail,
  row: MailRow,
): Promise<boolean> {
  const { ledger, config, now, log } = posting;
  try {
    await session.send(letterOf(config, mail, row));
  } catch (error) {
    if (!isRefusal(error) || !isOfLetter(error)) throw error;
    if (error.code === "MAIL_REFUSED") await giveUp(posting, row, error);
    else await putOff(posting, row, error);
    return false;
  }
  const at = now();
  await ledger.transaction().execute(async (db) => {
    await endMail(db, row.mail_id, { state: "SENT", at });
    await resolveAlerts(db, { ...NOT_SENT, by: "packetboat", at });
    await resolveAlerts(db, { ...ofAddress(row), by: "packetboat", at });
  });
  log.info("Mail sent", { mailId: row.mail_id, kind: row.kind });
  return true;
}

const letterOf = ({ agency }: Config, { from }: Mail, row: MailRow): Letter => ({
  id: row.mail_id,
  from: { name: `Packetboat, ${agency.name}`, address: from },
  to: row.recipient,
  subject: row.subject,
  text: row.body,
  at: new Date(row.created_at),
});

const NOT_SENT = { code: "MAIL_NOT_SENT", subject: "mail" } as const;
const ofAddress = ({ setting }: MailRow) =>
  ({ code: "MAIL_ADDRESS_REFUSED", subject: setting }) as const;

async function giveUp({ ledger, now, log }: Posting, row: MailRow, error: PacketboatError) {
  const at = now();
  await ledger.transaction().execute(async (db) => {
    await endMail(db, row.mail_id, { state: "GIVEN_UP", code: error.code, at });
    await tellOfAddress(db, row, error, at);
  });
  log.error("Mail given up", { mailId: row.mail_id, code: error.code });
}

async function putOff(posting: Posting, row: MailRow, error: PacketboatError) {
  const { ledger, now, log } = posting;
  const at = now();
  await ledger.transaction().execute(async (db) => {
    await putOffMail(db, row.mail_id, { code: error.code, until: nextTry(posting, row, at) });
    if (row.attempts + 1 >= PATIENT_TIMES) await tellOfAddress(db, row, error, at);
  });
  log.warn("Mail put off", { mailId: row.mail_id, code: error.code });
}

const tellOfAddress = (
  db: LedgerTransaction,
  row: MailRow,
  { code, message: reason }: PacketboatError,
  at: Date,
): Promise<string> =>
  raisePostAlert(db, { ...ofAddress(row), facts: { code, reason, setting: row.setting }, at });

/** Twice as long each time, up to an hour, spread by chance. */
function nextTry({ random }: Posting, { attempts }: MailRow, at: Date): Date {
  const minutes = Math.min(2 ** (Math.min(attempts, 20) + 1), LONGEST_REST_MINUTES);
  return minutesAfter(at, minutes * (0.5 + random() / 2));
}

/** None goes at present: all wait, and IT hears of it once. */
async function tellNotSent(posting: Posting, error: PacketboatError): Promise<void> {
  const { ledger, now, log } = posting;
  const { code, message: reason } = error;
  const at = now();
  await ledger.transaction().execute(async (db) => {
    for (const row of await mailsDue(db, at)) {
      await putOffMail(db, row.mail_id, { code, until: nextTry(posting, row, at) });
    }
    const { count: mails } = await mailsWaiting(db);
    const [open] = await listAlerts(db, { open: true, code: NOT_SENT.code });
    const isTold = open?.facts["code"] === code && open.facts["mails"] === mails;
    if (!isTold) await raisePostAlert(db, { ...NOT_SENT, facts: { code, reason, mails }, at });
  });
  log.error("Mail not sent", { code });
}
