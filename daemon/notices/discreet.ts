/**
 * What a mail may say of an alert. Mail is read on telephones and kept for years, so that not even a
 * reference stands beside anything about its student: that the student is in foster care, has died, or
 * that fees are owed is read in alerts.html. Of what others wrote, only the name on a card is said, and so that no
 * program makes a link of it.
 */
import type { AnyAlertCode } from "../alerts/catalogue.ts";
import { say, type Sentence, textOf } from "../alerts/say.ts";
import type { OpenAlert } from "./open.ts";

/** Whose sentences say nothing of the student, though they are about a transfer. */
const TOLD_WHOLE: readonly AnyAlertCode[] = [
  "DECISION_DUE",
  "DECISION_ESCALATED",
  "ANSWER_OVERDUE",
  "HOLD_WITHOUT_DAY",
  "CASE_FOLDER_GONE",
  "REQUEST_UNANSWERED",
  "REQUEST_EXPIRED",
  "REQUEST_CANCELED",
  "CANCEL_CAME_TOO_LATE",
  "RECALL_NOT_CONFIRMED",
  "RECALLED_RECORDS_IMPORTED",
];

/** Of the others, those whose title says nothing either. What is not listed is veiled. */
const TITLED: readonly AnyAlertCode[] = [
  ...TOLD_WHOLE,
  "REQUEST_TO_RELEASE",
  "RELEASE_REFUSED",
  "PARENT_NOTICE_DUE",
  "RECORDS_RELEASED",
  "RECORDS_SENT_OFFLINE",
  "RECORDS_RECALLED",
  "REQUEST_REJECTED",
  "REQUEST_ON_HOLD",
  "REQUEST_REFUSED",
  "ANSWER_REFUSED",
  "MESSAGE_REFUSED",
  "SCHOOL_UNKNOWN",
];

export const discreetTitle = ({ alert, words }: OpenAlert): string =>
  alert.transfer === null || isOneOf(TITLED, alert.code) ? words.title : "News about a request";

/** What happened, and what to do. */
export function discreetSentences({ alert, words }: OpenAlert): Sentence[] {
  const { code, transfer, agency } = alert;
  if (code === "REQUEST_TO_RELEASE") {
    const partner = agency?.name ?? agency?.id ?? "Another district";
    return [say`${partner} asks for records.`, words.todo];
  }
  const isTold = transfer === null || isOneOf(TOLD_WHOLE, code);
  return isTold
    ? [words.happened, words.todo]
    : [say`What happened and what to do stands in alerts.html.`];
}

/** The sentence as plain text: what others wrote leads nowhere, and does not look like a line of ours. */
export const plainly = (sentence: Sentence): string =>
  textOf(
    sentence.map((piece) =>
      typeof piece === "object" && "said" in piece ? { said: unlinked(piece.said) } : piece,
    ),
  );

/** Mail programs make links of what has no space in it; `Call:` begins a line that a reader trusts. */
const unlinked = (text: string): string =>
  text
    .replaceAll(/(?<=\S)(?:\.(?=\p{L})|@(?=\S)|[:/](?=[^\s\d]))/gu, "$& ")
    .replaceAll(/:(?=\s)/g, ";");

const isOneOf = (codes: readonly string[], code: string): boolean => codes.includes(code);
