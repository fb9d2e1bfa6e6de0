/**
 * The quarantine, looked at by people. What is kept there is what lies in the folder; the ledger knows
 * whose it is and what its sender was told. A packet that was answered is closed for ever; any other may
 * be looked at again, once its cause is mended (PROTOCOL 4).
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { diskRefusal, exists, removeQuietly } from "../disk.ts";
import { PacketboatError } from "../errors.ts";
import { resolveAlerts } from "../ledger/alerts.ts";
import { addAudit } from "../ledger/audit.ts";
import type { Ledger, LedgerTransaction } from "../ledger/connect.ts";
import { updateClaim } from "../ledger/incoming.ts";
import { claimsNamed, type SentClaim } from "../ledger/quarantine.ts";
import { copyDurably } from "./carry.ts";
import { readReason, type RefusedMessage } from "./reason.ts";
import { allSetAside, type SetAside } from "./recalled.ts";
import { stagedPath } from "./staged.ts";
import { allUnrelayed, type Unrelayed } from "./unrelayed.ts";

export interface Quarantine {
  readonly ledger: Ledger;
  /** Private folders of the home. */
  readonly quarantine: string;
  readonly staging: string;
}

export interface Kept extends SentClaim {
  readonly id: string;
  readonly refusedAt: Date;
  /** Of the packet as a whole, or of its first refused message. */
  readonly code: string;
  readonly reason: string;
  /** None if the packet was refused as a whole. */
  readonly messages: readonly RefusedMessage[];
  /**
   * `answered`: a receipt told the sender, and it must come again under new ids. `kept`: nobody was told.
   * `again`: the next exchange looks at it again.
   */
  readonly standing: "answered" | "kept" | "again";
  /** The sealed file; `null` if it was never fetched. */
  readonly original: string | null;
}

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Fewer characters than these could mean anything. */
const LEAST_TYPED = 6;

/** Everything that is kept, oldest first. */
export async function allKept({ ledger, quarantine }: Quarantine): Promise<Kept[]> {
  const names = await readdir(quarantine).catch((error: unknown) => {
    throw diskRefusal(error, quarantine);
  });
  const claims = await claimsNamed(
    ledger,
    names.filter((name) => ID.test(name)),
  );
  const kept = await Promise.all(
    claims.map((claim) => keptIn(join(quarantine, claim.claim.claim_id), claim)),
  );
  return kept.filter((each) => each !== null);
}

/** A packet that was refused, records that were recalled, or a file that was not moved on to another state. */
export type InQuarantine =
  | { readonly kind: "refused"; readonly kept: Kept }
  | { readonly kind: "unrelayed"; readonly unrelayed: Unrelayed }
  | { readonly kind: "recalled"; readonly setAside: SetAside };

/**
 * The one that is meant.
 *
 * @param typed its id, or the beginning or the end of it
 * @throws PacketboatError QUARANTINE_UNKNOWN if none or several are meant
 */
export async function quarantinedNamed(
  quarantine: Quarantine,
  typed: string,
): Promise<InQuarantine> {
  const part = typed.trim().toLowerCase();
  const isMeant = ({ id }: { readonly id: string }): boolean =>
    part.length >= LEAST_TYPED && (id.startsWith(part) || id.endsWith(part));
  const kept = (await allKept(quarantine)).filter(isMeant);
  const aside = (await allSetAside(quarantine)).filter(isMeant);
  const unrelayed = (await allUnrelayed(quarantine)).filter(isMeant);
  const ids = [...kept, ...aside, ...unrelayed].map(({ id }) => id);
  if (ids.length === 1) {
    if (kept[0]) return { kind: "refused", kept: kept[0] };
    if (unrelayed[0]) return { kind: "unrelayed", unrelayed: unrelayed[0] };
    if (aside[0]) return { kind: "recalled", setAside: aside[0] };
  }
  const shown = JSON.stringify(part.slice(0, 40));
  const sentence =
    ids.length > 1
      ? `${shown} may mean any of: ${ids.join(", ")}`
      : `nothing in the quarantine is called ${shown}`;
  throw new PacketboatError("QUARANTINE_UNKNOWN", sentence);
}

async function keptIn(folder: string, sent: SentClaim): Promise<Kept | null> {
  const { claim } = sent;
  const said = await readReason(folder);
  if (said === null) return null;
  const { at, code, reason, refused = [], isSpoiled } = said;
  // Tried again, and taken.
  if (claim.state === "RECORDED" && refused.length === 0 && !isSpoiled) return null;
  const original = join(folder, "packet.xml.pgp");
  const isAnswered = claim.state === "RECORDED" || claim.receipted_at !== null;
  const isInHand = ["CLAIMED", "FETCHED", "WAITING"].includes(claim.state);
  const [first] = refused;
  return {
    ...sent,
    id: claim.claim_id,
    refusedAt: at,
    code: code ?? first?.code ?? claim.code ?? "",
    reason: reason ?? first?.reason ?? claim.reason ?? "",
    messages: refused.map(({ position, kind, code: each, reason: why }) => ({
      position,
      kind,
      code: each,
      reason: why,
    })),
    standing: isInHand ? "again" : isAnswered ? "answered" : "kept",
    original: (await exists(original)) ? original : null,
  };
}

/**
 * Have the next exchange look at it again, as if it had just been fetched. Safe to repeat.
 *
 * @throws PacketboatError QUARANTINE_ANSWERED, QUARANTINE_UNKNOWN; DISK_FULL, DISK_FAILED, then it is
 *   kept as it was
 */
export async function lookAgain(
  { ledger, staging }: Quarantine,
  { id, claim, original, standing }: Kept,
  by: { readonly who: string; readonly at: Date },
): Promise<void> {
  if (standing === "answered") {
    throw new PacketboatError("QUARANTINE_ANSWERED", `the sender of ${id} was told by a receipt`);
  }
  if (original === null && claim.removed_from_box === 1) {
    const sentence = `of ${id} nothing but the reason is kept: it was never fetched, and has left the box`;
    throw new PacketboatError("QUARANTINE_UNKNOWN", sentence);
  }
  const staged = stagedPath(staging, claim);
  const putBack = async (): Promise<void> => {
    if (original !== null && !(await exists(staged))) await copyDurably(original, staged);
  };
  await putBack();
  if (standing === "kept") {
    await ledger.transaction().execute(async (db) => {
      const state = original === null ? "CLAIMED" : "FETCHED";
      await updateClaim(db, id, {
        state,
        code: null,
        reason: null,
        waiting_until: null,
        // Whoever has it taken all the same has found out whose account it was.
        ...(claim.code === "PACKET_OWNER_DIFFERS" ? { owner: null } : {}),
      });
      await settle(db, id, "quarantine retried", by);
    });
  }
  // An exchange that read the claims before this one was in hand may have swept its copy away.
  await putBack();
}

/**
 * Delete the original for good.
 *
 * @throws PacketboatError QUARANTINE_UNKNOWN if the next exchange is to look at it again
 */
export async function discard(
  { ledger, quarantine }: Quarantine,
  { id, original, standing, messages }: Kept,
  by: { readonly who: string; readonly at: Date },
): Promise<void> {
  if (standing === "again") {
    const sentence = `${id} is no longer in the quarantine: the next exchange looks at it again`;
    throw new PacketboatError("QUARANTINE_UNKNOWN", sentence);
  }
  await ledger.transaction().execute(async (db) => {
    // It was too big to be fetched, and still lies in the box: without its code it is cleared away there.
    if (original === null) await updateClaim(db, id, { code: null });
    await settle(db, id, "quarantine discarded", by);
    for (const { position } of messages) {
      const alert = { code: "MESSAGE_REFUSED", subject: `${id}/${position}` };
      await resolveAlerts(db, { ...alert, by: by.who, at: by.at });
    }
  });
  await removeQuietly(join(quarantine, id));
}

/** A person has seen to it: the alert about it closes, and the audit says so. */
async function settle(
  db: LedgerTransaction,
  id: string,
  event: string,
  { who, at }: { readonly who: string; readonly at: Date },
): Promise<void> {
  await resolveAlerts(db, { code: "PACKET_REFUSED", subject: id, by: who, at });
  await addAudit(db, { at: at.toISOString(), event, subject: id });
}
