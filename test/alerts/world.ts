/** A real ledger in a temporary folder, with one partner, for the tests of alerts. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AgencyId, MessageId, PacketId, StreamId } from "../../daemon/ids.ts";
import { newPacketId, newTransferId, referenceOf, sha256 } from "../../daemon/ids.ts";
import { addAgency } from "../../daemon/ledger/agencies.ts";
import { openLedger, type Ledger } from "../../daemon/ledger/connect.ts";
import { keepContent } from "../../daemon/ledger/content.ts";
import { addPacket } from "../../daemon/ledger/outgoing.ts";
import type { PacketOutRow } from "../../daemon/ledger/tables.ts";
import { insertTransfer } from "../../daemon/ledger/transfers.ts";
import type { Transfer } from "../../daemon/transfer/effects.ts";
import { releasingCard } from "../reports/samples.ts";

export const US = "2700105" as AgencyId;
export const PARTNER = releasingCard.agency_id;
export const AT = new Date("2024-08-12T15:00:00.000Z");

/** @param hours may be negative */
export const after = (hours: number): Date => new Date(AT.getTime() + hours * 3_600_000);

export interface World extends AsyncDisposable {
  readonly ledger: Ledger;
}

export async function openWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), "packetboat-alerts-"));
  const ledger = await openLedger(join(folder, "ledger.sqlite"));
  await addAgency(ledger, releasingCard);
  return {
    ledger,
    [Symbol.asyncDispose]: async () => {
      await ledger.destroy();
      await rm(folder, { recursive: true });
    },
  };
}

/** @param request as XML; nothing, if it is no longer kept */
export async function addTransfer(
  ledger: Ledger,
  change: Partial<Transfer>,
  request?: Uint8Array,
): Promise<Transfer> {
  const transferId = newTransferId();
  const transfer: Transfer = {
    requesterId: US,
    transferId,
    reference: referenceOf(transferId),
    side: "requester",
    partnerId: PARTNER,
    state: "Requested",
    revision: 0,
    requestMessageId: "0190a5f2-7c1e-7000-8000-000000000001" as MessageId,
    releases: [],
    refusedMessageId: null,
    requestedAt: AT,
    expiresAt: after(24 * 60),
    holdUntil: null,
    firstPerson: null,
    entityId: null,
    isOnPaper: false,
    ...change,
  };
  await ledger.transaction().execute(async (db) => {
    const at = AT.toISOString();
    const requestContentId = request
      ? await keepContent(db, { kind: "request", bytes: request, at })
      : transferId;
    await insertTransfer(db, transfer, {
      requestContentId,
      referralContentId: null,
      school: null,
      dropFolder: null,
    });
  });
  return transfer;
}

let sequence = 0;

export async function addSentPacket(
  ledger: Ledger,
  change: Partial<PacketOutRow>,
): Promise<PacketId> {
  const packetId = newPacketId();
  const at = AT.toISOString();
  await ledger.transaction().execute(async (db) => {
    const row: PacketOutRow = {
      packet_id: packetId,
      to_agency: PARTNER,
      stream: "6f1c1c52-13fd-4d52-9a0a-1f0c3b1c7a11" as StreamId,
      sequence: ++sequence,
      rendition: 0,
      messages_digest: sha256(packetId),
      receipt_due: 1,
      state: "SENT",
      created_at: at,
      expires_at: null,
      file_name: null,
      sealed_sha256: null,
      sealed_size: null,
      sealed_for: null,
      sent_at: at,
      answered_at: null,
      uploads: 1,
      ...change,
    };
    await addPacket(db, row, []);
  });
  return packetId;
}
