/**
 * `decision.txt` as we put it into a case folder: a form of eight lines to write over, and help below
 * it. `case/decision-file.ts` reads what people make of it.
 */
import { REASON_WORDS } from "../../alerts/reason-words.ts";
import { showReference, type Reference } from "../../ids.ts";
import type { ReasonCode } from "../../packet/model.gen.ts";
import { SECTION_NAMES } from "../../packet/model.ts";
import { DOUBTFUL_REASONS, FITTING_REASONS, type Reasoned } from "../../transfer/reasons.ts";
import { NOT_AVAILABLE_REASONS } from "../sections-named.ts";

export const DECISION_FILE = "decision.txt";

/** Before the records have left, and after it. */
export type Stage = "undecided" | "released";

/** The lines of the form; the hint behind the colon counts as nothing. */
export const HINTS = {
  Reference: {},
  Decision: {
    undecided: "release, hold or reject",
    released: "supplement (send more) or recall (it was a mistake)",
  },
  Reason: {
    undecided: "for hold and reject, a code from the list below",
    released: "for recall, a code from the list below",
  },
  "Hold until": { undecided: "YYYY-MM-DD", released: "YYYY-MM-DD" },
  "Not available": {
    undecided: "e.g. Immunization, Discipline",
    released: "e.g. Immunization, Discipline",
  },
  "To follow": {
    undecided: "e.g. Transcript by YYYY-MM-DD",
    released: "e.g. Transcript by YYYY-MM-DD",
  },
  Comments: {},
  "Decided by": { undecided: "your user name", released: "your user name" },
} as const satisfies Readonly<Record<string, Partial<Record<Stage, string>>>>;

export type LineName = keyof typeof HINTS;
export const LINE_NAMES = Object.keys(HINTS) as readonly LineName[];

/** What may stand behind `Decision:`. */
export const DECISIONS = {
  release: "send what lies in the folder documents, and record.xml if there is one",
  hold: "you need more time: the other district is told the Reason, and until when",
  reject: "the records must not be sent: the other district is told the Reason",
  withdraw: "stop a release that has not left yet",
  supplement: "after a release: send what was put into documents since",
  recall: "after a release: it was a mistake, and the other district must set the records aside",
} as const;

export type WrittenKind = keyof typeof DECISIONS;

/** For Notepad, which wants both line ends. */
export const lines = (...text: readonly string[]): string =>
  text.map((line) => `${line}\r\n`).join("");

/** The empty form. */
export function decisionForm(reference: Reference, stage: Stage): string {
  const width = Math.max(...LINE_NAMES.map(({ length }) => length)) + 4;
  const fields = LINE_NAMES.map((name) => {
    const hints: Partial<Record<Stage, string>> = HINTS[name];
    const value = name === "Reference" ? showReference(reference) : (hints[stage] ?? "");
    return `${`${name}:`.padEnd(width)}${value}`.trimEnd();
  });
  return lines(...fields, "", ...HELP.map((line) => `# ${line}`.trimEnd()));
}

const REASONS = Object.keys(REASON_WORDS) as readonly ReasonCode[];

/** `fees are owed (hold, reject; not lawful in every state)` */
function meaningOf(code: ReasonCode): string {
  const fits = Object.entries(FITTING_REASONS).filter(([, reasons]) => reasons.includes(code));
  const names = fits.map(([decision]) => REASONED[decision as Reasoned]).join(", ");
  const doubt = code in DOUBTFUL_REASONS ? "; not lawful in every state" : "";
  return `${REASON_WORDS[code]} (${names}${doubt})`;
}

const REASONED: Readonly<Record<Reasoned, string>> = {
  Hold: "hold",
  Rejected: "reject",
  Recall: "recall",
};

const listed = (words: Readonly<Record<string, string>>): string[] => {
  const width = Math.max(...Object.keys(words).map(({ length }) => length)) + 2;
  return Object.entries(words).map(([code, meaning]) => `  ${code.padEnd(width)}${meaning}`);
};

const HELP = [
  "Write over the words behind the colons, and save this file. Nothing happens before you",
  "write a Decision. The answer is the file status.txt in this folder; it comes some",
  "minutes after you have saved, and tells what will happen, or what is to be corrected.",
  "",
  "For example:",
  "  Decision:       release",
  "  Not available:  Discipline:NotKept",
  "  To follow:      Transcript by 2027-06-15",
  "  Decided by:     jsmith",
  "",
  "Decision, one of:",
  ...listed(DECISIONS),
  "",
  "Reason, for the decisions in brackets, one of:",
  ...listed(Object.fromEntries(REASONS.map((code) => [code, meaningOf(code)]))),
  "",
  "Sections of a record:",
  `  ${SECTION_NAMES.slice(0, 4).join(", ")},`,
  `  ${SECTION_NAMES.slice(4).join(", ")}`,
  "",
  "Not available: sections that you do not have, with a comma between them. Behind a colon",
  "  you may say why:",
  `  ${NOT_AVAILABLE_REASONS.join(", ")}.`,
  "To follow: sections that you will send later, each with the day.",
  "",
  "Documents: put what is to be sent into the folder documents: PDF, TIFF, JPEG, PNG, Word",
  "(.docx), text, CSV or XML. A document whose name begins with a section, as in",
  "Transcript 2026.pdf, belongs to that section, and so does all that lies in a folder",
  "documents/Transcript. Close the documents before you save this file.",
];
