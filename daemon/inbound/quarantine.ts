/**
 * Quarantine: what is refused is kept as it came, with its reason; one alert tells a person, and the
 * sender is answered if it is proved (TRUST, "Bad inputs").
 */
import { copyFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { raisePostAlert } from "../alerts/raise.ts";
import type { QuarantineRoom } from "../desk/quarantine-room.ts";
import { diskRefusal, exists, makePrivateFolder, syncTree, writeDurably } from "../disk.ts";
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
  /** It may be kept: it holds nothing that must not lie here. */
  readonly mayKeep: boolean;
  readonly room: QuarantineRoom;
  readonly at: Date;
}

export interface Refused {
  readonly claimed: PacketInRow;
  readonly error: PacketboatError;
  /** `null` if the sender is not proved. */
  readonly from: AgencyId | null;
  readonly sealedSha256: Sha256 | null;
  /** Answers a sender who is proved, in the same transaction. @returns whether there was an answer */
  readonly answer: (db: LedgerTransaction, to: AgencyId, sealedSha256: Sha256) => Promise<boolean>;
}

/**
 * Refuse a whole packet. What is not here to be kept stays in the box, and so does what is too much of its sender's;
 * what must not be kept leaves it.
 */
export async function quarantine(refused: Refused, quarantining: Quarantining): Promise<void> {
  const { claimed, error, from, sealedSha256, answer } = refused;
  const { ledger, at } = quarantining;
  const reason = { code: error.code, reason: error.message };
  const isKept = await keepOriginal(claimed, reason, quarantining);
  await ledger.transaction().execute(async (db) => {
    const isProved = from !== null && sealedSha256 !== null;
    const isAnswered = isProved && (await answer(db, from, sealedSha256));
    await updateClaim(db, claimed.claim_id, {
      state: "QUARANTINED",
      code: error.code,
      reason: error.message,
      from_agency: from,
      sealed_sha256:
        isKept || !quarantining.mayKeep ? (sealedSha256 ?? claimed.sealed_sha256) : null,
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

/**
 * Keep the sealed file beside its reason; once more after a crash is the same.
 *
 * @returns whether the file was here to be kept, and was
 */
export async function keepOriginal(
  claimed: PacketInRow,
  reason: Readonly<Record<string, unknown>>,
  { quarantine: folder, staged, mayKeep, room, at }: Quarantining,
): Promise<boolean> {
  const place = join(folder, claimed.claim_id);
  const isKept = mayKeep && (await exists(staged)) && (await room.isLeftFor(claimed));
  await remove(place);
  await makePrivateFolder(place);
  if (isKept) {
    await copyFile(staged, join(place, "packet.xml.pgp")).catch((error: unknown) => {
      throw diskRefusal(error, place);
    });
  }
  const written = { file: claimed.file_name, at: at.toISOString(), ...reason };
  await writeDurably(join(place, "reason.json"), `${JSON.stringify(written, null, 2)}\n`);
  await syncTree(place);
  return isKept;
}

/** Was it, or a message of it, refused before? */
export const wasRefused = (
  { claim_id }: PacketInRow,
  { quarantine: folder }: Pick<Quarantining, "quarantine">,
): Promise<boolean> => exists(join(folder, claim_id));

/**
 * It was tried again, and taken: what was kept of it is needed no more.
 *
 * @throws PacketboatError DISK_…
 */
export const forgetOriginal = (
  { claim_id }: PacketInRow,
  { quarantine: folder }: Pick<Quarantining, "quarantine">,
): Promise<void> => remove(join(folder, claim_id));

const remove = (place: string): Promise<void> =>
  rm(place, { recursive: true, force: true }).catch((error: unknown) => {
    throw diskRefusal(error, place);
  });
