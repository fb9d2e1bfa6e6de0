/** Raising the post's own alerts: each with the facts that its sentences need. */
import type { AgencyId } from "../ids.ts";
import { raiseAlert } from "../ledger/alerts.ts";
import type { Queries } from "../ledger/connect.ts";
import type { TransferKey } from "../ledger/transfers.ts";
import type { PostAlertCode, PostAlertFacts } from "./post-alerts.ts";

export interface PostAlert<Code extends PostAlertCode> {
  readonly code: Code;
  /** One alert is open per code and subject: an agency, a claim, a document, `server` … */
  readonly subject: string;
  readonly agencyId?: AgencyId;
  readonly transfer?: TransferKey;
  readonly facts: PostAlertFacts<Code>;
  readonly at: Date;
}

/**
 * Open one of the post's own alerts, or renew it.
 *
 * @returns its id
 */
export const raisePostAlert = <Code extends PostAlertCode>(
  db: Queries,
  alert: PostAlert<Code>,
): Promise<string> => raiseAlert(db, alert);
