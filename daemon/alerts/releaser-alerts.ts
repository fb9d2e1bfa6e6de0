/** What the releaser’s registrar is told about a request. */
import { folderOf } from "./kind.ts";
import { EXPEDITE_WORDS, wordFor } from "./reason-words.ts";
import { joined, say, typed } from "./say.ts";
import { kind, type RefusalFacts, withCode } from "./telling.ts";

interface RequestToReleaseFacts {
  readonly resubmission?: boolean;
  readonly alreadyReleased?: boolean;
  readonly withdrawn?: boolean;
  readonly refused?: boolean;
  readonly holdOver?: boolean;
  readonly expediteReason?: string;
}

interface ReplacedFacts {
  /** The entity has named another district for a newer version of the request. */
  readonly replaced?: boolean;
}

export const RELEASER_ALERTS = {
  REQUEST_TO_RELEASE: kind<RequestToReleaseFacts>({
    severity: ({ facts }) => (facts.expediteReason === undefined ? "attention" : "urgent"),
    audience: "registrar",
    title: "Request to release",
    happened: ({ facts, partner }) =>
      joined(
        facts.holdOver === true
          ? say`The hold is over: ${partner} still asks for this student's records.`
          : facts.withdrawn === true
            ? say`The release was withdrawn: ${partner} still asks for this student's records.`
            : facts.refused === true
              ? say`The records did not reach ${partner}, which still asks for them.`
              : facts.resubmission === true
                ? say`${partner} asks for this student's records with a corrected request.`
                : say`${partner} asks for this student's records.`,
        facts.alreadyReleased === true ? say`Records were released to it before.` : null,
        facts.expediteReason === undefined
          ? null
          : say`The student cannot wait: ${[wordFor(EXPEDITE_WORDS, facts.expediteReason)]}.`,
      ),
    todo: ({ reference, dropFolder }) =>
      say`You are encouraged to call first. Read request.html in the folder ${folderOf({ dropFolder }, "requests", reference)}, then fill in decision.txt there: release, hold or reject. At a terminal: ${typed(`packetboat release ${reference}`)}.`,
    call: "partner",
  }),
  FLAGGED_STUDENT: kind<{ readonly stopped?: boolean }>({
    severity: "urgent",
    audience: "registrar",
    title: "Flagged student",
    happened: ({ facts, partner }) =>
      facts.stopped === true
        ? say`Records that waited to leave for ${partner} were taken back: this student is, or may be, in your list of flagged students now.`
        : say`${partner} asks for the records of a student who is, or may be, in your list of flagged students.`,
    todo: () =>
      say`Report it at once to whoever your district names for that. Tell the other district nothing of the flag. The records leave only when two persons have released them. Resolve this alert when it is reported.`,
    call: "nobody",
  }),
  SECOND_PERSON_NEEDED: kind<{ readonly firstPerson?: string }>({
    severity: "urgent",
    audience: "registrar",
    title: "A second person must release",
    happened: ({ facts }) =>
      say`${facts.firstPerson ?? "One person"} has released the records of a flagged student. Nothing was sent, and the other district sees at most that yours is reviewing the request.`,
    todo: ({ reference }) =>
      say`Another person who may release looks at it, and releases it with its records and documents: ${typed(`packetboat release ${reference}`)}; or takes it back: ${typed(`packetboat withdraw ${reference}`)}.`,
    call: "nobody",
  }),
  PARENT_NOTICE_DUE: kind({
    severity: "attention",
    audience: "registrar",
    title: "Notice to the parent is due",
    happened: ({ partner }) =>
      say`${partner} asks for records. No annual notice covers transfers, and no parent asked for this one.`,
    todo: () =>
      say`Before you release, make a reasonable attempt to notify the parent or eligible student at the last known address (34 CFR 99.34). Then resolve this alert.`,
    call: "nobody",
  }),
  REQUEST_CANCELED: kind<ReplacedFacts>({
    severity: "info",
    audience: "registrar",
    title: "Request canceled",
    happened: ({ facts, partner }) =>
      facts.replaced === true
        ? say`${partner} corrected its request, and the entity has found the student at another district. Nothing was released.`
        : say`${partner} canceled its request before anything was released.`,
    todo: () => say`Nothing more: release nothing. Resolve this alert when you have seen it.`,
    call: "nobody",
  }),
  CANCEL_CAME_TOO_LATE: kind<ReplacedFacts>({
    severity: "attention",
    audience: "registrar",
    title: "Canceled after the release",
    happened: ({ facts, partner }) =>
      facts.replaced === true
        ? say`${partner} corrected its request when the records had left, and the entity has found the student at another district.`
        : say`${partner} canceled its request when the records had left.`,
    todo: ({ reference }) =>
      say`Its packetboat refuses records that it no longer asks for. Call to make sure; if they were taken, recall them: in decision.txt in the folder done/${[reference]}, or with ${typed(`packetboat recall ${reference} --reason SentByMistake`)}.`,
    call: "partner",
  }),
  RELEASE_REFUSED: kind<RefusalFacts>({
    severity: "attention",
    audience: "registrar",
    title: "Our records were refused",
    happened: ({ facts, partner }) =>
      facts.supplement === true
        ? say`The packetboat of ${partner} refused the supplement that you released${withCode(facts)}. Nobody there has seen it.`
        : say`The packetboat of ${partner} refused the records that you released${withCode(facts)}. Nobody there has seen them.`,
    todo: ({ reference }) =>
      say`Correct what the code names, and release again: in decision.txt in the folder of the request, or with ${typed(`packetboat release ${reference}`)}. IT can help with the code.`,
    call: "partner",
  }),
  RECALL_NOT_CONFIRMED: kind({
    severity: "urgent",
    audience: "registrar",
    title: "Recall not confirmed yet",
    happened: ({ partner }) =>
      say`You recalled records, and ${partner} has not confirmed that they were set aside.`,
    todo: () =>
      say`Call, and make sure that nobody reads or imports them. This alert closes by itself when the confirmation comes.`,
    call: "partner",
  }),
  RECALLED_RECORDS_IMPORTED: kind({
    severity: "urgent",
    audience: "registrar",
    title: "Recalled records were imported",
    happened: ({ partner }) => say`${partner} had already imported the records that you recalled.`,
    todo: () =>
      say`Ask for them to be taken out of the student information system there, note who promised it and when, then resolve this alert.`,
    call: "partner",
  }),
} as const;
