// made by `npm run generate` from schemas/config.schema.json

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
 * The only machine this home ever connects to.
 */
export interface ServerSettings {
  /**
   * Our own drop box: sftp://user@host:port/path/<own id> or file:///path/<own id>. A partner's box is the folder beside it.
   */
  address: string;
  /**
   * SHA-256 fingerprints of the server's host key, as `ssh-keygen -l` shows them; two while it changes.
   */
  hostKeys?: string[];
  /**
   * Private SSH key; a relative path starts at `home`.
   */
  identityFile?: string;
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
}

/**
 * When a file that was not renamed in is taken as finished.
 */
export interface ReadySettings {
  unchangedForSeconds?: number;
}

export interface School {
  /**
   * NCES school id: the district's id and five digits.
   */
  id: string;
  name: Line;
}

export interface Person {
  username: string;
  /**
   * As other districts are shown it.
   */
  name: Line;
  workPhone?: Phone;
  email?: string;
  /**
   * Account of the operating system that proves who it is.
   */
  osUser?: string;
  may: ("request" | "release")[];
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
   * Whether a release counts when the person is only named, not proved.
   */
  allowDeclaredUser?: boolean;
  /**
   * Whether the annual notice to parents says that records follow the student (34 CFR 99.34); if not, each release asks for a notice.
   */
  annualNoticeCoversTransfers?: boolean;
}

export interface DeadlineSettings {
  answerWithinSchoolDays?: number;
  /**
   * Days without school: a date, or two joined by `..`.
   */
  noSchool?: string[];
}

/**
 * Two trees: one with names, one with references only.
 */
export interface ReportSettings {
  registrar: ReportFolder;
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
  dropFolders: DropFolders;
  schools?: School[];
  /**
   * Who may ask and decide.
   */
  people?: Person[];
  exchanges?: ExchangeSettings;
  releases?: ReleaseSettings;
  deadlines?: DeadlineSettings;
  reports: ReportSettings;
  limits?: LimitSettings;
}
