// made by `npm run generate` from schemas/outbox.schema.json

import type {
  AgencyId,
  City,
  Comments,
  Date,
  ExpediteReason,
  FileName,
  LegitimateInterest,
  MediaType,
  NewEnrollment,
  PreviousSchool,
  Purpose,
  ReasonCode,
  SectionName,
  StateAbbreviation,
  Student,
  StudentRecord,
  Username,
  YesNo,
} from "../packet/model.gen.ts";

/**
 * What people call a transfer; its TransferId will do too.
 */
export type Reference = string;

/**
 * What the office's software calls this document; the same one is taken only once.
 */
export type SourceReference = string;

/**
 * One thing that an office says: exactly one of Request to Answered. Header, ids, sequence and sender are added on the way.
 */
export interface OutboxMessage {
  SourceReference?: SourceReference;
  /**
   * Username of the person who asks or decides.
   */
  DecidedBy?: Username;
  Request?: Request;
  Release?: Release;
  Hold?: Hold;
  Reject?: Reject;
  Withdraw?: Withdraw;
  Recall?: Recall;
  Cancel?: Cancel;
  Imported?: Imported;
  Answered?: Answered;
}

/**
 * Requests of one day, each answered by itself.
 */
export interface Requests {
  /**
   * Username of the person who asks.
   */
  DecidedBy?: Username;
  Request: ListedRequest[];
}

export type DistrictName = string;

/**
 * Instead of To: the releaser of a national transfer as people know it, by its state and at least one of name, city and ZIP. Exactly one district must fit.
 */
export interface District {
  StateAbbreviation: StateAbbreviation;
  /**
   * Case, punctuation and common words like School District do not matter.
   */
  OrganizationName?: DistrictName;
  AddressCity?: City;
  AddressPostalCode?: string;
}

/**
 * Ask for a student's records.
 */
export interface Request {
  /**
   * The releaser of a national transfer; absent where the command line or the entity names it.
   */
  To?: AgencyId;
  District?: District;
  /**
   * The transfer that was asked for before, and is asked for again with these corrections.
   */
  Resubmits?: Reference;
  Student: Student;
  NewEnrollment: NewEnrollment;
  PreviousSchool?: PreviousSchool;
  /**
   * R01 unless said otherwise.
   */
  Purpose?: Purpose;
  /**
   * Enrollment of the student unless said otherwise.
   */
  LegitimateInterest?: LegitimateInterest;
  ExpediteReason?: ExpediteReason;
  RequestedByParent?: YesNo;
  RequestedSection?: SectionName[];
  Comments?: Comments;
}

/**
 * One request of many.
 */
export interface ListedRequest {
  SourceReference?: SourceReference;
  /**
   * The releaser of a national transfer; absent where the command line or the entity names it.
   */
  To?: AgencyId;
  District?: District;
  /**
   * The transfer that was asked for before, and is asked for again with these corrections.
   */
  Resubmits?: Reference;
  Student: Student;
  NewEnrollment: NewEnrollment;
  PreviousSchool?: PreviousSchool;
  /**
   * R01 unless said otherwise.
   */
  Purpose?: Purpose;
  /**
   * Enrollment of the student unless said otherwise.
   */
  LegitimateInterest?: LegitimateInterest;
  ExpediteReason?: ExpediteReason;
  RequestedByParent?: YesNo;
  RequestedSection?: SectionName[];
  Comments?: Comments;
}

/**
 * Send the records. The reference is absent where the command line or the case folder gives it.
 */
export interface Release {
  Reference?: Reference;
  /**
   * true: this adds to what was sent before.
   */
  Supplement?: YesNo;
  StudentRecord?: StudentRecord;
  Document?: Document[];
  Comments?: Comments;
}

/**
 * A file that lies beside this document, to be sent with the records.
 */
export interface Document {
  FileName: FileName;
  /**
   * Absent: what the name's ending says.
   */
  MediaType?: MediaType;
  SectionName?: SectionName;
}

/**
 * Not yet, and why.
 */
export interface Hold {
  Reference: Reference;
  ReasonCode: ReasonCode;
  HoldUntil?: Date;
  Comments?: Comments;
}

/**
 * No, and why.
 */
export interface Reject {
  Reference: Reference;
  ReasonCode: ReasonCode;
  Comments?: Comments;
}

/**
 * Take back a release that has not left yet.
 */
export interface Withdraw {
  Reference: Reference;
}

/**
 * The records were sent by mistake.
 */
export interface Recall {
  Reference: Reference;
  ReasonCode: ReasonCode;
  Comments?: Comments;
}

/**
 * Take back a request.
 */
export interface Cancel {
  Reference: Reference;
  Comments?: Comments;
}

/**
 * The records are in the student information system.
 */
export interface Imported {
  Reference: Reference;
  Comments?: Comments;
}

/**
 * What a district that was asked on paper has answered, noted by hand.
 */
export interface Answered {
  Reference: Reference;
  /**
   * OfflineRecordSent: the records are here on paper, or on their way.
   */
  ResponseStatus: "OfflineRecordSent" | "NoRecord" | "Rejected";
  Comments?: Comments;
}
