/** Carry out what a person decided: commands and documents from the outbox both end here. */
import { PacketboatError } from "../errors.ts";
import { newTransferId, showReference } from "../ids.ts";
import { noteListed } from "../ledger/agencies.ts";
import type { LedgerTransaction, Queries } from "../ledger/connect.ts";
import { durable } from "../ledger/together.ts";
import { transferNamed, type StoredTransfer, type TransferKey } from "../ledger/transfers.ts";
import type { User } from "../packet/model.gen.ts";
import * as rules from "../transfer/decide.ts";
import type { Effect, Transfer } from "../transfer/effects.ts";
import type { DecisionFacts } from "../transfer/facts.ts";
import type { About, Decided, Decision } from "./decision.ts";
import { enact, type Desk } from "./enact.ts";
import { addressed } from "./addressed.ts";
import { showLetters } from "./showing.ts";

export interface Deciding {
  readonly decision: Decision;
  /** Who decides, and how we know. */
  readonly user: User;
  readonly at: Date;
  /** More to write in the same transaction. */
  readonly within?: (db: LedgerTransaction, decided: Decided) => Promise<void>;
}

/**
 * @returns the transfer as the decision left it
 * @throws PacketboatError PARTNER_UNKNOWN, TRANSFER_UNKNOWN, TRANSFER_STATE and what else the rules
 *   refuse; then nothing has happened
 */
export async function decide(desk: Desk, deciding: Deciding): Promise<Transfer> {
  const { decision, user, at, within } = deciding;
  const asked = decision.kind === "request" ? await addressed(desk, decision.request) : null;
  const key = decision.kind === "request" ? null : await keyOf(desk.ledger, decision.about);
  const { transfer } = await enact(desk, {
    key,
    at,
    who: user.Username,
    authentication: user.UserAuthentication,
    decide: (facts) =>
      asked
        ? rules.request(asked, { ...facts, user, newTransferId })
        : effectsOf(decision, { ...facts, user, newTransferId }),
    within: async (db, enacted) => {
      if (asked?.onPaper) await noteListed(db, asked.to);
      if (enacted.transfer) await within?.(db, enacted.transfer);
    },
  });
  if (!transfer) throw new PacketboatError("TRANSFER_UNKNOWN", "the decision is about no transfer");
  if (transfer.isOnPaper) {
    await durable(desk.ledger);
    await showLetters(desk.ledger, transfer);
  }
  return transfer;
}

/** The transfer that is meant. @throws PacketboatError TRANSFER_UNKNOWN, TRANSFER_AMBIGUOUS */
export const keyOf = async (db: Queries, about: About): Promise<TransferKey> =>
  (await storedAbout(db, about)).transfer;

/** The same, as it stands in the ledger. @throws as `keyOf` */
export const storedAbout = (db: Queries, about: About): Promise<StoredTransfer> =>
  transferNamed(db, "reference" in about ? showReference(about.reference) : about.transferId);

function effectsOf(decision: Decision, facts: DecisionFacts): Effect[] {
  switch (decision.kind) {
    case "request":
      throw new TypeError("whom a request goes to is settled before");
    case "resubmit":
      refuseAnother(decision.to, facts.transfer);
      return rules.resubmit(decision.changes, facts);
    case "cancel":
      return rules.cancel(decision, facts);
    case "imported":
      return rules.imported(decision, facts);
    case "answered":
      return rules.notePaperAnswer(decision.answer, facts);
    case "answer":
      return rules.answer(decision.answer, facts);
    case "release":
      return rules.release(decision.release, facts);
    case "supplement":
      return rules.supplement(decision.release, facts);
    case "withdraw":
      return rules.withdraw(facts);
    case "recall":
      return rules.recall(decision.recall, facts);
  }
}

/** A new version goes to the district that was asked first; to ask another is a new request. */
function refuseAnother(to: string | null, transfer: Transfer | null): void {
  if (to === null || !transfer) return;
  const first = rules.askedFirst(transfer);
  if (to === first) return;
  const sentence = `transfer ${showReference(transfer.reference)} is with agency ${first}, not ${to}`;
  throw new PacketboatError("TRANSFER_NOT_THEIRS", sentence);
}
