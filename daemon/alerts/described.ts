/**
 * Districts that documents describe, and that are none or several. One alert for each description, however many
 * requests have it and however often they come; it closes by itself when they were taken.
 */
import { sha256 } from "../ids.ts";
import { listAlerts, resolveAlerts } from "../ledger/alerts.ts";
import type { LedgerTransaction } from "../ledger/connect.ts";
import { isDescribedAnew } from "../ledger/refusals.ts";
import type { AlertFacts } from "../transfer/effects.ts";
import { raisePostAlert } from "./raise.ts";

const CODES = ["DISTRICT_AMBIGUOUS", "DISTRICT_NOT_FOUND"] as const;

/** More alerts of one document help nobody: its faults.txt names every fault. */
const MOST_ALERTS = 20;
/** Rows that are named. */
const MOST_ROWS = 12;

/** A document that has its answer. */
export interface Answered {
  readonly documentId: string;
  readonly dropFolder: string;
  readonly fileName: string;
  readonly results: readonly {
    readonly outcome: string;
    readonly row?: number;
    readonly code?: string;
    readonly described?: string;
    readonly candidates?: readonly string[];
  }[];
}

/** Raise what this document described in vain, and close what it has mended; in the transaction of its answer. */
export async function tellOfDescribed(
  db: LedgerTransaction,
  document: Answered,
  at: Date,
): Promise<void> {
  const unclear = unclearIn(document);
  for (const alert of unclear.slice(0, MOST_ALERTS)) await raisePostAlert(db, { ...alert, at });
  for (const code of CODES) {
    for (const { subject, facts } of await listAlerts(db, { open: true, code })) {
      if (facts["dropFolder"] !== document.dropFolder) continue;
      const still = unclear.find((each) => each.subject === subject);
      // Other words for the same: it is told of by the other code now.
      const isMended = still
        ? still.code !== code
        : await isDescribedAnew(db, earlierIn(facts), document.fileName);
      if (isMended) await resolveAlerts(db, { code, subject, by: "packetboat", at });
    }
  }
}

const earlierIn = (facts: AlertFacts) => ({
  documentId: String(facts["documentId"]),
  described: String(facts["described"]),
});

/** Each description of the document that was not one district, once. */
function unclearIn({ results, dropFolder, documentId }: Answered) {
  const groups = Map.groupBy(
    results.filter(({ outcome }) => outcome === "refused"),
    ({ described }) => described,
  );
  return [...groups].flatMap(([described, requests]) => {
    const code = CODES.find((each) => each === requests[0]?.code);
    if (described === undefined || !code) return [];
    const facts = {
      dropFolder,
      documentId,
      described,
      candidates: (requests[0]?.candidates ?? []).join("; "),
      requests: requests.length,
      rows: rowsOf(requests),
    };
    return [{ code, subject: subjectOf(dropFolder, described), facts }];
  });
}

const subjectOf = (dropFolder: string, described: string): string =>
  `${dropFolder}/${sha256(described).slice(0, 16)}`;

/** `2, 5 and 38 more`; empty where a document has no rows. */
function rowsOf(results: Answered["results"]): string {
  const rows = results.flatMap(({ row }) => (row === undefined ? [] : [row]));
  const more = rows.length - MOST_ROWS;
  const named = rows.slice(0, MOST_ROWS).join(", ");
  return more > 0 ? `${named} and ${more} more` : named;
}
