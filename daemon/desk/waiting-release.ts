/** A release that waits to leave: when it may, and what was asked for that is not in it. */
import { postedOf } from "./outgoing.ts";
import { requestReader } from "./requests.ts";
import type { Ledger } from "../ledger/connect.ts";
import { findMessageOut } from "../ledger/standing.ts";
import { findTransfer } from "../ledger/transfers.ts";
import type { OutgoingDocument, Transfer } from "../transfer/effects.ts";
import { idsAt } from "../transfer/releases.ts";
import { type SectionOutcome, whatCame } from "../transfer/sections.ts";

export interface Released {
  /** It does not leave before; until then it can be withdrawn. */
  readonly leavesAt: Date;
  readonly documents: readonly OutgoingDocument[];
  /** Sections that were asked for, and not given. */
  readonly notSent: readonly SectionOutcome[];
}

/** @returns `null` if nothing waits to leave */
export async function waitingRelease(ledger: Ledger, transfer: Transfer): Promise<Released | null> {
  const id = idsAt(transfer, "waiting").at(-1);
  const row = id === undefined ? null : await findMessageOut(ledger, id);
  const posted = row && (await postedOf(ledger, row));
  if (!row || posted?.kind !== "TransferRelease") return null;
  const stored = await findTransfer(ledger, transfer);
  const request = stored && (await requestReader(ledger)(stored.requestContentId));
  const isFirst = posted.message.TransmissionType === "Original";
  return {
    leavesAt: new Date(row.not_before),
    documents: posted.documents,
    notSent: request && isFirst ? whatCame(request, [posted.message]).filter(isNotSent) : [],
  };
}

const isNotSent = ({ asked, outcome }: SectionOutcome): boolean =>
  asked && outcome !== "present" && outcome !== "attached";
