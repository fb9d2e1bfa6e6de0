/**
 * Clear: what is done with here leaves the box, last of all, and then our own staging. A delete whose
 * answer is lost is done again (TRUST, "Exactly-once effects").
 */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { DropBox } from "../dropbox/contract.ts";
import type { Ledger } from "../ledger/connect.ts";
import {
  attachmentsIn,
  claimsIn,
  claimsToRemove,
  forgetAttachments,
  updateClaim,
} from "../ledger/incoming.ts";

export interface Clearing {
  readonly ledger: Ledger;
  readonly box: DropBox;
  readonly staging: string;
}

/** @throws PacketboatError BOX_…; then it is cleared another time */
export async function clear({ ledger, box, staging }: Clearing): Promise<void> {
  for (const claimed of await claimsToRemove(ledger)) {
    for (const { sealed_name, staged_path } of await attachmentsIn(ledger, claimed.claim_id)) {
      await box.remove(sealed_name);
      if (staged_path) await rm(staged_path, { force: true });
    }
    await forgetAttachments(ledger, claimed.claim_id);
    await box.remove(claimed.file_name);
    await updateClaim(ledger, claimed.claim_id, { removed_from_box: 1 });
  }
  await sweep(ledger, staging);
}

/** Staged files that belong to no packet in hand: a crash left them, or the packet is done. */
async function sweep(ledger: Ledger, staging: string): Promise<void> {
  const inHand = await claimsIn(ledger, ["CLAIMED", "FETCHED", "WAITING"]);
  const wanted = new Set(inHand.map(({ claim_id }) => `${claim_id}.xml.pgp`));
  for (const { claim_id } of inHand) {
    for (const { staged_path } of await attachmentsIn(ledger, claim_id)) {
      if (staged_path) wanted.add(staged_path.slice(staging.length + 1));
    }
  }
  for (const name of await readdir(staging)) {
    const isInbound = name.endsWith(".xml.pgp") || name.endsWith(".att.pgp") || isOpened(name);
    if (isInbound && !wanted.has(name)) await rm(join(staging, name), { force: true });
  }
}

/** An opened attachment, as `gather` names it. */
const isOpened = (name: string): boolean => name.endsWith(".document");
