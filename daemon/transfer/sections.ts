/** The eight sections of a record: which were asked for, and what became of each. */
import type {
  DocumentQualifier,
  NotAvailableReason,
  SectionName,
  StudentRecord,
  TransferRequest,
} from "../packet/model.gen.ts";
import type { ReleaseCover, SectionCover } from "./cover.ts";
import type { PlainDate } from "./dates.ts";
import { given } from "./given.ts";

export const SECTIONS = [
  "Enrollment",
  "Transcript",
  "Attendance",
  "Assessment",
  "Immunization",
  "HealthCondition",
  "Program",
  "Discipline",
] as const satisfies readonly SectionName[];

export type Section = NonNullable<StudentRecord[SectionName]>;

/** What became of one section, as reports and pages tell it. */
export interface SectionOutcome {
  readonly section: SectionName;
  readonly asked: boolean;
  readonly outcome: "present" | "attached" | "notAvailable" | "toFollow" | "missing" | "notAsked";
  /** One phrase without personal data: `came`, `to follow, expected 2024-09-01`. */
  readonly words: string;
  /** Attachments that belong to the section. */
  readonly files: readonly string[];
  /** What the releaser wrote about it. */
  readonly comments?: string;
}

const REASON_WORDS: Readonly<Record<NotAvailableReason, string>> = {
  NotKept: "not kept there",
  NotApplicable: "does not apply to this student",
  HeldElsewhere: "held elsewhere",
  NotPermitted: "may not be released",
  Other: "no reason given",
};

/** What is asked for: the sections named, or all. */
export const askedSections = (
  request: Pick<TransferRequest, "RequestedSection">,
): readonly SectionName[] => request.RequestedSection ?? SECTIONS;

/**
 * `Full` if nothing that was asked for is still to come, held elsewhere or kept back; what does not
 * exist is not missing.
 */
export function qualifierOf(
  record: StudentRecord,
  asked: readonly SectionName[],
): DocumentQualifier {
  const isWhole = asked.every((name) => {
    const section = record[name];
    if (section?.Present || section?.Attached) return true;
    const reason = section?.NotAvailable?.NotAvailableReason;
    return reason === "NotKept" || reason === "NotApplicable";
  });
  return isWhole ? "Full" : "Partial";
}

/** The sections whose content a release discloses. */
export function disclosedSections(release: ReleaseCover): SectionName[] {
  const attached = new Set(release.Attachment?.map(({ SectionName: name }) => name));
  return SECTIONS.filter((name) => {
    const section = release.StudentRecord[name];
    return section?.Present || section?.Attached || attached.has(name);
  });
}

/**
 * What was asked, what came and what is missing, in the order of the record.
 *
 * @param releases all that came and was not recalled, oldest first; a later one that has a section takes
 *   the place of an earlier one that had not
 */
export function whatCame(
  request: Pick<TransferRequest, "RequestedSection">,
  releases: readonly ReleaseCover[],
): SectionOutcome[] {
  const asked = askedSections(request);
  return SECTIONS.map((name) => {
    const isAsked = asked.includes(name);
    const told = releases.filter((release) => release.StudentRecord[name]);
    const came = told.filter(({ StudentRecord: record }) => has(record[name]));
    const section = (came.at(-1) ?? told.at(-1))?.StudentRecord[name];
    return {
      section: name,
      asked: isAsked,
      ...fate(section, isAsked),
      files: filesOf(name, releases),
    };
  });
}

/** What a release said of each section, in words that name nobody: kept when the record itself is people's. */
export type ToldSections = Partial<Record<SectionName, ToldOutcome>>;
type ToldOutcome = Exclude<SectionOutcome["outcome"], "missing" | "notAsked">;

export function toldSections(release: ReleaseCover): ToldSections {
  const told: ToldSections = {};
  for (const { section, outcome } of whatCame({}, [release])) {
    if (outcome !== "missing" && outcome !== "notAsked") told[section] = outcome;
  }
  return told;
}

/** The last day on which a release promises more; `null` if it promises nothing. */
export function expectedUntil({ StudentRecord: record }: ReleaseCover): PlainDate | null {
  const days = SECTIONS.flatMap((name) => record[name]?.ToFollow?.ExpectedDate ?? []);
  return days.toSorted().at(-1) ?? null;
}

/** A section that was asked for and has not come. */
export interface MissingSection {
  readonly section: SectionName;
  readonly outcome: "toFollow" | "notAvailable" | "missing";
}

/** @param told by every release that came and was not recalled, oldest first */
export function stillMissing(
  request: Pick<TransferRequest, "RequestedSection">,
  told: readonly ToldSections[],
): MissingSection[] {
  return askedSections(request).flatMap((section) => {
    const outcomes = told.flatMap((each) => each[section] ?? []);
    if (outcomes.includes("present") || outcomes.includes("attached")) return [];
    const last = outcomes.at(-1);
    const outcome = last === "toFollow" || last === "notAvailable" ? last : "missing";
    return { section, outcome };
  });
}

const has = (section: SectionCover | undefined): boolean =>
  section?.Present !== undefined || section?.Attached !== undefined;

function fate(
  section: SectionCover | undefined,
  asked: boolean,
): Pick<SectionOutcome, "outcome" | "words" | "comments"> {
  const unasked = asked ? "" : ", though not asked for";
  if (section?.Present) return { outcome: "present", words: `came${unasked}` };
  if (section?.Attached) {
    const count = section.Attached.FileName.length;
    const documents = count === 1 ? "a document" : `${count} documents`;
    return { outcome: "attached", words: `came as ${documents}${unasked}` };
  }
  if (section?.ToFollow) {
    const { ExpectedDate: day, Comments: comments } = section.ToFollow;
    return { outcome: "toFollow", words: `to follow, expected ${day}`, ...given({ comments }) };
  }
  if (section?.NotAvailable) {
    const { NotAvailableReason: reason, Comments: comments } = section.NotAvailable;
    const words = `not available: ${REASON_WORDS[reason]}`;
    return { outcome: "notAvailable", words, ...given({ comments }) };
  }
  return asked
    ? { outcome: "missing", words: "asked for, and nothing was said about it" }
    : { outcome: "notAsked", words: "not asked for" };
}

/** Documents the section names, and those that name the section. */
function filesOf(name: SectionName, releases: readonly ReleaseCover[]): string[] {
  const files = releases.flatMap((release) => [
    ...(release.StudentRecord[name]?.Attached?.FileName ?? []),
    ...(release.Attachment ?? [])
      .filter((attachment) => attachment.SectionName === name)
      .map((attachment) => attachment.FileName),
  ]);
  return [...new Set(files)];
}
