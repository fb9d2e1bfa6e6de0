/** Alerts that are worked out anew each time: what no longer holds closes by itself. */
import type { AgencyId } from "../ids.ts";
import { openFacts, raiseAlert, resolveAlerts } from "../ledger/alerts.ts";
import type { LedgerTransaction } from "../ledger/connect.ts";
import type { TransferKey } from "../ledger/transfers.ts";
import type { PostAlertCode, PostAlertFacts } from "./post-alerts.ts";

/** What is to be told of now. */
export interface Due<Code extends PostAlertCode> {
  readonly subject: string;
  /** Whom to call; nobody, if it is about none. */
  readonly agencyId?: AgencyId;
  readonly transfer?: TransferKey;
  readonly facts: PostAlertFacts<Code>;
}

/**
 * Open alerts of this code are then exactly these; one whose facts are the same is left alone.
 *
 * @param isMeant of which subjects this is all; those of others stay as they are
 */
export async function bringTo<Code extends PostAlertCode>(
  db: LedgerTransaction,
  code: Code,
  due: readonly Due<Code>[],
  at: Date,
  isMeant: (subject: string) => boolean = () => true,
): Promise<void> {
  const open = await openFacts(db, code);
  for (const each of due) {
    const isOpen = open.get(each.subject) === JSON.stringify(each.facts);
    if (!isOpen) await raiseAlert(db, { code, ...each, at });
    open.delete(each.subject);
  }
  for (const subject of [...open.keys()].filter(isMeant)) {
    await resolveAlerts(db, { code, subject, by: "packetboat", at });
  }
}
