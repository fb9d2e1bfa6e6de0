/**
 * Sweep: what nobody will ask for any more leaves our box (PROTOCOL 3 and 5), as soon as it was listed. Nothing is
 * noted: what is deleted twice is gone, and what stays is listed again.
 */
import { join } from "node:path";
import { exists } from "../disk.ts";
import type { DropBox } from "../dropbox/contract.ts";
import { isRefusal, unlessRefused } from "../errors.ts";
import type { Ledger } from "../ledger/connect.ts";
import { claimsNotClosed } from "../ledger/incoming.ts";
import type { Abandoned } from "../packet/abandoned.ts";
import { sendersOf } from "../packet/shares.ts";
import { sideBySide } from "../side-by-side.ts";

export interface Sweeping {
  readonly ledger: Ledger;
  readonly box: DropBox;
  /** The home's private folder for what was refused. */
  readonly quarantine: string;
}

/** Of either kind in one exchange: packets wait meanwhile, and what the server does not let go must not keep the others. */
const MOST_SWEPT = 50;

/**
 * Delete what was abandoned, but no attachment for which a packet may ask that is in hand, or in the quarantine.
 *
 * @param abandoned as the box was listed in this exchange
 * @returns how many files are not there any more; what the server does not let go stays for another time, and the
 *   rest when the line is lost
 * @throws PacketboatError DISK_…
 */
export async function sweepBox(
  { uploads, attachments }: Abandoned,
  sweeping: Sweeping,
): Promise<number> {
  const { box } = sweeping;
  const unasked = attachments.length === 0 ? [] : await unaskedOf(attachments, sweeping);
  const outcomes = [
    ...(await sideBySide(uploads.slice(0, MOST_SWEPT), ({ name }) =>
      unlessRefused(() => box.removeLeftover(name)),
    )),
    ...(await sideBySide(unasked.slice(0, MOST_SWEPT), ({ name }) =>
      unlessRefused(() => box.remove(name)),
    )),
  ];
  return outcomes.filter((outcome) => !isRefusal(outcome)).length;
}

/** Those that no such packet names, and of whose sender there is none: what it names may not be known yet. */
async function unaskedOf(
  attachments: Abandoned["attachments"],
  { ledger, quarantine }: Sweeping,
): Promise<Abandoned["attachments"]> {
  const named = new Set<string | null>();
  const asking = new Set<string | number | null>();
  for (const claimed of await claimsNotClosed(ledger)) {
    const { claim_id, file_name: name, owner, state, from_agency, sealed_name } = claimed;
    // What was discarded cannot be looked at again.
    if (state === "QUARANTINED" && !(await exists(join(quarantine, claim_id)))) continue;
    named.add(sealed_name);
    for (const sender of [...sendersOf({ name, owner }), from_agency]) asking.add(sender);
  }
  return attachments.filter(
    (file) => !named.has(file.name) && !sendersOf(file).some((sender) => asking.has(sender)),
  );
}
