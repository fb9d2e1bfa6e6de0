/** What was asked, what came, what is missing; and the documents that lie beside the page. */
import { wordFor } from "../alerts/reason-words.ts";
import { longDate } from "../alerts/when.ts";
import type { TransferRelease, TransferRequest } from "../packet/model.gen.ts";
import {
  type MissingSection,
  type SectionOutcome,
  stillMissing,
  type ToldSections,
  toldSections,
  whatCame,
} from "../transfer/sections.ts";
import { type Block, type Line, paragraph, type Section } from "./blocks.ts";
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

/** A record of the same transfer that came before. */
export interface RecordBefore {
  /** The folder as people know it. */
  readonly folder: string;
  /** `null` if it is not known what it says. */
  readonly told: ToldSections | null;
}

/** With all that came before: what of that which was asked for is not here yet. */
export function whatIsMissingSection(
  release: TransferRelease,
  request: TransferRequest,
  before: readonly RecordBefore[],
): Section {
  const folders = before.map(({ folder }) => folder).join(", ");
  const told = before.map((each) => each.told);
  const adds =
    folders === ""
      ? "The record that it adds to is no longer here."
      : `This supplement adds to the records in ${folders}, which stay as they are.`;
  const isKnown = (each: ToldSections | null): each is ToldSections => each !== null;
  const blocks: Block[] = told.every(isKnown)
    ? missingBlocks(stillMissing(request, [...told, toldSections(release)]))
    : [paragraph(["What is still missing is seen when both pages are read together."])];
  return { title: "What is still missing", blocks: [paragraph([adds]), ...blocks] };
}

function missingBlocks(missing: readonly MissingSection[]): Block[] {
  if (missing.length === 0) {
    return [paragraph(["With what came before, nothing that was asked for is missing any more."])];
  }
  return [
    {
      block: "table",
      caption: "Asked for, and not here",
      columns: ["Section", "What was said about it"],
      rows: missing.map(({ section, outcome }) => [
        [SECTION_WORDS[section]],
        MISSING_LINES[outcome],
      ]),
      none: "",
    },
  ];
}

const MISSING_LINES: Readonly<Record<MissingSection["outcome"], Line>> = {
  toFollow: [{ badge: "waiting", shown: "To follow" }],
  notAvailable: [{ badge: "plain", shown: "Not available" }],
  missing: [{ badge: "attention", shown: "Missing" }, " nothing was said about it"],
};

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

/** A browser would run what an XML document may hold: such a one is named, for whoever knows what it is. */
const runsInBrowsers = (name: string): boolean => /\.xml$/i.test(name);

/** Links for the documents that are here; the others are named. */
export const fileLineOf =
  (attachments: readonly ShownAttachment[]): FileLine =>
  (fileName) => {
    const shown = attachments.find((each) => each.fileName === fileName);
    return shown && !runsInBrowsers(shown.savedAs)
      ? [{ file: shown.savedAs, shown: fileName }]
      : [{ said: fileName }];
  };
