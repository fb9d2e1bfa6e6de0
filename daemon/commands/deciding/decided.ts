/** What a decision led to, as every command that decides tells it. */
import { join } from "node:path";
import { LETTER_FILE } from "../../desk/cases.ts";
import { showReference } from "../../ids.ts";
import { findAgency } from "../../ledger/agencies.ts";
import { type Alert, listAlerts } from "../../ledger/alerts.ts";
import type { Queries } from "../../ledger/connect.ts";
import { publicationsOf } from "../../ledger/publications.ts";
import type { TransferKey } from "../../ledger/transfers.ts";
import { statusWords } from "../../reports/status-words.ts";
import type { Transfer } from "../../transfer/effects.ts";
import { pairs } from "../frame/shown.ts";
import { alertLines, alertResult } from "../showing/alert.ts";
import type { Acting } from "./act.ts";

/** The transfer as the decision left it, and what is open about it. */
export interface Decided {
  readonly transfer: Transfer;
  readonly partner: string | null;
  /** The newest letter of a transfer on paper, as far as it could be shown already; else `null`. */
  readonly letter: string | null;
  readonly alerts: readonly Alert[];
  readonly timeZone: string;
}

export async function decidedOn({ ledger, config }: Acting, transfer: Transfer): Promise<Decided> {
  return {
    transfer,
    partner: (await findAgency(ledger, transfer.partnerId))?.name ?? null,
    letter: transfer.isOnPaper ? await letterOf(ledger, transfer) : null,
    alerts: await openAlertsOf(ledger, transfer),
    timeZone: config.agency.timeZone,
  };
}

async function letterOf(db: Queries, transfer: TransferKey): Promise<string | null> {
  const rows = await publicationsOf(db, transfer);
  const last = rows.findLast(({ what, state }) => what === "letter" && state === "PUBLISHED");
  return last ? join(last.final_path, LETTER_FILE) : null;
}

/** Open alerts about one transfer. */
export async function openAlertsOf(db: Queries, key: TransferKey): Promise<Alert[]> {
  const open = await listAlerts(db, { open: true });
  return open.filter(
    ({ transfer }) =>
      transfer?.requesterId === key.requesterId && transfer.transferId === key.transferId,
  );
}

/** For `--json`. */
export const decidedResult = ({ transfer, partner, letter, alerts, timeZone }: Decided) => ({
  reference: showReference(transfer.reference),
  transferId: transfer.transferId,
  requesterId: transfer.requesterId,
  side: transfer.side,
  state: transfer.state,
  status: statusWords(transfer.state, transfer.side).label,
  onPaper: transfer.isOnPaper,
  letter,
  partner: { agencyId: transfer.partnerId, name: partner },
  expiresAt: transfer.expiresAt.toISOString(),
  alerts: alerts.map((alert) => alertResult(alert, timeZone)),
});

/** @param next what to type now */
export function decidedLines(decided: Decided, next: readonly string[]): string[] {
  const { transfer, partner, letter, alerts, timeZone } = decided;
  const { state, side, isOnPaper } = transfer;
  const { label, meaning } = statusWords(state, side, isOnPaper);
  return [
    ...pairs([
      ["Reference", showReference(transfer.reference)],
      ["Status", `${label}. ${meaning}`],
      ["District", `${partner ?? "agency"} (${transfer.partnerId})`],
      ["Letter", letter],
    ]),
    ...(alerts.length === 0 ? [] : ["", "Look at:"]),
    ...alerts.flatMap((alert) => alertLines(alert, timeZone)),
    ...(next.length === 0 ? [] : ["", ...next.map((line) => `Next: ${line}`)]),
  ];
}
