/**
 * Sealed files for other states that were not moved on, looked at by people at an entity. Nobody here can open one;
 * whoever left it was told nothing, so that each may be tried again once its cause is mended.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { tellOfRefusedRelays } from "../alerts/relays-told.ts";
import { diskRefusal, exists, removeQuietly } from "../disk.ts";
import { PacketboatError } from "../errors.ts";
import { addAudit } from "../ledger/audit.ts";
import type { Ledger, LedgerTransaction } from "../ledger/connect.ts";
import { relaysNamed, updateRelay } from "../ledger/relays.ts";
import type { RelayRow } from "../ledger/tables.ts";
import { readReason } from "./reason.ts";

/** A file in the quarantine. */
export interface Unrelayed {
  readonly id: string;
  readonly row: RelayRow;
  readonly refusedAt: Date;
  readonly code: string;
  readonly reason: string;
  /** `again`: the next exchange looks at it again. */
  readonly standing: "kept" | "again";
  /** The sealed file; `null` if it was never fetched, and lies in the box. */
  readonly original: string | null;
}

interface Keeping {
  readonly ledger: Ledger;
  /** Private folder of the home. */
  readonly quarantine: string;
}

interface By {
  readonly who: string;
  readonly at: Date;
}

/** Every one that is kept, the oldest first. */
export async function allUnrelayed({ ledger, quarantine }: Keeping): Promise<Unrelayed[]> {
  const names = await readdir(quarantine).catch((error: unknown) => {
    throw diskRefusal(error, quarantine);
  });
  const rows = await relaysNamed(ledger, names);
  const kept = await Promise.all(rows.map((row) => keptIn(join(quarantine, row.relay_id), row)));
  return kept.filter((each) => each !== null);
}

async function keptIn(folder: string, row: RelayRow): Promise<Unrelayed | null> {
  const isRefused = row.state === "REFUSED" && row.code !== null;
  if (!isRefused && row.state !== "CLAIMED") return null;
  const said = await readReason(folder);
  if (said === null) return null;
  const { at, code = row.code ?? "", reason = row.reason ?? "" } = said;
  const original = join(folder, "sealed.pgp");
  return {
    id: row.relay_id,
    row,
    refusedAt: at,
    code,
    reason,
    standing: isRefused ? "kept" : "again",
    original: (await exists(original)) ? original : null,
  };
}

/** Have the next exchange with that state look at it again, as if it had just been left. Safe to repeat. */
export async function relayAgain(
  { ledger }: Keeping,
  { id, standing }: Unrelayed,
  by: By,
): Promise<void> {
  if (standing === "again") return;
  await ledger.transaction().execute(async (db) => {
    const at = by.at.toISOString();
    // The days in which it lay here do not count.
    const again = { state: "CLAIMED", code: null, reason: null, claimed_at: at } as const;
    await updateRelay(db, id, again);
    await settle(db, id, "quarantine retried", by);
  });
}

/**
 * Delete it for good; from the box too, with the next exchange, if it was never fetched.
 *
 * @throws PacketboatError QUARANTINE_UNKNOWN if the next exchange is to look at it again
 */
export async function discardUnrelayed(
  { ledger, quarantine }: Keeping,
  { id, standing }: Unrelayed,
  by: By,
): Promise<void> {
  if (standing === "again") {
    const sentence = `${id} is no longer in the quarantine: the next exchange looks at it again`;
    throw new PacketboatError("QUARANTINE_UNKNOWN", sentence);
  }
  await ledger.transaction().execute(async (db) => {
    await updateRelay(db, id, { code: null, reason: null });
    await settle(db, id, "quarantine discarded", by);
  });
  await removeQuietly(join(quarantine, id));
}

/** A person has seen to it: the alert about it says so, or closes. */
async function settle(db: LedgerTransaction, id: string, event: string, { at }: By): Promise<void> {
  await tellOfRefusedRelays(db, at);
  await addAudit(db, { at: at.toISOString(), event, subject: id });
}
