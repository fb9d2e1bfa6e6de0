/** Codes of the format as people say them. */
import type { ExpediteReason, ReasonCode } from "../packet/model.gen.ts";

/** Why something is held, rejected or recalled. */
export const REASON_WORDS: Readonly<Record<ReasonCode, string>> = {
  AwaitingFinalMarks: "final marks are still to come",
  AwaitingDocuments: "documents are still to come",
  IdentityNotConfirmed: "the student's identity is not confirmed",
  ParentHearingPending: "a parent's hearing is pending",
  LegalHold: "a legal hold",
  LocalReview: "the district is reviewing it",
  FeesOwed: "fees are owed",
  StaffUnavailable: "no staff to do it now",
  NotOurStudent: "not their student",
  StudentStillEnrolled: "the student is still enrolled there",
  DuplicateRequest: "it was asked for twice",
  NotAuthorized: "the person who asked is not authorized",
  EnrollmentNotConfirmed: "the new enrollment is not confirmed",
  SentByMistake: "it was sent by mistake",
  WrongStudent: "it is about another student",
  WrongDocument: "it is another document",
  Other: "another reason",
};

/** A ground that shortens the releaser's time. */
export const EXPEDITE_WORDS: Readonly<Record<ExpediteReason, string>> = {
  FosterCare: "foster care",
  Homelessness: "homelessness",
  MilitaryConnected: "a military family's move",
  JuvenileJustice: "juvenile justice",
};

/** The words for a code, or the code itself if it is of a newer format. */
export const wordFor = (words: Readonly<Record<string, string>>, code: string): string =>
  Object.hasOwn(words, code) ? (words[code] ?? code) : code;
