/** The two districts, their people and one student: what the tests of transfers are about. */
import { parseAgencyId, parseUuid, referenceOf } from "../../daemon/ids.ts";
import type { AgencyId, MessageId, TransferId } from "../../daemon/ids.ts";
import type {
  Agency,
  Attachment,
  Recall,
  Student,
  StudentRecord,
  TransferRelease,
  TransferRequest,
  TransferResponse,
  User,
} from "../../daemon/packet/model.gen.ts";
import type { RequestDecision } from "../../daemon/transfer/decide.ts";
import type { Effect, OutgoingDocument, Side, Transfer } from "../../daemon/transfer/effects.ts";
import type { DecisionFacts, ReceivedFacts } from "../../daemon/transfer/facts.ts";
import { REDISCLOSURE_NOTICE } from "../../daemon/transfer/notice.ts";
import { SECTIONS } from "../../daemon/transfer/sections.ts";

export const ASKING: AgencyId = parseAgencyId("2700105");
export const ANSWERING: AgencyId = parseAgencyId("0634320");
export const STRANGER: AgencyId = parseAgencyId("4808940");

export const NOW = new Date("2024-08-01T15:00:00Z");

const districts: Record<string, string> = {
  [ASKING]: "Example Public Schools",
  [ANSWERING]: "Sample Unified",
  [STRANGER]: "Elsewhere ISD",
};

export const district = (id: AgencyId): Agency => ({
  AgencyId: id,
  OrganizationName: districts[id] ?? "A district",
});

export const registrar: User = {
  PersonName: "Robin Registrar",
  Username: "robin",
  UserAuthentication: "OperatingSystem",
};

let counter = 0;

/** A new UUIDv7 each time, the same in every run of one test file. */
export const nextUuid = (): string => {
  counter += 1;
  const tail = counter.toString(16).padStart(12, "0");
  return `01910e2a-0000-7000-8000-${tail}`;
};

export const nextMessageId = (): MessageId => parseUuid<MessageId>(nextUuid());

export const TRANSFER_ID: TransferId = parseUuid<TransferId>(
  "01910e2a-3c4d-7e5f-8a9b-0c1d2e3f4a5b",
);
export const REQUEST_ID: MessageId = parseUuid<MessageId>("01910e2a-3c4d-7e5f-8a9b-000000000001");

export const jenna: Student = {
  LastOrSurname: "Abrams",
  FirstName: "Jenna",
  MiddleName: "Marie",
  Sex: "Female",
  Birthdate: "2009-02-12",
  GradeLevel: "10",
};

export const asks = (changes: Partial<RequestDecision> = {}): RequestDecision => ({
  to: ANSWERING,
  throughEntity: false,
  onPaper: false,
  student: jenna,
  enrollment: {
    NameOfInstitution: "North High School",
    SchoolYear: "2024-2025",
    EnrollmentEntryDate: "2024-07-25",
    MembershipType: "Home",
  },
  purpose: "R01",
  legitimateInterest: "The student enrolled here.",
  ...changes,
});

export const requestFrom = (changes: Partial<TransferRequest> = {}): TransferRequest => ({
  MessageId: REQUEST_ID,
  TransferId: TRANSFER_ID,
  Revision: "0",
  TransmissionType: "Original",
  DocumentProcessCode: "TEST",
  RequesterId: ASKING,
  To: ANSWERING,
  CreatedDateTime: "2024-07-30T12:00:00Z",
  ExpiresDateTime: "2024-09-28T12:00:00Z",
  Student: jenna,
  NewEnrollment: asks().enrollment,
  RequestingDistrict: district(ASKING),
  RequestingUser: registrar,
  Purpose: "R01",
  LegitimateInterest: "The student enrolled here.",
  ...changes,
});

export const transferAt = (
  side: Side,
  state: Transfer["state"],
  changes: Partial<Transfer> = {},
): Transfer => ({
  requesterId: ASKING,
  transferId: TRANSFER_ID,
  reference: referenceOf(TRANSFER_ID),
  side,
  partnerId: side === "requester" ? ANSWERING : ASKING,
  state,
  revision: 0,
  requestMessageId: REQUEST_ID,
  releases: [],
  refusedMessageId: null,
  requestedAt: new Date("2024-07-30T12:00:00Z"),
  expiresAt: new Date("2024-09-28T12:00:00Z"),
  holdUntil: null,
  firstPerson: null,
  entityId: null,
  isOnPaper: false,
  ...changes,
});

/** Every section says that the student needs none: a whole record without content. */
export const recordOf = (changes: Partial<StudentRecord> = {}): StudentRecord => ({
  Student: jenna,
  ...Object.fromEntries(
    SECTIONS.map((name) => [name, { NotAvailable: { NotAvailableReason: "NotApplicable" } }]),
  ),
  ...transcript,
  ...changes,
});

export const transcript: Pick<StudentRecord, "Transcript"> = {
  Transcript: { Present: { Course: [{ CourseTitle: "Algebra 1", SchoolYear: "2023-2024" }] } },
};

export const releaseOf = (changes: Partial<TransferRelease> = {}): TransferRelease => ({
  MessageId: nextUuid(),
  TransferId: TRANSFER_ID,
  RequesterId: ASKING,
  RespondsTo: REQUEST_ID,
  TransmissionType: "Original",
  ReleaseDateTime: "2024-08-01T14:00:00Z",
  DocumentQualifier: "Full",
  ReleasingDistrict: district(ANSWERING),
  ReleasingUser: registrar,
  RedisclosureNotice: REDISCLOSURE_NOTICE,
  StudentRecord: recordOf(),
  ...changes,
});

export const responseOf = (changes: Partial<TransferResponse> = {}): TransferResponse => ({
  MessageId: nextUuid(),
  TransferId: TRANSFER_ID,
  RequesterId: ASKING,
  RespondsTo: REQUEST_ID,
  ResponseStatus: "RequestReceived",
  ResponseDateTime: "2024-08-01T14:00:00Z",
  ...changes,
});

export const recallOf = (ids: readonly string[], changes: Partial<Recall> = {}): Recall => ({
  MessageId: nextUuid(),
  TransferId: TRANSFER_ID,
  RequesterId: ASKING,
  RecalledMessageId: [...ids],
  RecallDateTime: "2024-08-01T14:30:00Z",
  ReasonCode: "WrongStudent",
  RecallingUser: registrar,
  ...changes,
});

export const documentNamed = (
  fileName: string,
  section?: OutgoingDocument["section"],
): OutgoingDocument => ({
  fileName,
  mediaType: "application/pdf",
  ...(section ? { section } : {}),
  stagedPath: `staging/${fileName}`,
});

/** As enclosing makes it of a document. */
export const attachmentOf = ({ fileName, mediaType, section }: OutgoingDocument): Attachment => ({
  FileName: fileName,
  MediaType: mediaType,
  ...(section ? { SectionName: section } : {}),
  Size: "1000",
  ContentSha256: "0".repeat(64),
  SealedFileName: "0634320_2700105_1_1_0123456789abcdef.att.pgp",
  SealedSize: "1100",
  SealedSha256: "1".repeat(64),
});

const policy = {
  holdBackMinutes: 60,
  allowDeclaredUser: true,
  annualNoticeCoversTransfers: true,
  unlawfulReasons: new Map(),
  requestDays: 60,
};

type Told = ReceivedFacts & DecisionFacts;

/** What the handlers of one side are told; the other side is the sender. */
export const factsOf = (
  side: Side,
  transfer: Transfer | null,
  changes: Partial<Told> = {},
): Told => ({
  us: district(side === "requester" ? ASKING : ANSWERING),
  processCode: "TEST",
  policy,
  at: NOW,
  transfer,
  request: requestFrom(),
  newMessageId: nextMessageId,
  newTransferId: () => TRANSFER_ID,
  isFlagged: () => false,
  from: side === "requester" ? ANSWERING : ASKING,
  ourEntityId: null,
  carried: null,
  sentRequests: { current: null, earlier: [] },
  user: registrar,
  ...changes,
});

/** The effects of one kind. */
export const only = <Name extends Effect["effect"]>(
  effects: readonly Effect[],
  name: Name,
): Extract<Effect, { effect: Name }>[] =>
  effects.filter((each): each is Extract<Effect, { effect: Name }> => each.effect === name);

export const raised = (effects: readonly Effect[]): string[] =>
  only(effects, "RaiseAlert").map(({ code }) => code);

export const resolved = (effects: readonly Effect[]): string[] =>
  only(effects, "ResolveAlert").map(({ code }) => code);

export const stateAfter = (effects: readonly Effect[]): string | undefined =>
  only(effects, "SetState")[0]?.state ?? only(effects, "OpenTransfer")[0]?.transfer.state;

export const publishedBy = (effects: readonly Effect[]): string[] =>
  only(effects, "Publish").map(({ what }) => what);
