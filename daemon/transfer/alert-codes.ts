/**
 * The alerts that the rules of a transfer raise, and for whom. What they say to a person, and how
 * urgently, is settled in `alerts/`.
 */

export type Audience = "registrar" | "it";

export const ALERT_AUDIENCE = {
  // At the releaser.
  /** Somebody asks: release, hold or reject. Also when a hold is over. */
  REQUEST_TO_RELEASE: "registrar",
  /** Somebody asks for a student whose records need two persons: report it, tell the requester nothing. */
  FLAGGED_STUDENT: "registrar",
  /** One person has released the records of such a student; nothing leaves until another does. */
  SECOND_PERSON_NEEDED: "registrar",
  /** 34 CFR 99.34: no annual notice covers the transfer, and no parent asked for it. */
  PARENT_NOTICE_DUE: "registrar",
  /** The requester canceled before anything had left. */
  REQUEST_CANCELED: "registrar",
  /** The requester canceled when the records had left; its packetboat refuses them unread. */
  CANCEL_CAME_TOO_LATE: "registrar",
  /** The requester's packetboat refused our records. */
  RELEASE_REFUSED: "registrar",
  /** We recalled records, and the requester has not confirmed it yet. */
  RECALL_NOT_CONFIRMED: "registrar",
  /** The requester had imported the records that we recalled. */
  RECALLED_RECORDS_IMPORTED: "registrar",

  // At the requester.
  /** Records have come: read and import them. */
  RECORDS_RELEASED: "registrar",
  REQUEST_REJECTED: "registrar",
  REQUEST_ON_HOLD: "registrar",
  NO_RECORD: "registrar",
  MULTIPLE_MATCH: "registrar",
  STUDENT_DECEASED: "registrar",
  /** The records travel another way. */
  RECORDS_SENT_OFFLINE: "registrar",
  /** The releaser recalls records: set them aside, unread. */
  RECORDS_RECALLED: "registrar",
  /** The releaser's packetboat refused our request. */
  REQUEST_REFUSED: "registrar",
  /** The district takes no part: a letter is to be printed and sent, and its answer noted. */
  LETTER_TO_SEND: "registrar",

  // On either side.
  REQUEST_EXPIRED: "registrar",
  /** The student in the record is not in everything the student asked for. */
  STUDENT_DIFFERS: "registrar",
  STILL_ENROLLED_AT_BOTH: "registrar",
  /** The other side's packetboat refused an answer or a recall of ours. */
  ANSWER_REFUSED: "it",
} as const satisfies Record<string, Audience>;

export type AlertCode = keyof typeof ALERT_AUDIENCE;
