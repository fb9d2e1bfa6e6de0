/** What people must know of the directory: keys to be compared, and when it ends. */
import type { AgencyId, Fingerprint } from "../ids.ts";
import { joinedEntity } from "../ledger/agencies.ts";
import type { Ledger, LedgerTransaction } from "../ledger/connect.ts";
import { directoryTimes } from "../ledger/directories.ts";
import { bringTo } from "./bring.ts";
import { plainDate } from "./when.ts";

const DAY_MS = 86_400_000;
/** People hear of a directory that ends this early: its entity may have to be called. */
const NOTICE_DAYS = 14;

/** One alert for each agency of which a key is held; it closes when none is any more. */
export async function tellOfHeldKeys(
  db: LedgerTransaction,
  held: readonly { readonly agencyId: AgencyId; readonly fingerprint: Fingerprint }[],
  at: Date,
): Promise<void> {
  const due = held.map(({ agencyId, fingerprint }) => ({
    subject: agencyId,
    agencyId,
    facts: { agency: agencyId, fingerprint },
  }));
  await bringTo(db, "KEY_HELD", due, at);
}

/** Before the directory ends, and when it has; both close when a newer one is there. */
export async function remindOfDirectory(ledger: Ledger, timeZone: string, at: Date): Promise<void> {
  const entity = await joinedEntity(ledger);
  const all = await directoryTimes(ledger);
  const last = all.find(({ entity_id: id }) => id === entity?.agency_id);
  await ledger.transaction().execute(async (db) => {
    if (!last) return;
    const expiresAt = new Date(last.expires_at);
    const left = expiresAt.getTime() - at.getTime();
    const expires = plainDate(expiresAt, timeZone);
    const about = { subject: "directory", agencyId: last.entity_id };
    const over = left <= 0 ? [{ ...about, facts: { expires } }] : [];
    await bringTo(db, "DIRECTORY_EXPIRED", over, at);
    const days = Math.ceil(left / DAY_MS);
    const isSoon = left > 0 && days <= NOTICE_DAYS;
    const soon = isSoon ? [{ ...about, facts: { expires, days } }] : [];
    await bringTo(db, "DIRECTORY_EXPIRES_SOON", soon, at);
  });
}
