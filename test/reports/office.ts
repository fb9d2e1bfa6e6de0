/**
 * One district's home on the morning after an exchange: a real ledger in a temporary folder, with
 * transfers on both sides, packets that went and came, refusals, and the alerts of all that.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { raisePostAlert } from "../../daemon/alerts/raise.ts";
import { requestReader, studentReader } from "../../daemon/desk/requests.ts";
import type { AgencyId, MessageId, PacketId, StreamId, TransferId } from "../../daemon/ids.ts";
import { newMessageId, newTransferId, referenceOf, sha256 } from "../../daemon/ids.ts";
import { addAgency } from "../../daemon/ledger/agencies.ts";
import { raiseAlert, resolveAlerts } from "../../daemon/ledger/alerts.ts";
import { openLedger, type Ledger } from "../../daemon/ledger/connect.ts";
import { keepContent } from "../../daemon/ledger/content.ts";
import { claimDocuments } from "../../daemon/ledger/documents.ts";
import { addMessageIn, claimFile, updateClaim } from "../../daemon/ledger/incoming.ts";
import {
  addMessage,
  addPacket,
  answerMessage,
  updatePacket,
} from "../../daemon/ledger/outgoing.ts";
import { backOff } from "../../daemon/ledger/runs.ts";
import type { PacketOutRow } from "../../daemon/ledger/tables.ts";
import { addTransferEvent, insertTransfer } from "../../daemon/ledger/transfers.ts";
import { writeDocument } from "../../daemon/packet/document.ts";
import type { Student, TransferRequest } from "../../daemon/packet/model.gen.ts";
import { TRANSFER_REQUEST } from "../../daemon/packet/model.ts";
import { writeReports, type Reporting } from "../../daemon/reports/write.ts";
import type { Transfer } from "../../daemon/transfer/effects.ts";
import { ASKING, askingCard, RELEASING, releasingCard, request, TIME_ZONE } from "./samples.ts";

export const LAKE = "5509990" as AgencyId;
const STREAM = "6f1c1c52-13fd-4d52-9a0a-1f0c3b1c7a11" as StreamId;
export const RUN = {
  runId: "0190b2aa-0000-7000-8000-0000000000aa",
  startedAt: new Date("2024-07-30T07:00:14.000Z"),
  endedAt: new Date("2024-07-30T07:00:52.000Z"),
  exitCode: 10,
};
export const MORNING = new Date("2024-07-30T07:01:00.000Z");
const during = (seconds: number): Date => new Date(RUN.startedAt.getTime() + seconds * 1000);

export interface Office {
  readonly ledger: Ledger;
  readonly folder: string;
  readonly reporting: Reporting;
  transfer(change: TransferChange): Promise<Transfer>;
  /** Writes the reports. @returns the text of each file by `registrar/alerts.html` and so on */
  report(): Promise<string[]>;
  close(): Promise<void>;
}

export interface TransferChange extends Partial<Transfer> {
  readonly student?: Student;
  readonly request?: Partial<TransferRequest>;
  readonly changedAt?: Date;
}

const CALENDAR = {
  answerWithinSchoolDays: 10,
  remindAfterSchoolDays: 2,
  escalateAfterSchoolDays: 5,
  noSchool: [],
};

export async function openOffice(): Promise<Office> {
  const folder = await mkdtemp(join(tmpdir(), "packetboat-reports-"));
  const ledger = await openLedger(join(folder, "ledger.sqlite"));
  const [registrarPath, itPath] = [join(folder, "registrar"), join(folder, "it")];
  await mkdir(registrarPath);
  await mkdir(itPath);
  const reporting: Reporting = {
    ledger,
    config: {
      registrarPath,
      itPath,
      timeZone: TIME_ZONE,
      calendar: CALENDAR,
      role: "district",
      agency: { id: ASKING, name: askingCard.name },
      mode: "production",
    },
    at: MORNING,
    studentsOf: studentReader(ledger),
    requestOf: requestReader(ledger),
    run: RUN,
  };
  return {
    ledger,
    folder,
    reporting,
    transfer: (change) => addTransfer(ledger, change),
    report: () => writeReports(reporting),
    close: async () => {
      await ledger.destroy();
      await rm(folder, { recursive: true });
    },
  };
}

async function addTransfer(ledger: Ledger, change: TransferChange): Promise<Transfer> {
  const { student = request.Student, request: asked = {}, changedAt, ...more } = change;
  const transferId = more.transferId ?? newTransferId();
  const transfer: Transfer = {
    requesterId: ASKING,
    transferId,
    reference: referenceOf(transferId),
    side: "requester",
    partnerId: RELEASING,
    state: "Requested",
    revision: 0,
    requestMessageId: request.MessageId as MessageId,
    releases: [],
    refusedMessageId: null,
    requestedAt: new Date(request.CreatedDateTime),
    expiresAt: new Date(request.ExpiresDateTime),
    holdUntil: null,
    firstPerson: null,
    entityId: null,
    isOnPaper: false,
    ...more,
  };
  const bytes = writeDocument(TRANSFER_REQUEST, {
    ...request,
    TransferId: transferId,
    Student: student,
    ...asked,
  });
  const at = transfer.requestedAt.toISOString();
  await ledger.transaction().execute(async (db) => {
    const requestContentId = await keepContent(db, { kind: "request", bytes, at });
    await insertTransfer(db, transfer, {
      requestContentId,
      referralContentId: null,
      school: null,
      dropFolder: null,
    });
    const event = { at: (changedAt ?? transfer.requestedAt).toISOString(), event: "test" };
    await addTransferEvent(db, transfer, { ...event, who: "packetboat", authentication: null });
  });
  return transfer;
}

const student = (last: string, first: string, more: Partial<Student> = {}): Student => ({
  LastOrSurname: last,
  FirstName: first,
  Sex: "Male",
  Birthdate: "2010-11-03",
  GradeLevel: "09",
  ...more,
});

/** Fill the office with a busy night. */
export async function busyNight(office: Office): Promise<void> {
  const { ledger } = office;
  await addAgency(ledger, askingCard);
  await addAgency(ledger, releasingCard);
  await addAgency(ledger, {
    ...releasingCard,
    agency_id: LAKE,
    fingerprint: "FFFF2D3C4B5A69788796A5B4C3D2E1F00F1E2D3C" as typeof releasingCard.fingerprint,
    name: "Lakeview Unified",
    state_number: "3150",
    city: "Lakeview",
    state: "WI",
    phone: null,
  });
  const delivered = await office.transfer({ state: "Delivered", changedAt: during(20) });
  const asked = await office.transfer({
    requesterId: LAKE,
    partnerId: LAKE,
    side: "releaser",
    state: "RequestReceived",
    requestedAt: new Date("2024-07-12T15:00:00Z"),
    student: student("Ødegård", "Søren", { Sex: "Male" }),
    request: { RequesterId: LAKE, To: ASKING, ExpediteReason: "FosterCare" },
  });
  const held = await office.transfer({
    state: "OnHold",
    holdUntil: "2024-08-05",
    requestedAt: new Date("2024-07-18T14:30:00Z"),
    student: student("Haddad", "ليلى", { Sex: "Female" }),
  });
  await office.transfer({
    requesterId: RELEASING,
    side: "releaser",
    state: "Imported",
    requestedAt: new Date("2024-06-28T14:30:00Z"),
    student: student("Fitzgerald-Oyelaran", "Bartholomew"),
    request: { RequesterId: RELEASING, To: ASKING },
  });
  const rejected = await office.transfer({
    state: "Rejected",
    partnerId: LAKE,
    requestedAt: new Date("2024-07-22T20:10:00Z"),
    student: student("Nguyen", "Kim", { Sex: "Non-binary" }),
    request: { To: LAKE },
  });
  await alerts(ledger, { delivered, asked, held, rejected });
  await sent(ledger, delivered, rejected);
  await collected(ledger, delivered, held);
  await documents(ledger);
  await disclosed(ledger, asked);
}

async function alerts(
  ledger: Ledger,
  of: Readonly<Record<"delivered" | "asked" | "held" | "rejected", Transfer>>,
): Promise<void> {
  const about = (transfer: Transfer) => ({
    subject: `${transfer.requesterId}/${transfer.transferId}`,
    transfer,
    agencyId: transfer.partnerId,
    at: during(21),
  });
  await raiseAlert(ledger, {
    code: "RECORDS_RELEASED",
    ...about(of.delivered),
    facts: { sectionsAsked: 8, sectionsCame: 6, sectionsToFollow: 1, attachments: 1 },
  });
  await raiseAlert(ledger, {
    code: "REQUEST_TO_RELEASE",
    ...about(of.asked),
    facts: { expediteReason: "FosterCare" },
    at: new Date("2024-07-13T07:00:30Z"),
  });
  await raisePostAlert(ledger, {
    code: "ANSWER_OVERDUE",
    ...about(of.asked),
    facts: { due: "2024-07-12" },
  });
  await raiseAlert(ledger, {
    code: "REQUEST_ON_HOLD",
    ...about(of.held),
    facts: { status: "Hold", reason: "AwaitingFinalMarks", holdUntil: "2024-08-05" },
  });
  await raiseAlert(ledger, {
    code: "REQUEST_REJECTED",
    ...about(of.rejected),
    facts: { status: "Rejected", reason: "NotOurStudent", hasComments: true },
  });
  await raisePostAlert(ledger, {
    code: "PARTNER_UNREACHABLE",
    subject: LAKE,
    agencyId: LAKE,
    facts: { code: "BOX_TIMEOUT", reason: "no answer to rename within 30 s", packets: 1 },
    at: during(30),
  });
  await raisePostAlert(ledger, {
    code: "KEY_EXPIRES_SOON",
    subject: LAKE,
    agencyId: LAKE,
    facts: { expires: "2024-08-29", days: 30, ours: false },
    at: during(31),
  });
  await raisePostAlert(ledger, {
    code: "SERVER_UNREACHABLE",
    subject: "server",
    facts: { code: "BOX_UNREACHABLE" },
    at: new Date("2024-07-29T07:00:20Z"),
  });
  const by = { by: "packetboat", at: during(1) };
  await resolveAlerts(ledger, { code: "SERVER_UNREACHABLE", ...by });
}

const packet = (sequence: number, to: AgencyId, more: Partial<PacketOutRow>): PacketOutRow => ({
  packet_id: `0190b2aa-0000-7000-8000-00000000000${sequence}` as PacketId,
  to_agency: to,
  stream: STREAM,
  sequence,
  rendition: 0,
  messages_digest: sha256(`messages ${sequence}`),
  receipt_due: 1,
  state: "SENT",
  created_at: during(2).toISOString(),
  expires_at: null,
  file_name: null,
  sealed_sha256: null,
  sealed_size: null,
  sealed_for: null,
  sent_at: during(9).toISOString(),
  answered_at: null,
  uploads: 1,
  ...more,
});

async function sent(ledger: Ledger, delivered: Transfer, rejected: Transfer): Promise<void> {
  const [asked, other, waiting] = [newMessageId(), newMessageId(), newMessageId()];
  await ledger.transaction().execute(async (db) => {
    const at = during(2);
    for (const [messageId, to, transfer] of [
      [asked, RELEASING, delivered],
      [other, RELEASING, rejected],
      [waiting, LAKE, rejected],
    ] as const) {
      await addMessage(db, {
        messageId,
        to,
        kind: "SignedRequest",
        transfer,
        bytes: Buffer.from("<SignedRequest/>"),
        notBefore: at,
        at,
        documents: [],
      });
    }
    await addPacket(db, packet(4, RELEASING, {}), [asked, other]);
    await addPacket(db, packet(5, LAKE, { state: "SEALED", sent_at: null }), [waiting]);
    await answerMessage(db, asked, { state: "CONFIRMED", code: null, at: during(20) });
    await answerMessage(db, other, { state: "REFUSED", code: "RULE_BROKEN", at: during(20) });
  });
  await updatePacket(ledger, packet(4, RELEASING, {}).packet_id, { state: "ACKED" });
  const failure = { agencyId: LAKE, code: "BOX_TIMEOUT", at: during(30) };
  await backOff(ledger, { ...failure, random: () => 0.5 });
}

async function collected(ledger: Ledger, delivered: Transfer, held: Transfer): Promise<void> {
  const name = (from: string, sequence: number): string =>
    `${from}_${ASKING}_00000000${sequence}_9f2c41d07be6a835.xml.pgp`;
  const listed = (from: string, sequence: number) => ({
    name: name(from, sequence),
    size: 18_211 * sequence,
    modifiedAt: during(-3600),
  });
  const good = await claimFile(ledger, listed(RELEASING, 7), during(12));
  await updateClaim(ledger, good.claim_id, {
    state: "RECORDED",
    from_agency: RELEASING,
    sequence: 7,
  });
  await ledger.transaction().execute(async (db) => {
    const message = {
      from_agency: RELEASING,
      claim_id: good.claim_id,
      recorded_at: during(15).toISOString(),
      code: null,
      reason: null,
    };
    await addMessageIn(db, {
      ...message,
      message_id: newMessageId(),
      position: 1,
      kind: "TransferRelease",
      sha256: sha256("release"),
      state: "TAKEN",
      requester_id: delivered.requesterId,
      transfer_id: delivered.transferId,
    });
    await addMessageIn(db, {
      ...message,
      message_id: newMessageId(),
      position: 2,
      kind: "TransferResponse",
      sha256: sha256("response"),
      state: "REFUSED",
      requester_id: held.requesterId,
      transfer_id: held.transferId,
      code: "RULE_BROKEN",
      reason: "HoldUntil is a day in the past",
    });
  });
  const bad = await claimFile(ledger, listed("9999999", 3), during(13));
  const refusal = {
    code: "PACKET_UNKNOWN_SIGNER",
    reason: "no partner owns signing key 2a4b701e3c973948",
  };
  await updateClaim(ledger, bad.claim_id, { state: "QUARANTINED", ...refusal });
  await raisePostAlert(ledger, {
    code: "PACKET_REFUSED",
    subject: bad.claim_id,
    facts: refusal,
    at: during(16),
  });
}

async function documents(ledger: Ledger): Promise<void> {
  for (const [documentId, fileName, state] of [
    ["0190b2aa-0000-7000-8000-0000000000d1", "requests july 29.csv", "ANSWERED"],
    ["0190b2aa-0000-7000-8000-0000000000d2", "abrams jenna.xml", "REFUSED"],
  ] as const) {
    await claimDocuments(ledger, [{ documentId, dropFolder: "office", fileName, at: during(1) }]);
    const change = { state } as const;
    await ledger
      .updateTable("documents")
      .set(change)
      .where("document_id", "=", documentId)
      .execute();
  }
  await raisePostAlert(ledger, {
    code: "DOCUMENT_REFUSED",
    subject: "0190b2aa-0000-7000-8000-0000000000d2",
    facts: { dropFolder: "office", code: "DOCUMENT_INVALID", faults: 2 },
    at: during(3),
  });
}

async function disclosed(ledger: Ledger, transfer: Transfer): Promise<void> {
  await ledger
    .insertInto("disclosures")
    .values({
      disclosure_id: "0190b2aa-0000-7000-8000-0000000000e1",
      requester_id: transfer.requesterId,
      transfer_id: transfer.transferId satisfies TransferId,
      at: "2024-07-13T07:00:30.000Z",
      what: "request",
      party_id: LAKE,
      party_name: "Lakeview Unified",
      interest: "The student has enrolled with us.",
      purpose: "R01",
      sections: "",
      who: "lview",
      authentication: "SourceSystem",
    })
    .execute();
}
