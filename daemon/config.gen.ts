// made by `npm run generate` from schemas/config.schema.json

import type { ReasonCode } from "./packet/model.gen.ts";

/**
 * The whole path, from the root of the file system.
 */
export type AbsolutePath = string;

export type Line = string;

export type Phone = string;

/**
 * Name of a group of the operating system.
 */
export type Group = string;

/**
 * This agency, as its partners and people know it.
 */
export interface AgencySettings {
  /**
   * NCES id of the district; an entity's is its state's FIPS code and 00000.
   */
  id: string;
  /**
   * What the state and its registrars call the district.
   */
  stateNumber?: string;
  name: string;
  /**
   * Where records on paper are to be sent: it stands in the letters to districts that take no part.
   */
  street?: string;
  city: string;
  /**
   * Two capital letters.
   */
  state: string;
  /**
   * Five digits, or nine with a hyphen; always in quotes.
   */
  zip: string;
  /**
   * The number others are told to call.
   */
  phone?: Phone;
  /**
   * For times people read: America/Chicago.
   */
  timeZone: string;
}

/**
 * The only machine this home ever connects to; at an entity, the machine on which it runs.
 */
export interface ServerSettings {
  /**
   * Our own drop box: sftp://user@host:port/path/<own id> or file:///path/<own id>. A partner's box is the folder beside it.
   */
  address?: string;
  /**
   * SHA-256 fingerprints of the server's host key, as `ssh-keygen -l` shows them; two while it changes.
   */
  hostKeys?: string[];
  /**
   * Private SSH key; a relative path starts at `home`.
   */
  identityFile?: string;
  /**
   * Entity: how districts reach the server; its card and directory say so.
   */
  publicAddress?: string;
  /**
   * Entity: the folder on this machine in which the boxes of all agencies stand.
   */
  boxes?: AbsolutePath;
}

/**
 * Entity: the signed list of agencies that districts read.
 */
export interface DirectorySettings {
  /**
   * Where it is published; every account of the server may read there.
   */
  folder: AbsolutePath;
  /**
   * How long a published directory holds. Districts without a newer one send nothing afterwards.
   */
  validDays?: number;
  /**
   * It is published anew after so many days, and whenever something in it changed.
   */
  publishEveryDays?: number;
}

/**
 * Entity: the students and their enrollments, as the state's student information system exports them.
 */
export interface RegistrySettings {
  /**
   * A folder for its files: *.csv is taken when it has held still. Without it, only `packetboat registry import` takes them.
   */
  dropFolder?: AbsolutePath;
  group?: Group;
  /**
   * Whether a file in the drop folder lists all enrollments, or what changed.
   */
  import?: "snapshot" | "changes";
  /**
   * How long a file must have held still.
   */
  unchangedForSeconds?: number;
  /**
   * auto: UTF-8, or UTF-16 by its mark, or else windows-1252.
   */
  encoding?: "auto" | "utf-8" | "utf-16" | "windows-1252";
  /**
   * What stands between two columns; auto: whichever of them the header has.
   */
  delimiter?: "auto" | "," | ";" | "tab" | "|";
  /**
   * What a column of the file says, where its header is not already our name for it.
   */
  columns?: {
    /**
     * This interface was referenced by `undefined`'s JSON-Schema definition
     * via the `patternProperty` "^[^\u0000-\u001f]{1,100}$".
     */
    [k: string]: RegistryColumn;
  };
  /**
   * How dates are written: yyyy, MM or M, dd or d. A date as we write it, YYYY-MM-DD, is always read.
   */
  dateFormat?: string;
  /**
   * Faulty rows are left out and told of; if there are more than this share, nothing changes.
   */
  maxFaultyRows?: string;
  /**
   * A snapshot that would close more than this share of the open enrollments waits for a person.
   */
  askBeforeClosingMoreThan?: string;
  /**
   * An alert is raised when the last import is older.
   */
  warnWhenOlderThanDays?: number;
}

/**
 * What a column of the registry's file says.
 */
export type RegistryColumn =
  | "StateStudentId"
  | "LastOrSurname"
  | "FirstName"
  | "MiddleName"
  | "Birthdate"
  | "Sex"
  | "AgencyId"
  | "SchoolId"
  | "SchoolName"
  | "SchoolYear"
  | "EntryGradeLevel"
  | "EnrollmentEntryDate"
  | "EnrollmentExitDate";

/**
 * Entity: when people are told of what does not go on.
 */
export interface FollowUpSettings {
  /**
   * A forwarded request without an answer after so many school days is told of.
   */
  unansweredAfterSchoolDays?: number;
  /**
   * A box from which nothing was collected for so many days is told of.
   */
  notCollectedAfterDays?: number;
  /**
   * Days without school: a date, or two joined by `..`.
   */
  noSchool?: string[];
}

/**
 * Folders shared with people or the student information system, by name; `office` is the one for whatever has no other.
 */
export interface DropFolders {
  office: DropFolder;
  /**
   * This interface was referenced by `DropFolders`'s JSON-Schema definition
   * via the `patternProperty` "^(?!office$)[a-z][A-Za-z0-9]{0,39}$".
   */
  [k: string]: DropFolder;
}

export interface DropFolder {
  path: AbsolutePath;
  group?: Group;
  ready?: ReadySettings;
  /**
   * Whether files here are written by a student information system that let its user log in: then the person it names counts as known to it (UserAuthentication SourceSystem).
   */
  sourceSystem?: boolean;
  csv?: CsvSettings;
}

/**
 * When a file that was not renamed in is taken as finished.
 */
export interface ReadySettings {
  /**
   * Once it has held still so long.
   */
  unchangedForSeconds?: number;
  /**
   * Instead of that: once an empty file of the same name and this ending lies beside it: list.csv and list.csv.done.
   */
  marker?: string;
  /**
   * How long a case folder must have held still before the decision in it is taken.
   */
  decisionUnchangedForSeconds?: number;
}

export interface School {
  /**
   * NCES school id: the district's id and five digits.
   */
  id: string;
  name: Line;
  /**
   * How others write its name; capitals and punctuation do not matter.
   */
  alsoWritten?: Line[];
  /**
   * Where its requests and records are shown; without it, the office's.
   */
  dropFolder?: string;
  /**
   * Usernames of who is told of its requests; without it, everybody who may decide for it.
   */
  registrars?: string[];
}

export interface Person {
  username: string;
  /**
   * As other districts are shown it.
   */
  name: Line;
  workPhone?: Phone;
  email?: Email;
  /**
   * Account of the operating system that proves who it is.
   */
  osUser?: string;
  /**
   * District: request, release. Entity: approveDistricts (add, suspend and close), approveKeyChanges.
   */
  may: ("request" | "release" | "approveDistricts" | "approveKeyChanges")[];
  /**
   * Names from `schools:`; without it, all of them.
   */
  schools?: Line[];
}

/**
 * When `packetboat run` exchanges.
 */
export interface ExchangeSettings {
  nightly?: NightlySettings;
  watch?: WatchSettings;
  /**
   * When the machine was off at night: make the exchange as soon as it runs again, once; or wait for the next night.
   */
  ifMissed?: "runOnce" | "skip";
}

/**
 * The exchange in which requests and releases leave.
 */
export interface NightlySettings {
  /**
   * On the clock of `agency.timeZone`. Between 02:00 and 02:59 the clock is put forward on one night of the year.
   */
  at?: string;
  /**
   * The days on whose date it is made.
   */
  days?: ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
  /**
   * It begins up to so much later, another time each night, so that not all districts call their server at once.
   */
  jitterMinutes?: number;
}

/**
 * What happens between the nights.
 */
export interface WatchSettings {
  /**
   * Whether requests and releases leave as soon as they may, instead of at night.
   */
  sendOnArrival?: boolean;
  /**
   * How often our box is looked into, and receipts and answers are sent.
   */
  collectEveryMinutes?: number;
}

export interface ReleaseSettings {
  /**
   * How long a release can still be withdrawn before it leaves.
   */
  holdBackMinutes?: number;
  /**
   * Whether a release, hold or rejection counts when the person is only named in a file, or by --as, and not proved by an account of this machine or a source system. To withdraw or recall, a name is always enough.
   */
  allowDeclaredUser?: boolean;
  /**
   * Whether the annual notice to parents says that records follow the student (34 CFR 99.34); if not, each release asks for a notice.
   */
  annualNoticeCoversTransfers?: boolean;
  /**
   * The list of students whose records leave only when two persons have released them; a relative path starts at `home`. Without this setting flags.csv of the home is read if it is there.
   */
  flagsFile?: string;
  /**
   * Reasons for which your state lets nobody hold or refuse records, beside those that packetboat knows.
   */
  reasonsNotAllowed?: ReasonCode[];
}

export interface DeadlineSettings {
  answerWithinSchoolDays?: number;
  /**
   * Whoever has not decided after so many school days is reminded; sooner if the student cannot wait.
   */
  remindAfterSchoolDays?: number;
  /**
   * After so many, those in escalateTo are told as well.
   */
  escalateAfterSchoolDays?: number;
  /**
   * Who is told then.
   */
  escalateTo?: MailAddress[];
  /**
   * Days without school: a date, or two joined by `..`.
   */
  noSchool?: string[];
}

/**
 * Two trees: one with names, one with references only.
 */
export interface ReportSettings {
  registrar?: ReportFolder;
  it: ReportFolder;
}

export interface ReportFolder {
  path: AbsolutePath;
  group?: Group;
}

export interface LimitSettings {
  packetMegabytes?: number;
  messagesPerPacket?: number;
  attachmentMegabytes?: number;
  perSender?: SenderLimits;
}

/**
 * What one sender may have waiting in a box that we read. More is told of, and the rest of it waits behind everybody else's. Of its refused files as much is kept, and more stays in the box; at an entity, also what its account on the server may hold.
 */
export interface SenderLimits {
  waitingFiles?: number;
  waitingMegabytes?: number;
}

export type Email = string;

export type MailAddress = string;

/**
 * What a column of a list of requests says.
 */
export type CsvColumn =
  | "SourceReference"
  | "DecidedBy"
  | "To"
  | "DistrictState"
  | "DistrictName"
  | "DistrictCity"
  | "DistrictZip"
  | "LastOrSurname"
  | "FirstName"
  | "MiddleName"
  | "GenerationCodeOrSuffix"
  | "Sex"
  | "Birthdate"
  | "GradeLevel"
  | "DistrictStudentId"
  | "StateStudentId"
  | "NameOfInstitution"
  | "SchoolId"
  | "SchoolYear"
  | "EnrollmentEntryDate"
  | "EnrollmentExitDate"
  | "EntryType"
  | "MembershipType"
  | "PreviousAgencyId"
  | "PreviousSchoolId"
  | "PreviousNameOfInstitution"
  | "PreviousCity"
  | "PreviousState"
  | "Purpose"
  | "LegitimateInterest"
  | "ExpediteReason"
  | "RequestedByParent"
  | "RequestedSection"
  | "Comments";

/**
 * How the lists of requests that lie in this folder are written.
 */
export interface CsvSettings {
  /**
   * auto: UTF-8, or UTF-16 by its mark, or else windows-1252.
   */
  encoding?: "auto" | "utf-8" | "utf-16" | "windows-1252";
  /**
   * What stands between two columns; auto: whichever of them the header has.
   */
  delimiter?: "auto" | "," | ";" | "tab" | "|";
  /**
   * What a column of the file says, where its header is not already our name for it.
   */
  columns?: {
    /**
     * This interface was referenced by `undefined`'s JSON-Schema definition
     * via the `patternProperty` "^[^\u0000-\u001f]{1,100}$".
     */
    [k: string]: CsvColumn;
  };
  /**
   * What each row says that the file has no column for, like To or SchoolYear.
   */
  fixed?: {
    /**
     * This interface was referenced by `undefined`'s JSON-Schema definition
     * via the `patternProperty` "^[A-Z][A-Za-z]+$".
     */
    [k: string]: Line;
  };
  /**
   * How dates are written: yyyy, MM or M, dd or d. A date as we write it, YYYY-MM-DD, is always read.
   */
  dateFormat?: string;
}

/**
 * Mail to people: what to do and for which reference, never about whom. Without this section none is sent.
 */
export interface MailSettings {
  /**
   * smtp:// (port 587 unless it names another; encrypted by STARTTLS wherever the server offers it) or smtps:// (port 465). Its certificate must be one that this machine trusts, unless it is this machine itself.
   */
  server: string;
  /**
   * A file with username:password in its first line, readable by packetboat alone; without it nobody logs in. A relative path starts at `home`.
   */
  credentialFile?: string;
  from: MailAddress;
  /**
   * Whether registrars are told of a new request at once, in the morning's digest, or not by mail.
   */
  newRequest?: "immediately" | "digest" | "never";
  /**
   * When the digest of what is open is sent, on the clock of `agency.timeZone`; on school days only.
   */
  digestAt?: string;
  /**
   * Who is told by mail what IT must know.
   */
  it?: MailAddress[];
}

/**
 * How long things are kept, in days after they are done with. What has no number is kept until somebody deletes it; the register of disclosures is never deleted.
 */
export interface KeepSettings {
  /**
   * What we sent and decided: messages, requests, decided case folders, answered outbox documents; at least 45 days are kept in any case.
   */
  sentDays?: number;
  /**
   * Records that came, and the requests for them.
   */
  recordsDays?: number;
  /**
   * Refused packets and recalled records.
   */
  quarantineDays?: number;
  /**
   * Pages of past exchanges, and closed alerts.
   */
  reportsDays?: number;
  /**
   * Entity: requests that were forwarded or answered.
   */
  forwardedRequestsDays?: number;
}

/**
 * What an administrator settles. A setting that nothing reads is not here, and is refused. Values that are left out take the `default` given here and nowhere else.
 */
export interface Config {
  /**
   * A district keeps students' records; an entity stands between districts.
   */
  role: "district" | "entity";
  /**
   * The kind of traffic of this home: its keys, boxes and ledger serve one of the two.
   */
  mode: "test" | "production";
  agency: AgencySettings;
  /**
   * Folder of the ledger, the keys and the quarantine.
   */
  home: AbsolutePath;
  server?: ServerSettings;
  directory?: DirectorySettings;
  registry?: RegistrySettings;
  dropFolders?: DropFolders;
  schools?: School[];
  /**
   * Who may ask and decide; at an entity, who may approve.
   */
  people?: Person[];
  exchanges?: ExchangeSettings;
  releases?: ReleaseSettings;
  deadlines?: DeadlineSettings;
  followUp?: FollowUpSettings;
  reports: ReportSettings;
  mail?: MailSettings;
  keep?: KeepSettings;
  limits?: LimitSettings;
}
