/** Due: whose turn it is. A partner that failed us rests for a while and comes last, and people hear of it. */
import { raisePostAlert } from "../alerts/raise.ts";
import type { PacketboatError } from "../errors.ts";
import type { AgencyId } from "../ids.ts";
import { stopAgency } from "../ledger/agencies.ts";
import { resolveAlerts } from "../ledger/alerts.ts";
import type { Ledger } from "../ledger/connect.ts";
import { agenciesWaitedFor, packetsIn } from "../ledger/outgoing.ts";
import { backOff, backoffs, clearBackoff, isResting } from "../ledger/runs.ts";
import type { OutgoingKind } from "../ledger/tables.ts";

/** Agencies for which something waits, and that do not rest; those that failed us last come last. */
export async function dueNow(
  ledger: Ledger,
  { at, held }: { readonly at: Date; readonly held: readonly OutgoingKind[] },
) {
  const rests = new Map((await backoffs(ledger)).map((row) => [row.agency_id, row]));
  const failures = (id: AgencyId): number => rests.get(id)?.failures ?? 0;
  const isDue = (id: AgencyId): boolean => {
    const row = rests.get(id);
    return row === undefined || !isResting(row, at);
  };
  const ids = (await agenciesWaitedFor(ledger, { at, held })).filter(isDue);
  return { ids: ids.toSorted((one, other) => failures(one) - failures(other)), failures };
}

/** A partner that was not served, and why. */
export interface NotServed {
  readonly id: AgencyId;
  readonly error: PacketboatError;
  readonly at: Date;
}

/** It is not tried again for a while, and then after the others. */
export const rest = (
  ledger: Ledger,
  { id, error, at }: NotServed,
  random: () => number,
): Promise<void> => backOff(ledger, { agencyId: id, code: error.code, at, random });

/** Who must not be served any more is stopped; of everybody else people hear as long as it lasts. */
export async function tellNotServed(ledger: Ledger, { id, error, at }: NotServed): Promise<void> {
  const { code, message: reason } = error;
  // Told once, however many are not served because of it.
  if (code === "DIRECTORY_EXPIRED") return;
  if (code === "KEY_REVOKED") {
    await stopAgency(ledger, id, code);
    const facts = { code, reason };
    await raisePostAlert(ledger, { code: "PARTNER_STOPPED", subject: id, agencyId: id, facts, at });
    return;
  }
  const { length: packets } = await packetsIn(ledger, ["FIXED", "SEALED"], id);
  const facts = { code, reason, packets };
  await raisePostAlert(ledger, {
    code: "PARTNER_UNREACHABLE",
    subject: id,
    agencyId: id,
    facts,
    at,
  });
}

/** What was told of it is over. */
export async function reached(ledger: Ledger, id: AgencyId, at: Date): Promise<void> {
  await clearBackoff(ledger, id);
  await resolveAlerts(ledger, {
    code: "PARTNER_UNREACHABLE",
    subject: id,
    by: "packetboat",
    at,
  });
}
