/** What was asked, what came, what is missing; and the documents that lie beside the page. */
import { wordFor } from "../alerts/reason-words.ts";
import { longDate } from "../alerts/when.ts";
import type { TransferRelease, TransferRequest } from "../packet/model.gen.ts";
import { whatCame, type SectionOutcome } from "../transfer/sections.ts";
import type { Line, Section } from "./blocks.ts";
import { NOT_AVAILABLE_WORDS, SECTION_WORDS } from "./code-words.ts";
import { size, stacked } from "./lines.ts";

/** A document that lies in the page's folder. */
export interface ShownAttachment {
  /** As the releaser named it. */
  readonly fileName: string;
  /** As it lies beside the page. */
  readonly savedAs: string;
  /** In bytes. */
  readonly size: number;
}

/** Finds where the file of this name lies beside the page, if it does. */
export type FileLine = (fileName: string) => Line;

/** Every section that was asked for or is spoken of. */
export function whatCameSection(
  release: TransferRelease,
  request: TransferRequest,
  fileLine: FileLine,
): Section {
  const isSupplement = release.TransmissionType === "Supplement";
  const outcomes = whatCame(request, [release]).filter(
    ({ section, asked }) =>
      release.StudentRecord[section] !== undefined || (asked && !isSupplement),
  );
  return {
    title: isSupplement
      ? "What came with this supplement"
      : "What was asked, what came, what is missing",
    blocks: [
      {
        block: "table",
        caption: "Sections of the record",
        columns: ["Section", "Asked for", "What became of it", "Documents"],
        rows: outcomes.map((outcome) => [
          [SECTION_WORDS[outcome.section]],
          [outcome.asked ? "Yes" : "No"],
          outcomeLine(outcome, release),
          outcome.files.length === 0 ? ["—"] : stacked(...outcome.files.map(fileLine)),
        ]),
        none: "The release has no sections.",
      },
    ],
  };
}

function outcomeLine({ section, outcome }: SectionOutcome, release: TransferRelease): Line {
  const { ToFollow: toFollow, NotAvailable: notAvailable } = release.StudentRecord[section] ?? {};
  const lines: Readonly<Record<SectionOutcome["outcome"], Line>> = {
    present: [{ badge: "done", shown: "Came" }],
    attached: [{ badge: "done", shown: "Came as a document" }],
    toFollow: [
      { badge: "waiting", shown: "To follow" },
      ` expected ${longDate(toFollow?.ExpectedDate ?? "")}`,
    ],
    notAvailable: [
      { badge: "plain", shown: "Not available" },
      ` ${wordFor(NOT_AVAILABLE_WORDS, notAvailable?.NotAvailableReason ?? "Other")}`,
    ],
    missing: [{ badge: "attention", shown: "Missing" }, " nothing was said about it"],
    notAsked: ["Not asked for"],
  };
  return lines[outcome];
}

/** The files, each as a link. */
export const documentsSection = (
  attachments: readonly ShownAttachment[],
  release: TransferRelease,
): Section => ({
  title: "Documents",
  blocks: [
    {
      block: "table",
      caption: "Files beside this page",
      columns: ["File", "Section", "Size"],
      rows: attachments.map((each) => [
        fileLineOf(attachments)(each.fileName),
        sectionOf(each.fileName, release),
        [size(each.size)],
      ]),
      none: "No documents came with the record.",
    },
  ],
});

const sectionOf = (fileName: string, { Attachment: all = [] }: TransferRelease): Line => {
  const name = all.find((each) => each.FileName === fileName)?.SectionName;
  return [name === undefined ? "—" : SECTION_WORDS[name]];
};

/** Links for the documents that are here; the others are named. */
export const fileLineOf =
  (attachments: readonly ShownAttachment[]): FileLine =>
  (fileName) => {
    const shown = attachments.find((each) => each.fileName === fileName);
    return shown ? [{ file: shown.savedAs, shown: fileName }] : [{ said: fileName }];
  };
