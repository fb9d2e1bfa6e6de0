/**
 * What stands in an entity's ledger after some weeks, written there directly: requests that went through
 * it, packets that came and wait, and a registry.
 */
import type { AgencyId, MessageId, Reference } from "../daemon/ids.ts";
import { newMessageId, newTransferId, referenceOf, sha256 } from "../daemon/ids.ts";
import type { Ledger } from "../daemon/ledger/connect.ts";
import { keepContent } from "../daemon/ledger/content.ts";
import { keepEnrollments } from "../daemon/ledger/enrollments.ts";
import { addMessageIn, claimFile, updateClaim } from "../daemon/ledger/incoming.ts";
import { beginImport, makeCurrent } from "../daemon/ledger/registry.ts";
import { addTransferEvent, insertTransfer } from "../daemon/ledger/transfers.ts";
import { writeDocument } from "../daemon/packet/document.ts";
import { TRANSFER_REQUEST } from "../daemon/packet/model.ts";
import type { Transfer, TransferState } from "../daemon/transfer/effects.ts";
import { request } from "./reports/samples.ts";

/** A request that came and was passed on; without a releaser nobody was found. */
export async function addForwarded(
  ledger: Ledger,
  about: {
    readonly from: AgencyId;
    readonly to?: AgencyId;
    readonly state: TransferState;
    readonly at: Date;
  },
): Promise<Reference> {
  const { from, to = from, state, at } = about;
  const transferId = newTransferId();
  const transfer: Transfer = {
    requesterId: from,
    transferId,
    reference: referenceOf(transferId),
    side: "entity",
    partnerId: to,
    entityId: null,
    isOnPaper: false,
    state,
    revision: 0,
    requestMessageId: newMessageId(),
    releases: [],
    refusedMessageId: null,
    requestedAt: at,
    expiresAt: new Date(at.getTime() + 60 * 86_400_000),
    holdUntil: null,
    firstPerson: null,
  };
  const time = at.toISOString();
  const bytes = writeDocument(TRANSFER_REQUEST, { ...request, TransferId: transferId });
  await ledger.transaction().execute(async (db) => {
    const requestContentId = await keepContent(db, { kind: "request", bytes, at: time });
    const more = { requestContentId, referralContentId: null, school: null, dropFolder: null };
    await insertTransfer(db, transfer, more);
    const event = { at: time, event: "Forward", who: from, authentication: null };
    await addTransferEvent(db, transfer, event);
  });
  return transfer.reference;
}

/** A packet that was collected from a district, with one message in it. */
export async function addCollected(
  ledger: Ledger,
  from: AgencyId,
  at: Date,
  state: "TAKEN" | "REFUSED" = "TAKEN",
): Promise<void> {
  const messageId: MessageId = newMessageId();
  const claim = await claimFile(
    ledger,
    { name: `${from}_2700000_1_${messageId.slice(-16)}.xml.pgp`, size: 900, modifiedAt: at },
    at,
  );
  const code = state === "REFUSED" ? "RULE_BROKEN" : null;
  await ledger.transaction().execute(async (db) => {
    await updateClaim(db, claim.claim_id, { state: "RECORDED", from_agency: from, sequence: 1 });
    await addMessageIn(db, {
      from_agency: from,
      message_id: messageId,
      claim_id: claim.claim_id,
      position: 1,
      kind: "SignedRequest",
      sha256: sha256(messageId),
      state,
      requester_id: null,
      transfer_id: null,
      code,
      reason: null,
      recorded_at: at.toISOString(),
    });
  });
}

/** A registry with so many enrollments of each agency. @param asOf `YYYY-MM-DD` */
export async function addRegistry(
  ledger: Ledger,
  asOf: string,
  counts: Readonly<Record<string, number>>,
): Promise<void> {
  const rows = Object.entries(counts).flatMap(([id, count]) =>
    Array.from({ length: count }, (_, index) => ({ id, student: `${id}${index}` })),
  );
  const about = { kind: "snapshot", sha256: sha256(asOf), by: "packetboat" } as const;
  const begun_at = `${asOf}T10:00:00.000Z`;
  const begun = await beginImport(ledger, { ...about, as_of: asOf, begun_at });
  await keepEnrollments(
    ledger,
    rows.map(({ id, student }) => ({
      generation: begun.generation,
      state_student_id: student,
      agency_id: id as AgencyId,
      school_id: `${id}00001`,
      entry_date: "2023-09-05",
      exit_date: null,
      last_key: "ABRAMS",
      first_key: "JENNA",
      birthdate: "2009-02-12",
      sex: "Female",
      school_name: "Example School",
      school_year: "2023-2024",
      grade_level: "09",
      said_by: begun.import_id,
    })),
  );
  const held = { rows: rows.length, enrollments: rows.length, at: begun_at };
  await ledger.transaction().execute((db) => makeCurrent(db, begun, held));
}
