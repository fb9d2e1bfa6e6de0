/**
 * Deliver: put a sealed packet into the recipient's box, its attachments first, so that whoever reads
 * the packet finds them (PROTOCOL 3 and 5). Safe to repeat: the same bytes under the same names.
 */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { exists } from "../disk.ts";
import type { DropBox } from "../dropbox/contract.ts";
import { isRefusal, PacketboatError } from "../errors.ts";
import type { Ledger } from "../ledger/connect.ts";
import {
  attachmentsBeside,
  forgetAttachment,
  leaveDocumentsAgain,
  markAttachment,
  sealedNamesNeeded,
  updatePacket,
} from "../ledger/outgoing.ts";
import type { AttachmentOutRow, PacketOutRow } from "../ledger/tables.ts";

export interface Delivering {
  readonly ledger: Ledger;
  readonly box: DropBox;
  /** Private folder for sealed files. */
  readonly sealed: string;
  readonly at: Date;
}

/** An attachment that lies sealed and has not been sent. */
export interface SealedAttachment extends AttachmentOutRow {
  readonly sealed_name: string;
}

/** What goes into the box before a packet. */
export async function attachmentsFirst(
  { packet_id }: PacketOutRow,
  ledger: Ledger,
): Promise<SealedAttachment[]> {
  const rows = await attachmentsBeside(ledger, packet_id);
  return rows.filter(
    (row): row is SealedAttachment => row.state !== "SENT" && row.sealed_name !== null,
  );
}

/** @throws PacketboatError BOX_…; then it is delivered another time, and its packet too */
export async function deliverAttachment(
  { attachment_id, sealed_name: name }: SealedAttachment,
  { ledger, box, sealed }: Delivering,
): Promise<void> {
  await box.deliver(name, join(sealed, name));
  await markAttachment(ledger, attachment_id, "SENT");
}

/** The packet lies in the box. */
export async function markSent(
  { packet_id, uploads }: PacketOutRow,
  { ledger, at }: Pick<Delivering, "ledger" | "at">,
): Promise<void> {
  const changes = { state: "SENT", sent_at: at.toISOString(), uploads: uploads + 1 } as const;
  await updatePacket(ledger, packet_id, changes);
}

/**
 * To be called when its attachments are there. A taken name is somebody else's doing, for ours ends in digits that
 * nobody knew: seal again.
 *
 * @throws PacketboatError BOX_…; then the packet is delivered another time
 */
export async function deliver(packet: PacketOutRow, delivering: Delivering): Promise<void> {
  const { box, sealed } = delivering;
  const name = packet.file_name;
  if (name === null)
    throw new PacketboatError("LEDGER_DAMAGED", "a sealed packet has no file name");
  if (!(await exists(join(sealed, name)))) {
    await unseal(packet, delivering);
    throw new PacketboatError(
      "BOX_FILE_GONE",
      `the sealed packet ${name} is lost, and sealed again`,
    );
  }
  try {
    await box.deliver(name, join(sealed, name));
  } catch (error) {
    if (isRefusal(error, "BOX_NAME_TAKEN")) await unseal(packet, delivering);
    throw error;
  }
}

/**
 * Its bytes are void, its number and messages stand: the next sealing is a new rendition. The documents beside it are
 * left once more: in the meantime they may have been swept out of the box, and what is still there is soon left again.
 */
export async function unseal(
  packet: PacketOutRow,
  { ledger, sealed }: Pick<Delivering, "ledger" | "sealed">,
): Promise<void> {
  const { packet_id, rendition, file_name } = packet;
  const changes = { state: "FIXED", file_name: null, rendition: rendition + 1 } as const;
  await ledger.transaction().execute(async (db) => {
    await updatePacket(db, packet_id, changes);
    await leaveDocumentsAgain(db, packet_id);
  });
  if (file_name) await rm(join(sealed, file_name), { force: true });
}

/** Sealed files that no packet and no document needs: a crash left them. @returns how many */
export async function sweep({
  ledger,
  sealed,
}: Pick<Delivering, "ledger" | "sealed">): Promise<number> {
  const needed = await sealedNamesNeeded(ledger);
  const left = (await readdir(sealed)).filter((name) => !needed.has(name));
  for (const name of left) await rm(join(sealed, name), { force: true });
  return left.length;
}

/** A document of a release that was withdrawn is nobody's any more. */
export async function discardWithdrawn(
  { attachment_id, staged_path, sealed_name }: AttachmentOutRow,
  { ledger, sealed }: Pick<Delivering, "ledger" | "sealed">,
): Promise<void> {
  await rm(staged_path, { force: true });
  if (sealed_name) await rm(join(sealed, sealed_name), { force: true });
  await forgetAttachment(ledger, attachment_id);
}

/** The sealed files of a packet that was answered are needed no more. */
export async function discard(
  packet: PacketOutRow,
  { ledger, sealed }: Pick<Delivering, "ledger" | "sealed">,
): Promise<void> {
  if (packet.file_name) await rm(join(sealed, packet.file_name), { force: true });
  for (const { sealed_name } of await attachmentsBeside(ledger, packet.packet_id)) {
    if (sealed_name) await rm(join(sealed, sealed_name), { force: true });
  }
}
