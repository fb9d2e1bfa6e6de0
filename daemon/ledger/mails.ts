/** The outbox of mails, and what they were written for. A row is written first, and sent later. */
import { newLocalId } from "../ids.ts";
import type { LedgerTransaction, Queries } from "./connect.ts";
import type { MailRow, MailState } from "./tables.ts";

export interface NewMail {
  readonly kind: MailRow["kind"];
  readonly recipient: string;
  /** Where the address stands in the config. */
  readonly setting: string;
  readonly subject: string;
  readonly body: string;
  /** The alerts that it tells of at once; none for a digest. */
  readonly alertIds: readonly string[];
  readonly at: Date;
}

/** Write a mail down; it goes with the next round. @returns its id */
export async function addMail(db: LedgerTransaction, mail: NewMail): Promise<string> {
  const { kind, recipient, setting, subject, body, alertIds } = mail;
  const mail_id = newLocalId();
  const at = mail.at.toISOString();
  const standing = { state: "WAITING", attempts: 0, ended_at: null, code: null } as const;
  const times = { created_at: at, next_attempt_at: at };
  await db
    .insertInto("mails")
    .values({ mail_id, kind, recipient, setting, subject, body, ...standing, ...times })
    .execute();
  for (const alert_id of alertIds) {
    await db.insertInto("mail_causes").values({ alert_id, recipient, mail_id }).execute();
  }
  return mail_id;
}

/** Ids of the open alerts that somebody was told of at once. */
export async function alertsMailed(db: Queries): Promise<Set<string>> {
  const rows = await db
    .selectFrom("mail_causes")
    .innerJoin("alerts", "alerts.alert_id", "mail_causes.alert_id")
    .select("mail_causes.alert_id")
    .where("alerts.resolved_at", "is", null)
    .execute();
  return new Set(rows.map(({ alert_id }) => alert_id));
}

/** Mails that may be tried now, the oldest first. */
export const mailsDue = (db: Queries, at: Date): Promise<MailRow[]> =>
  db
    .selectFrom("mails")
    .selectAll()
    .where("state", "=", "WAITING")
    .where("next_attempt_at", "<=", at.toISOString())
    .orderBy("created_at")
    .orderBy("mail_id")
    .execute();

/** How many wait, since when, and why. */
export interface MailsWaiting {
  readonly count: number;
  readonly since: string | null;
  /** Of the last failure; `null` if none was tried in vain. */
  readonly code: string | null;
  readonly nextAttemptAt: string | null;
}

export async function mailsWaiting(db: Queries): Promise<MailsWaiting> {
  const rows = await db
    .selectFrom("mails")
    .select(["created_at", "next_attempt_at", "code"])
    .where("state", "=", "WAITING")
    .orderBy("created_at")
    .execute();
  const next = rows.map((row) => row.next_attempt_at).toSorted()[0];
  const code = rows.map((row) => row.code).find((each) => each !== null);
  const since = rows[0]?.created_at ?? null;
  return { count: rows.length, since, code: code ?? null, nextAttemptAt: next ?? null };
}

/** It was sent, or never will be. */
export async function endMail(
  db: Queries,
  id: string,
  end: { state: Exclude<MailState, "WAITING">; code?: string; at: Date },
): Promise<void> {
  const { state, code = null } = end;
  await db
    .updateTable("mails")
    .set((eb) => ({
      state,
      code,
      ended_at: end.at.toISOString(),
      attempts: eb("attempts", "+", state === "FOLDED" ? 0 : 1),
    }))
    .where("mail_id", "=", id)
    .execute();
}

/** It was tried in vain, and is tried again later. */
export async function putOffMail(
  db: Queries,
  id: string,
  { code, until }: { code: string; until: Date },
): Promise<void> {
  await db
    .updateTable("mails")
    .set((eb) => ({
      code,
      next_attempt_at: until.toISOString(),
      attempts: eb("attempts", "+", 1),
    }))
    .where("mail_id", "=", id)
    .execute();
}

/** Neither a clock that was set back nor a long rest makes a mail wait beyond `latest` (TRUST F23). */
export async function hastenMails(db: Queries, latest: Date): Promise<void> {
  await db
    .updateTable("mails")
    .set({ next_attempt_at: latest.toISOString() })
    .where("state", "=", "WAITING")
    .where("next_attempt_at", ">", latest.toISOString())
    .execute();
}

/**
 * Fold what is not worth sending any more: mails of which every alert has ended, and those older than
 * `before`. What is still open of them stands in the next digest.
 *
 * @returns how many
 */
export async function foldMails(db: Queries, { before, at }: { before: Date; at: Date }) {
  const { numUpdatedRows } = await db
    .updateTable("mails")
    .set({ state: "FOLDED", ended_at: at.toISOString() })
    .where("state", "=", "WAITING")
    .where((eb) =>
      eb.or([
        eb("created_at", "<", before.toISOString()),
        eb.and([
          eb("kind", "=", "alerts"),
          eb.not(
            eb.exists(
              eb
                .selectFrom("mail_causes")
                .innerJoin("alerts", "alerts.alert_id", "mail_causes.alert_id")
                .select("mail_causes.alert_id")
                .whereRef("mail_causes.mail_id", "=", "mails.mail_id")
                .where("alerts.resolved_at", "is", null),
            ),
          ),
        ]),
      ]),
    )
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/** A new digest says all that an older one said which has not left. */
export async function foldDigests(db: Queries, at: Date): Promise<void> {
  await db
    .updateTable("mails")
    .set({ state: "FOLDED", ended_at: at.toISOString() })
    .where("state", "=", "WAITING")
    .where("kind", "=", "digest")
    .execute();
}

/** Delete mails that ended before, and what they told of if that has ended as well. */
export async function forgetMails(db: Queries, before: Date): Promise<void> {
  await db.deleteFrom("mails").where("ended_at", "<", before.toISOString()).execute();
  const kept = db.selectFrom("mails").select("mail_id");
  const open = db.selectFrom("alerts").select("alert_id").where("resolved_at", "is", null);
  await db
    .deleteFrom("mail_causes")
    .where("mail_id", "not in", kept)
    .where("alert_id", "not in", open)
    .execute();
}

/** Is the digest of a date made, and was there ever one? */
export async function digestsMade(
  db: Queries,
  day: string,
): Promise<{ readonly thisDay: boolean; readonly any: boolean }> {
  const [row] = await db.selectFrom("digests").select("day").where("day", "=", day).execute();
  const [any] = await db.selectFrom("digests").select("day").limit(1).execute();
  return { thisDay: row !== undefined, any: any !== undefined };
}

/** @returns `false` if it was made already, by whomever */
export async function noteDigest(db: LedgerTransaction, day: string, at: Date): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await db
    .insertInto("digests")
    .values({ day, made_at: at.toISOString() })
    .onConflict((conflict) => conflict.column("day").doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows > 0n;
}
