/**
 * Seal: a fixed packet becomes bytes, signed and then encrypted, under a name that was recorded first.
 * The bytes are stored once; every upload sends the same ones (PROTOCOL 3).
 */
import { join } from "node:path";
import { writeDurably } from "../disk.ts";
import { newRandomPart, sha256, type AgencyId } from "../ids.ts";
import type { PrivateKey, PublicKey } from "../keys/key.ts";
import { seal as sealBytes } from "../keys/seal.ts";
import type { Ledger } from "../ledger/connect.ts";
import { messagesOf, readEnclosed, updatePacket } from "../ledger/outgoing.ts";
import type { PacketOutRow } from "../ledger/tables.ts";
import { writePacket } from "../packet/envelope.ts";
import type { DocumentProcessCode } from "../packet/model.gen.ts";
import { SCHEMA_VERSION } from "../packet/model.ts";
import { sealedName } from "../packet/names.ts";
import { wireTime } from "../transfer/dates.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** A packet lives this long, and never longer than either key (PROTOCOL 3). */
const LIFE_MS = 60 * DAY_MS;

export interface SealingPackets {
  readonly ledger: Ledger;
  readonly us: AgencyId;
  readonly signWith: PrivateKey;
  readonly sealFor: PublicKey;
  readonly processCode: DocumentProcessCode;
  /** Private folder for sealed files. */
  readonly sealed: string;
  readonly at: Date;
}

/**
 * @returns how many bytes it has, sealed
 * @throws PacketboatError KEY_EXPIRED, KEY_REVOKED, DISK_…, LEDGER_DAMAGED; then the packet is still to be sealed
 */
export async function seal(packet: PacketOutRow, sealing: SealingPackets): Promise<number> {
  const { ledger, us, signWith, sealFor, at } = sealing;
  const expires = expiryOf(sealing);
  const messages = [];
  for (const row of await messagesOf(ledger, packet.packet_id)) {
    messages.push(await readEnclosed(ledger, row));
  }
  const header = {
    SchemaVersion: SCHEMA_VERSION,
    PacketId: packet.packet_id,
    Stream: packet.stream,
    Sequence: String(packet.sequence),
    Rendition: String(packet.rendition),
    DocumentProcessCode: sealing.processCode,
    CreatedDateTime: wireTime(at),
    ExpiresDateTime: wireTime(expires),
    From: { AgencyId: us, Fingerprint: signWith.publicKey.fingerprint },
    To: { AgencyId: packet.to_agency, Fingerprint: sealFor.fingerprint },
  } as const;
  const bytes = await sealBytes(writePacket(header, messages), { signWith, sealFor, at });
  const name = packet.file_name ?? nameOf(packet, us);
  await updatePacket(ledger, packet.packet_id, { file_name: name });
  await writeDurably(join(sealing.sealed, name), bytes);
  await updatePacket(ledger, packet.packet_id, {
    state: "SEALED",
    expires_at: expires.toISOString(),
    sealed_for: sealFor.fingerprint,
    sealed_sha256: sha256(bytes),
    sealed_size: bytes.length,
  });
  return bytes.length;
}

/**
 * Expired before it left, sealed for a key that is no longer the recipient's, or signed with one that is
 * no longer ours: seal it again.
 */
export function isStale(
  { expires_at, sealed_for, sent_at, created_at }: PacketOutRow,
  { at, sealFor, signWith }: Pick<SealingPackets, "at" | "sealFor" | "signWith">,
): boolean {
  const isExpired = expires_at !== null && expires_at <= at.toISOString();
  const isOlderThanKey = new Date(sent_at ?? created_at) < signWith.publicKey.created;
  return isExpired || isOlderThanKey || sealed_for !== sealFor.fingerprint;
}

/** A name is a hint, and its random part keeps it from being taken or guessed. */
const nameOf = ({ to_agency, sequence }: PacketOutRow, us: AgencyId): string =>
  sealedName({ from: us, to: to_agency, sequence, random: newRandomPart() });

function expiryOf({ at, signWith, sealFor }: SealingPackets): Date {
  const ends = [signWith.publicKey.expires, sealFor.expires].filter((end) => end !== null);
  return new Date(Math.min(at.getTime() + LIFE_MS, ...ends.map((end) => end.getTime())));
}
