/** What people must know of sealed files for other states, worked out from the ledger: refused ones, and those that wait. */
import type { LedgerTransaction, Queries } from "../ledger/connect.ts";
import { type RefusedRelays, refusedRelays, waitingRelays } from "../ledger/relays.ts";
import { bringTo, type Due } from "./bring.ts";
import { plainDate } from "./when.ts";

/** One alert for each sender and reason, and for each recipient and reason; each closes when nothing is left of it. */
export async function tellOfRelays(
  db: LedgerTransaction,
  { at, timeZone }: { readonly at: Date; readonly timeZone: string },
): Promise<void> {
  await tellOfRefusedRelays(db, at);
  const waiting = await waitingRelays(db);
  const due = waiting.map(({ to, code, reason, files, since }) => ({
    subject: `${to} ${code}`,
    agencyId: to,
    facts: { code, reason, files, to, since: plainDate(since, timeZone) },
  }));
  await bringTo(db, "RELAY_WAITING", due, at);
}

/** Of the refused ones alone: of what is still kept. */
export const tellOfRefusedRelays = async (db: LedgerTransaction, at: Date): Promise<void> =>
  bringTo(db, "RELAY_REFUSED", await refusedDue(db), at);

/** An account may give its files the names of many. */
async function refusedDue(db: Queries): Promise<Due<"RELAY_REFUSED">[]> {
  const due = new Map<string, Due<"RELAY_REFUSED">>();
  for (const refused of await refusedRelays(db)) {
    const { account, from, isProved, code, reason, files } = refused;
    const subject = `${senderOf(refused)} ${code}`;
    const others = due.get(subject)?.facts.files ?? 0;
    due.set(subject, {
      subject,
      ...(isProved ? { agencyId: from } : {}),
      facts: {
        code,
        reason,
        files: files + others,
        from,
        ...(account === null ? {} : { account }),
        proved: isProved,
      },
    });
  }
  return [...due.values()];
}

/** Nobody is blamed for a name that somebody else's account gave a file. */
const senderOf = ({ account, from }: RefusedRelays): string =>
  account === null ? from : `account ${account}`;
