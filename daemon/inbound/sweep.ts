/**
 * Sweep: what nobody will ask for any more leaves our box (PROTOCOL 3 and 5), when all else is done. Nothing is
 * noted: what is deleted twice is gone, and what stays is found again.
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

/** In one exchange. */
const MOST_SWEPT = 1000;
/** So many files are removed side by side. */
const AT_ONCE = 32;

/**
 * Delete what was abandoned, but no attachment for which a packet may ask that is in hand, or in the quarantine.
 *
 * @param abandoned as the box was listed in this exchange
 * @returns how many files left the box; what the server does not let go, or a line that is lost, stays for another time
 * @throws PacketboatError DISK_…
 */
export async function sweepBox(
  { uploads, attachments }: Abandoned,
  sweeping: Sweeping,
): Promise<number> {
  const { box } = sweeping;
  const unasked = attachments.length === 0 ? [] : await unaskedOf(attachments, sweeping);
  const going = [
    ...uploads.map(({ name }) => ({ name, isUpload: true })),
    ...unasked.map(({ name }) => ({ name, isUpload: false })),
  ];
  const outcomes = await sideBySide(
    going.slice(0, MOST_SWEPT),
    ({ name, isUpload }) =>
      unlessRefused(() => (isUpload ? box.removeLeftover(name) : box.remove(name))),
    AT_ONCE,
  );
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
