/**
 * What survives a crash, table by table. Columns are plain text, integers and bytes, so that the
 * same tables can live in PostgreSQL: times are ISO 8601 in UTC, yes and no are 1 and 0.
 *
 * Personal data of students stands in `content`, and what the register must keep of it in
 * `register_students`; at an entity, what the registry matches by in `enrollments`: nowhere else
 * (PROTOCOL 9).
 */
import type { Generated } from "kysely";
import type {
  AgencyId,
  Fingerprint,
  MessageId,
  PacketId,
  Reference,
  Sha256,
  StreamId,
  TransferId,
} from "../ids.ts";
import type { MessageKind, Sex } from "../packet/model.gen.ts";
import type { PublishedWhat, Side, TransferState } from "../transfer/effects.ts";

/** ISO 8601 in UTC with milliseconds, as `Date#toISOString` writes it. */
export type Time = string;

/** One value this home must remember: its stream, the audit head. */
export interface SettingRow {
  name: string;
  value: string;
}

/** What the directory says an agency does (PROTOCOL 8). Only those that take part can be addressed. */
export type AgencyStatus =
  "Participating" | "TestOnly" | "NotParticipating" | "Closed" | "Future" | "Inactive";

/**
 * An agency that is known: its card was added by hand, pinned by its fingerprint; or a directory lists it; or it
 * takes no part, and was asked on paper.
 */
export interface AgencyRow {
  agency_id: AgencyId;
  /** `card` wins over `directory` (PROTOCOL 8), and both over `listed`: what the list of districts says. */
  source: "card" | "directory" | "listed";
  /** The card as its owner signed it, word for word; `null` from a directory. */
  signed_card: string | null;
  /** Of its present key; `null` if the directory lists none. */
  fingerprint: Fingerprint | null;
  /** ASCII armour; `null` until the key is fetched that the directory names. */
  public_key: string | null;
  name: string;
  state_number: string | null;
  city: string | null;
  state: string | null;
  zip: string | null;
  phone: string | null;
  role: "district" | "entity";
  status: AgencyStatus;
  /** Of a closed district: who has its records now. */
  successor_id: AgencyId | null;
  /** Path of its box on the server, by the directory; `null`: the one beside ours. */
  box: string | null;
  /** Whom to call, JSON, as the card or the directory has it. */
  contacts: string | null;
  added_at: Time;
  added_by: string;
  /** Set when a person must act before anything more goes to or comes from this agency. */
  stopped_code: string | null;
}

/** An agency whose card was added by hand. */
export interface CardRow extends AgencyRow {
  source: "card";
  signed_card: string;
  fingerprint: Fingerprint;
  public_key: string;
}

export type KeyStanding =
  | "Current" // seal for it
  | "Retired" // what was signed until it was retired holds
  | "Revoked" // nothing it ever signed holds
  | "Held"; // a person must compare it first

/** A key of an agency: at the entity as it publishes it, at a district as its directory lists it. */
export interface AgencyKeyRow {
  agency_id: AgencyId;
  fingerprint: Fingerprint;
  /** Of its file in the directory's folder; `null` of a key that no directory listed. */
  sha256: Sha256 | null;
  /** ASCII armour; `null` until it is fetched. */
  public_key: string | null;
  /** Key ids of its parts that sign, with spaces between; `null` until the key is read. */
  signers: string | null;
  standing: KeyStanding;
  valid_from: Time;
  /** Since when it is retired or revoked, or when it ends; `null` for no end. */
  valid_until: Time | null;
  /** The word of the key before it (a signed text), if the agency gave it. */
  succession: string | null;
}

/** The last good directory of an entity, as it was signed. */
export interface DirectoryRow {
  entity_id: AgencyId;
  process_code: "TEST" | "PRODUCTION";
  version: number;
  issued_at: Time;
  expires_at: Time;
  sha256: Sha256;
  /** ASCII armour. */
  text: string;
  /**
   * At a district: size and time of the file; unchanged, it need not be read again. At the entity: digest of
   * what is listed; unchanged, it need not be published again.
   */
  mark: string;
  taken_at: Time;
}

/** A district as a public list has it (`directory import`): whether or not it takes part, people look for it. */
export interface ListedDistrictRow {
  agency_id: AgencyId;
  state_number: string | null;
  name: string;
  /** Two letters. */
  state: string;
  street: string | null;
  city: string | null;
  /** Cities of its schools, JSON: people may know the district by any of them. */
  cities: string | null;
  /** Five digits, or nine with a hyphen. */
  zip: string | null;
  phone: string | null;
  status: AgencyStatus;
  successor_id: AgencyId | null;
  listed_at: Time;
}

export type RelayState =
  | "CLAIMED" // to be moved to the peer's server
  | "DELIVERED" // lies there; to be deleted here
  | "MOVED" // done
  | "GONE" // taken away by somebody else before it was moved
  | "REFUSED"; // not moved, and in quarantine

/** At an entity: a sealed file on its way to an agency of another state. Nobody here can open it. */
export interface RelayRow {
  relay_id: string;
  peer_id: AgencyId;
  file_name: string;
  /** In bytes. */
  size: number;
  modified_at: Time;
  /** Numeric id of the account that left it; `null` where the server does not say. */
  owner: number | null;
  /** What the name says, which proves nothing. */
  from_agency: AgencyId;
  to_agency: AgencyId;
  state: RelayState;
  claimed_at: Time;
  ended_at: Time | null;
  /** Why it waits or was refused; `null` too once a person has discarded it. */
  code: string | null;
  /** Beside the code: the sentence. Without one the server failed over it once, and it is tried again. */
  reason: string | null;
  /** Of one in quarantine; `null` if it was never fetched, and still lies in the box. */
  sealed_sha256: Sha256 | null;
  /** 1: what there is of it lies in the quarantine. */
  removed_from_box: number;
}

export type RegistryImportState =
  | "LOADING" // rows are being read into a generation of their own
  | "WAITING" // it would close too many enrollments: a person must say so
  | "CURRENT" // look-ups are answered from its generation
  | "REFUSED" // too many faulty rows, or no list at all
  | "DISCARDED" // by a person, by the next one, or cut off
  | "SUPERSEDED"; // another became current

/** One import of the entity's registry. */
export interface RegistryImportRow {
  /** Counted from one: a later import has a greater number. */
  import_id: number;
  kind: "snapshot" | "changes";
  state: RegistryImportState;
  sha256: Sha256;
  /** `YYYY-MM-DD`: how old the file's data are, by its own time. */
  as_of: string;
  begun_at: Time;
  ended_at: Time | null;
  /** Under which its enrollments stand: its own, or that of the registry into which it was merged. */
  generation: number;
  /** The generation from which the others were carried over. */
  base: number | null;
  rows: number;
  faulty_rows: number;
  /** Open enrollments that it does not list. */
  closed: number;
  /** Of the registry with it: */
  students: number;
  enrollments: number;
  open_enrollments: number;
  /** Username, or `packetboat`. */
  by: string;
  code: string | null;
  /** 1 when none of its rows are left that nobody needs. */
  swept: number;
}

/**
 * One enrollment of the entity's registry. The third and last table with students in it: only what
 * matching needs, names folded, and the schools that a referral names.
 */
export interface EnrollmentRow {
  /** As the import that is current names it. */
  generation: number;
  state_student_id: string;
  agency_id: AgencyId;
  /** Twelve digits. */
  school_id: string;
  entry_date: string;
  /** `null` while the student is enrolled. */
  exit_date: string | null;
  last_key: string;
  first_key: string;
  birthdate: string;
  sex: Sex;
  school_name: string;
  /** Empty if the file does not say. */
  school_year: string;
  /** Empty if the file does not say. */
  grade_level: string;
  /** The import that listed it last: the newest word about who the student is counts. */
  said_by: number;
}

/** One student's move of records, on one side. */
export interface TransferRow {
  requester_id: AgencyId;
  transfer_id: TransferId;
  reference: Reference;
  side: Side;
  partner_id: AgencyId;
  state: TransferState;
  revision: number;
  request_message_id: MessageId;
  /** The current request (its XML) in `content`. */
  request_content_id: string;
  /** Its releases and where they stand, JSON. */
  releases: string;
  refused_message_id: MessageId | null;
  requested_at: Time;
  expires_at: Time;
  hold_until: string | null;
  /** The school the request goes to or comes from, by name; no student. */
  school: string | null;
  /** Name of the drop folder where people see it; `null`, and any name that the config has no more: the office's. */
  drop_folder: string | null;
  /** `YYYY-MM-DD`: the last day on which a release promised more. */
  expected_until: string | null;
  /** Who released the records of a flagged student first, while a second person has not. */
  first_person: string | null;
  /** The entity through which it goes; `null` if the two districts speak directly. */
  entity_id: AgencyId | null;
  /** 1: asked by a letter, because the other district takes no part; nothing of it is ever sent. */
  on_paper: number;
  /** At a district: the SignedReferral or ForwardedRequest in force (its XML) in `content`. */
  referral_content_id: string | null;
  /** At the requester: the last answer that said something in words (its XML) in `content`. */
  answer_content_id: string | null;
  /** Grows with every change: a writer that read an older one must read again. */
  version: number;
}

/** What happened to a transfer, in order: `transfers history`. */
export interface TransferEventRow {
  event_id: Generated<number>;
  requester_id: AgencyId;
  transfer_id: TransferId;
  at: Time;
  event: string;
  state: TransferState;
  /** Username, agency or `packetboat`. */
  who: string;
  /** How a person was known (UserAuthentication); `null` for an agency and for packetboat. */
  authentication: string | null;
}

/** The table with students in it; rows are deleted by retention. */
export interface ContentRow {
  content_id: string;
  /** `message`, `request`, `referral`, `answer`. */
  kind: string;
  bytes: Uint8Array;
  created_at: Time;
}

export type MessageOutState =
  | "WAITING" // to be enclosed and packed
  | "ENCLOSED" // its XML is final
  | "PACKED" // in a packet, for ever
  | "CONFIRMED" // the reader has it durably
  | "REFUSED" // the reader closed it: a correction is a new message
  | "WITHDRAWN"; // taken back before it was packed

/** A TransferRequest becomes a SignedRequest when it is enclosed. */
export type OutgoingKind = MessageKind | "TransferRequest";

export interface MessageOutRow {
  message_id: MessageId;
  to_agency: AgencyId;
  kind: OutgoingKind;
  requester_id: AgencyId | null;
  transfer_id: TransferId | null;
  /** The message (or the unsigned request) as XML. */
  content_id: string;
  sha256: Sha256 | null;
  state: MessageOutState;
  not_before: Time;
  packet_id: PacketId | null;
  position: number | null;
  created_at: Time;
  answered_at: Time | null;
  answer_code: string | null;
}

/** A document that goes beside a release in a sealed file of its own. */
export interface AttachmentOutRow {
  attachment_id: string;
  message_id: MessageId;
  number: number;
  file_name: string;
  media_type: string;
  section: string | null;
  /** Where the plain document waits, below `state/`. Removed once it is sealed. */
  staged_path: string;
  /** Chosen before the file is written. */
  sealed_name: string | null;
  state: "WAITING" | "SEALED" | "SENT";
}

export type PacketOutState =
  | "FIXED" // its messages and number are settled
  | "SEALED" // its bytes are settled and stored
  | "SENT" // the recipient's box has it
  | "ACKED" // the recipient has answered
  | "REFUSED"; // the recipient refused the envelope

export interface PacketOutRow {
  packet_id: PacketId;
  to_agency: AgencyId;
  stream: StreamId;
  sequence: number;
  rendition: number;
  messages_digest: Sha256;
  /** 1 if a receipt is due: receipts, manifests and statuses are never receipted. */
  receipt_due: number;
  state: PacketOutState;
  created_at: Time;
  expires_at: Time | null;
  file_name: string | null;
  sealed_sha256: Sha256 | null;
  sealed_size: number | null;
  /** The key it was sealed for. */
  sealed_for: Fingerprint | null;
  sent_at: Time | null;
  answered_at: Time | null;
  uploads: number;
}

/** The next number of each stream to each agency. */
export interface SequenceOutRow {
  to_agency: AgencyId;
  stream: StreamId;
  next_sequence: number;
}

export type PacketInState =
  | "CLAIMED" // seen in the box
  | "FETCHED" // its bytes are here
  | "WAITING" // not yet: something it needs is absent; has a deadline
  | "RECORDED" // every message has its outcome, the receipt is on its way out
  | "GONE" // it left the box before we had it
  | "QUARANTINED"; // refused; the original is kept

export interface PacketInRow {
  claim_id: string;
  file_name: string;
  size: number;
  modified_at: Time;
  /** Numeric id of the account that left it; `null` where the server does not say, or a person has settled it. */
  owner: number | null;
  state: PacketInState;
  claimed_at: Time;
  sealed_sha256: Sha256 | null;
  /** Counted before work begins and cleared when it ends: three deaths are poison (TRUST F31). */
  deaths: number;
  waiting_until: Time | null;
  from_agency: AgencyId | null;
  packet_id: PacketId | null;
  messages_digest: Sha256 | null;
  stream: StreamId | null;
  sequence: number | null;
  /** Why it waits or was refused. */
  code: string | null;
  reason: string | null;
  receipted_at: Time | null;
  removed_from_box: number;
}

/** A packet taken, by its identity; kept until its expiry and 30 days more (PROTOCOL 4). */
export interface PacketSeenRow {
  from_agency: AgencyId;
  packet_id: PacketId;
  messages_digest: Sha256;
  claim_id: string;
  expires_at: Time;
  /** The receipt, to be given again as it was. */
  receipt_content_id: string | null;
  receipt_sent_at: Time | null;
}

export type MessageInState = "TAKEN" | "REFUSED";

export interface MessageInRow {
  from_agency: AgencyId;
  message_id: MessageId;
  claim_id: string;
  position: number;
  kind: MessageKind | "unknown";
  sha256: Sha256;
  state: MessageInState;
  requester_id: AgencyId | null;
  transfer_id: TransferId | null;
  code: string | null;
  reason: string | null;
  recorded_at: Time;
}

/** A sealed attachment of a packet on its way in. */
export interface AttachmentInRow {
  claim_id: string;
  sealed_name: string;
  /** The opened document, below `state/staging`; empty until it is there. */
  staged_path: string | null;
  /** Its sizes and digests as the release gave them when it was proved. */
  said: string | null;
}

/** How far each stream of each agency has come; holes are the numbers below that never came. */
export interface SequenceInRow {
  from_agency: AgencyId;
  stream: StreamId;
  sequence: number;
  claim_id: string;
}

export type PublicationState =
  | "READY" // finished and hidden
  | "PUBLISHED" // people have seen it
  | "RECALLED" // to be moved into the quarantine, shown or not
  | "QUARANTINED" // it lies there
  | "TAKEN" // recalled, and not in its place: somebody had taken it
  | "DISCARDED"; // recalled, and deleted by a person

/** A folder that is finished but hidden, and then shown by one rename (PROTOCOL 9). */
export interface PublicationRow {
  publication_id: string;
  requester_id: AgencyId;
  transfer_id: TransferId;
  hidden_path: string;
  /** Where it was shown; until then, where it is to be shown. */
  final_path: string;
  state: PublicationState;
  created_at: Time;
  /** What is in it; `null` if an older packetboat made it. */
  what: PublishedWhat | null;
  /** Of the release, or of the recall, that it shows. */
  message_id: MessageId | null;
  /** Of the recall that takes it away. */
  recalled_by: MessageId | null;
  /** What a record says of each section, JSON; nobody's data. */
  told: string | null;
}

/** `imported.txt` in a record folder, and what it was answered. */
export interface ImportRow {
  path: string;
  drop_folder: string;
  /** Size, time and inode: another stamp is another saying. */
  stamp: string;
  /** `DECIDED` until its answer lies beside it. */
  state: "DECIDED" | "ANSWERED";
  /** The answer, as it stands in `status.txt`. */
  status: string;
  decided_at: Time;
}

/** A file taken from a drop folder. */
export interface DocumentRow {
  document_id: string;
  drop_folder: string;
  file_name: string;
  sha256: Sha256;
  state: "CLAIMED" | "TAKEN" | "REFUSED" | "KNOWN" | "ANSWERED";
  taken_at: Time;
  /** The answer that is written beside it, JSON; references only. */
  answer: string | null;
  /** Counted before it is read, and cleared by each of its decisions and at its end: three deaths are poison (TRUST F31). */
  deaths: number;
}

/** A decision in a document, carried out. */
export interface DecisionRow {
  document_id: string;
  /** In its document, counted from one. */
  number: number;
  drop_folder: string;
  /** Of what was decided, not of the bytes in which it was written. */
  sha256: Sha256;
  source_reference: string | null;
  /** JSON; references only. */
  outcome: string;
  /** JSON: digests of the documents that went with it; `null` before they were kept. */
  documents: string | null;
  decided_at: Time;
}

/** A case folder, and what was seen of the decision in it. */
export interface CaseRow {
  /** Grows with time; the youngest case of a transfer is the one in which it is decided. */
  case_id: string;
  drop_folder: string;
  requester_id: AgencyId;
  transfer_id: TransferId;
  /** In which folder of the drop folder it stands; `null` until it was seen there. */
  place: CasePlace | null;
  /** As people may have renamed it. */
  name: string | null;
  /** Size, time and inode of a decision file that decides nothing. */
  blank_sight: string | null;
  /** The same of one that was carried out and still stands there; `null` when the form is open. */
  taken_sight: string | null;
  taken_sha256: Sha256 | null;
  /** Digest of all that was seen in the folder, while a decision waits to be taken; and since when. */
  seen: string | null;
  seen_since: Time | null;
  /** Digests of the documents that went with each of our releases, by its message id, JSON. */
  documents: string;
  /** The transfer's version of which status.txt tells. */
  told_version: number | null;
  /** Of what status.txt tells. */
  told_sha256: Sha256 | null;
}

export type CasePlace = "requests" | "done";

/** A file in a drop folder that may still be growing. */
export interface SightingRow {
  path: string;
  size: number;
  modified_ms: number;
  inode: string;
  first_seen: Time;
}

export interface AlertRow {
  alert_id: string;
  code: string;
  /** What it is about: one open alert per code and subject. */
  subject: string;
  requester_id: AgencyId | null;
  transfer_id: TransferId | null;
  agency_id: AgencyId | null;
  /** Values for its sentence, JSON; no student. */
  facts: string;
  raised_at: Time;
  last_raised_at: Time;
  times: number;
  resolved_at: Time | null;
  resolved_by: string | null;
}

/** 34 CFR 99.32: kept as long as the record is. Names no student: `register_students` says whose line it is. */
export interface DisclosureRow {
  disclosure_id: string;
  requester_id: AgencyId;
  transfer_id: TransferId;
  at: Time;
  what: string;
  party_id: AgencyId;
  party_name: string;
  interest: string;
  purpose: string;
  /** Names of the sections, with spaces between; empty for a request or a rejection. */
  sections: string;
  who: string;
  authentication: string;
  /** Who had released before, where two persons had to. */
  first_person: string | null;
}

/** Under whom a line of the register is filed: beside `content` the only table with students in it. */
export interface RegisterStudentRow {
  disclosure_id: string;
  /** Our own id of the student; then nothing else stands here. */
  student_id: string | null;
  last_name: string | null;
  first_name: string | null;
  /** `YYYY-MM-DD` */
  birthdate: string | null;
}

/** A chain: each row's digest covers the one before. Digests only. */
export interface AuditRow {
  number: Generated<number>;
  at: Time;
  event: string;
  subject: string;
  digest: Sha256;
}

/** One exchange. */
export interface RunRow {
  run_id: string;
  started_at: Time;
  ended_at: Time | null;
  /** Counts, JSON. */
  counts: string | null;
  exit_code: number | null;
  /** Of what hindered it, if anything did. */
  code: string | null;
  scope: Scope;
}

/**
 * How much of an exchange is made: all of it; what comes in, with receipts and answers; or only what lies
 * in the outboxes, without the server.
 */
export type Scope = "everything" | "collect" | "take";

/** The nightly exchange of a date on the agency's own calendar: made once (TRUST F24). */
export interface NightRow {
  /** `YYYY-MM-DD` */
  night: string;
  planned_at: Time;
  /** `tried` is tried again: the server was not reached, or the program ended meanwhile. */
  state: "tried" | "made" | "skipped";
  attempts: number;
  last_attempt_at: Time;
}

/** A command that found the daemon running and wants an exchange now (PROTOCOL 9). */
export interface AskRow {
  ask_id: string;
  asked_at: Time;
  /** What came of it, JSON; `null` until it is made. */
  answer: string | null;
}

/** When we may try an agency or the server again. */
export interface BackoffRow {
  agency_id: AgencyId;
  failures: number;
  next_attempt_at: Time;
  code: string;
}

export type MailState =
  | "WAITING" // to be sent
  | "SENT" // the mail server has it
  | "GIVEN_UP" // the mail server takes none for this address
  | "FOLDED"; // too old, or its causes ended: what is still open stands in the digest

/** A mail to one person: written once, sent later (TRUST F37). No student. */
export interface MailRow {
  mail_id: string;
  /** `alerts`: what cannot wait for the morning. */
  kind: "alerts" | "digest";
  recipient: string;
  /** Where the address stands in the config, for IT: `people north.registrar`, `mail.it`. */
  setting: string;
  subject: string;
  body: string;
  state: MailState;
  attempts: number;
  created_at: Time;
  next_attempt_at: Time;
  ended_at: Time | null;
  /** Of the last failure. */
  code: string | null;
}

/** Who was told at once of an alert: once, however often it is renewed. */
export interface MailCauseRow {
  alert_id: string;
  recipient: string;
  mail_id: string;
}

/** The digest of a date on the agency's own calendar: made once. */
export interface DigestRow {
  /** `YYYY-MM-DD` */
  day: string;
  made_at: Time;
}

export type LockName = "home" | "run" | "mail" | "registry";

/** Who holds the home: one exchange at a time, and one daemon. */
export interface LockRow {
  name: LockName;
  process_id: number;
  boot_id: string;
  started_ticks: string;
  since: Time;
}

export interface Tables {
  settings: SettingRow;
  agencies: AgencyRow;
  agency_keys: AgencyKeyRow;
  directories: DirectoryRow;
  listed_districts: ListedDistrictRow;
  relays: RelayRow;
  registry_imports: RegistryImportRow;
  enrollments: EnrollmentRow;
  transfers: TransferRow;
  transfer_events: TransferEventRow;
  content: ContentRow;
  messages_out: MessageOutRow;
  attachments_out: AttachmentOutRow;
  packets_out: PacketOutRow;
  sequences_out: SequenceOutRow;
  packets_in: PacketInRow;
  packets_seen: PacketSeenRow;
  messages_in: MessageInRow;
  attachments_in: AttachmentInRow;
  sequences_in: SequenceInRow;
  publications: PublicationRow;
  imports: ImportRow;
  documents: DocumentRow;
  decisions: DecisionRow;
  cases: CaseRow;
  sightings: SightingRow;
  alerts: AlertRow;
  disclosures: DisclosureRow;
  register_students: RegisterStudentRow;
  audit: AuditRow;
  runs: RunRow;
  nights: NightRow;
  asks: AskRow;
  backoffs: BackoffRow;
  mails: MailRow;
  mail_causes: MailCauseRow;
  digests: DigestRow;
  locks: LockRow;
}
