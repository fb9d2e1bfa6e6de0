/** A request that asks for what is asked for already: another district would have two cases to decide. */
import { isDeepStrictEqual } from "node:util";
import { PacketboatError } from "../errors.ts";
import { showReference } from "../ids.ts";
import type { Ledger } from "../ledger/connect.ts";
import { listTransfers } from "../ledger/transfers.ts";
import type { RequestDecision } from "../transfer/decide.ts";
import { requestOf } from "./enact.ts";

/** Nobody has answered yet, or the records are on their way. */
const UNDER_WAY = ["Requested", "Forwarded", "RequestReceived", "OnHold", "Released"] as const;

/**
 * @throws PacketboatError DOCUMENT_KNOWN if a request under way asks the same district for the same
 *   student's records for the same enrollment
 */
export async function refuseRepeated(ledger: Ledger, asked: RequestDecision): Promise<void> {
  for (const state of UNDER_WAY) {
    for (const row of await listTransfers(ledger, { state, side: "requester" })) {
      if (row.partner_id !== asked.to) continue;
      const before = await requestOf(ledger, { requestContentId: row.request_content_id });
      if (!isDeepStrictEqual(before.Student, asked.student)) continue;
      if (!isDeepStrictEqual(before.NewEnrollment, asked.enrollment)) continue;
      const reference = showReference(row.reference);
      const sentence = `transfer ${reference} already asks agency ${asked.to} for the same`;
      throw new PacketboatError("DOCUMENT_KNOWN", sentence, { facts: { reference } });
    }
  }
}
