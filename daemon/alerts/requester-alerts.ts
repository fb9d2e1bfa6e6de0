/** What the requester’s registrar is told about an answer. */
import type { AlertFacts } from "../transfer/effects.ts";
import { counted, folderOf, type Told, until } from "./kind.ts";
import { joined, say, typed, type Sentence } from "./say.ts";
import {
  type AnswerFacts,
  because,
  comment,
  kind,
  type RefusalFacts,
  withCode,
} from "./telling.ts";

interface RecordsReleasedFacts {
  readonly supplement?: boolean;
  readonly sectionsAsked?: number;
  readonly sectionsCame?: number;
  readonly sectionsToFollow?: number;
  readonly attachments?: number;
}

interface RecordsRecalledFacts {
  readonly reason?: string;
  readonly recalledHere?: number;
  readonly imported?: boolean;
}

export const REQUESTER_ALERTS = {
  RECORDS_RELEASED: kind<RecordsReleasedFacts>({
    severity: "attention",
    audience: "registrar",
    title: "Records released to you",
    happened: ({ facts, partner }) =>
      joined(
        facts.supplement === true
          ? say`${partner} sent more of this student's records.`
          : say`${partner} released this student's records.`,
        arrival(facts),
      ),
    todo: ({ reference, dropFolder }) =>
      say`Read record.html in the folder ${folderOf({ dropFolder }, "records", reference)} and import the records; then say so by a file ${typed("imported.txt")} in that folder, or by ${typed(`packetboat imported ${reference}`)}. Call if something is missing.`,
    call: "partner",
  }),
  REQUEST_REJECTED: kind<AnswerFacts>({
    severity: "attention",
    audience: "registrar",
    title: "Request rejected",
    happened: (told) =>
      joined(
        told.facts.registry === true
          ? say`${told.partner} could not be given the request.`
          : say`${told.partner} rejected the request${because(told.facts)}.`,
        comment(told),
      ),
    todo: () =>
      say`Call if the reason is not clear. Correct the student's record and ask again, or ask another district.`,
    call: "partner",
  }),
  REQUEST_ON_HOLD: kind<AnswerFacts>({
    severity: "info",
    audience: "registrar",
    title: "Request on hold",
    happened: (told) =>
      joined(
        told.facts.status === "OfflineRecordSearch"
          ? say`${told.partner} is looking for the records outside its system.`
          : say`${told.partner} holds the request${until(told.facts.holdUntil)}${because(told.facts)}.`,
        comment(told),
      ),
    todo: () => say`Nothing now; the answer is shown here when it comes. Call if it cannot wait.`,
    call: "partner",
  }),
  NO_RECORD: kind<AnswerFacts>({
    severity: "attention",
    audience: "registrar",
    title: "No record of this student",
    happened: (told) =>
      joined(
        told.facts.registry === true
          ? say`${told.partner} found no district in its registry that could be asked for this student.`
          : say`${told.partner} found no record of this student.`,
        comment(told),
      ),
    todo: () =>
      say`Check the spelling, other names, the birthdate and the previous school with the family; then ask again, or ask another district.`,
    call: "partner",
  }),
  MULTIPLE_MATCH: kind<AnswerFacts>({
    severity: "attention",
    audience: "registrar",
    title: "More than one student fits",
    happened: (told) =>
      joined(
        told.facts.registry === true
          ? say`${told.partner} found more than one student in its registry who fits.`
          : say`${told.partner} found more than one student who fits.`,
        comment(told),
      ),
    todo: () =>
      say`Add a middle name or an identifier to the student's record, and ask again; or settle it by telephone.`,
    call: "partner",
  }),
  STUDENT_DECEASED: kind<AnswerFacts>({
    severity: "urgent",
    audience: "registrar",
    title: "Student reported as deceased",
    happened: (told) =>
      joined(say`${told.partner} answers that this student has died.`, comment(told)),
    todo: () =>
      say`Call before anybody speaks with the family: it may be another student of the same name.`,
    call: "partner",
  }),
  RECORDS_SENT_OFFLINE: kind<AnswerFacts>({
    severity: "info",
    audience: "registrar",
    title: "Records come another way",
    happened: (told) =>
      joined(
        say`${told.partner} sent the records outside packetboat, on paper for instance.`,
        comment(told),
      ),
    todo: ({ reference }) =>
      say`When they are here and entered, say so: ${typed(`packetboat imported ${reference}`)}.`,
    call: "partner",
  }),
  RECORDS_RECALLED: kind<RecordsRecalledFacts>({
    severity: ({ facts }) => (facts.recalledHere === 0 ? "info" : "urgent"),
    audience: "registrar",
    title: "Records recalled",
    happened: ({ facts, partner }) =>
      joined(
        say`${partner} recalls records that it sent${because(facts)}.`,
        facts.recalledHere === 0 ? say`They had not been shown here, and will not be.` : null,
        facts.imported === true ? say`They had been imported.` : null,
      ),
    todo: recallTodo,
    call: "partner",
  }),
  REQUEST_REFUSED: kind<RefusalFacts>({
    severity: "attention",
    audience: "registrar",
    title: "Our request was refused",
    happened: ({ facts, partner }) =>
      facts.cancellation === true
        ? say`The packetboat of ${partner} refused our cancellation${withCode(facts)}.`
        : say`The packetboat of ${partner} refused our request${withCode(facts)}. Nobody there has seen it.`,
    todo: () =>
      say`Correct what the code names, and ask again. IT can help with the code; a call may be quicker.`,
    call: "partner",
  }),
  LETTER_TO_SEND: kind<{ readonly again?: boolean }>({
    severity: "attention",
    audience: "registrar",
    title: "A letter is to be sent",
    happened: ({ facts, partner }) =>
      joined(
        say`${partner} takes no part in packetboat, so that our request is a letter.`,
        facts.again === true ? say`It has changed: the letter is a new one.` : null,
      ),
    todo: ({ reference, dropFolder }) =>
      joined(
        say`Print letter.html in the folder ${folderOf({ dropFolder }, "letters", reference)} (of several, the one with the highest number), sign it, and send it.`,
        say`When they answer, note it with ${typed(`packetboat answered ${reference} --status OfflineRecordSent`)}, or NoRecord, or Rejected. This alert closes by itself then.`,
      ),
    call: "partner",
  }),
} as const;

function arrival(facts: RecordsReleasedFacts): Sentence | null {
  const { sectionsAsked: asked, sectionsCame: came, attachments = 0 } = facts;
  if (asked === undefined || came === undefined) return null;
  const toFollow = facts.sectionsToFollow ?? 0;
  return joined(
    say`Of ${counted(asked, "section")} asked for, ${came} came.`,
    toFollow === 0 ? null : say`To follow: ${toFollow}.`,
    attachments === 0 ? null : say`Documents: ${attachments}.`,
  );
}

function recallTodo({
  facts: { recalledHere, imported },
  reference,
  dropFolder,
}: Told<AlertFacts & Partial<RecordsRecalledFacts>>): Sentence {
  if (recalledHere === 0) return say`Nothing: this is for you to know.`;
  return joined(
    say`Packetboat takes their folders away: read recall.txt in the folder ${folderOf({ dropFolder }, "records", `${reference}-recalled`)}.`,
    say`Set aside what you have of them besides, unread, and destroy every copy.`,
    imported === true ? say`Take them out of your student information system.` : null,
    say`Call if you are not sure which ones are meant.`,
  );
}
