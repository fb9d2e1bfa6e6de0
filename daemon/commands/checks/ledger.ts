/** Does the ledger open, does the end of its audit hold, and who is at work on it? */
import { isRefusal } from "../../errors.ts";
import { verifyAuditTail } from "../../ledger/audit.ts";
import type { Ledger } from "../../ledger/connect.ts";
import { lockHolder } from "../../ledger/locks.ts";
import { reconcilingSince } from "../../ledger/settings.ts";
import type { LockRow } from "../../ledger/tables.ts";
import { type Checking, type Finding, ok, refused, warning } from "./finding.ts";

/** The whole chain is read by `audit verify`. */
const AUDIT_TAIL = 1000;

export async function checkLedger({ ledger }: Checking): Promise<Finding[]> {
  if (ledger === null) return [ok("ledger", "not begun yet")];
  if (isRefusal(ledger)) return refused("ledger", ledger);
  try {
    await verifyAuditTail(ledger, AUDIT_TAIL);
    return [await standing(ledger)];
  } catch (error) {
    return refused("ledger", error);
  }
}

async function standing(ledger: Ledger): Promise<Finding> {
  const since = await reconcilingSince(ledger);
  if (since !== null) {
    const sentence = `restored from a backup at ${since}: nothing is sent or taken until a person agrees`;
    const hint =
      "Compare the transfers with your folders and partners, then run `packetboat exchange --proceed`.";
    return warning("ledger", sentence, hint);
  }
  const daemon = await lockHolder(ledger, "run");
  const exchange = await lockHolder(ledger, "home");
  const busy = [
    ...(daemon ? [`packetboat run is alive (${who(daemon)})`] : []),
    ...(exchange ? [`an exchange is under way (${who(exchange)})`] : []),
  ];
  return ok("ledger", ["opens, and its audit holds", ...busy].join("; "));
}

const who = ({ process_id, since }: LockRow): string => `process ${process_id}, since ${since}`;
