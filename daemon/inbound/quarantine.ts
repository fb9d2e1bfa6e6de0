/**
 * Quarantine: what is refused is kept as it came, with its reason; one alert tells a person, and the
 * sender is answered if it is proved (TRUST, "Bad inputs").
 */
import { copyFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { raisePostAlert } from "../alerts/raise.ts";
import { exists, makePrivateFolder, syncTree, writeNew } from "../disk.ts";
import type { PacketboatError } from "../errors.ts";
import type { AgencyId, Sha256 } from "../ids.ts";
import { resolveAlerts } from "../ledger/alerts.ts";
import type { Ledger, LedgerTransaction } from "../ledger/connect.ts";
import { updateClaim } from "../ledger/incoming.ts";
import type { PacketInRow } from "../ledger/tables.ts";

export interface Quarantining {
  readonly ledger: Ledger;
  readonly quarantine: string;
  /** Where the fetched file lies; perhaps it never came. */
  readonly staged: string;
  readonly at: Date;
}

export interface Refused {
  readonly claimed: PacketInRow;
  readonly error: PacketboatError;
  /** `null` if the sender is not proved. */
  readonly from: AgencyId | null;
  readonly sealedSha256: Sha256 | null;
  /** Answers a sender who is proved, in the same transaction. */
  readonly answer: (db: LedgerTransaction, to: AgencyId, sealedSha256: Sha256) => Promise<void>;
}

/** Refuse a whole packet. */
export async function quarantine(refused: Refused, quarantining: Quarantining): Promise<void> {
  const { claimed, error, from, sealedSha256, answer } = refused;
  const { ledger, at } = quarantining;
  await keepOriginal(claimed, { code: error.code, reason: error.message }, quarantining);
  await ledger.transaction().execute(async (db) => {
    const isAnswered = from !== null && sealedSha256 !== null;
    if (isAnswered) await answer(db, from, sealedSha256);
    await updateClaim(db, claimed.claim_id, {
      state: "QUARANTINED",
      code: error.code,
      reason: error.message,
      from_agency: from,
      sealed_sha256: sealedSha256,
      waiting_until: null,
      receipted_at: isAnswered ? at.toISOString() : null,
    });
    await resolveAlerts(db, {
      code: "PACKET_WAITING",
      subject: claimed.claim_id,
      by: "packetboat",
      at,
    });
    await raisePostAlert(db, {
      code: "PACKET_REFUSED",
      subject: claimed.claim_id,
      ...(from ? { agencyId: from } : {}),
      facts: { code: error.code, reason: error.message },
      at,
    });
  });
}

/** Keep the sealed file beside its reason; once more after a crash is the same. */
export async function keepOriginal(
  { claim_id, file_name }: PacketInRow,
  reason: Readonly<Record<string, unknown>>,
  { quarantine: folder, staged, at }: Quarantining,
): Promise<void> {
  const kept = join(folder, claim_id);
  await rm(kept, { recursive: true, force: true });
  await makePrivateFolder(kept);
  if (await exists(staged)) await copyFile(staged, join(kept, "packet.xml.pgp"));
  const written = { file: file_name, at: at.toISOString(), ...reason };
  await writeNew(join(kept, "reason.json"), `${JSON.stringify(written, null, 2)}\n`);
  await syncTree(kept);
}

/** It was tried again, and taken: what was kept of it is needed no more. */
export const forgetOriginal = (
  { claim_id }: PacketInRow,
  { quarantine: folder }: Quarantining,
): Promise<void> => rm(join(folder, claim_id), { recursive: true, force: true });
