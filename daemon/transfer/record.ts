/** The record that a release carries, put together from what people gave. */
import type {
  NotAvailableReason,
  ReleaseTransmissionType,
  SectionName,
  StudentRecord,
  TransferRequest,
} from "../packet/model.gen.ts";
import { PacketboatError } from "../errors.ts";
import type { OutgoingDocument } from "./effects.ts";
import { given } from "./given.ts";
import { askedSections, SECTIONS, type Section } from "./sections.ts";

export interface ReleaseDecision {
  /** What the student information system gave; the student is taken from the request if it says none. */
  readonly record?: Partial<StudentRecord>;
  readonly documents: readonly OutgoingDocument[];
  /** Sections of which a person says that there is none. */
  readonly notAvailable?: readonly {
    readonly section: SectionName;
    readonly reason: NotAvailableReason;
    readonly comments?: string;
  }[];
  readonly comments?: string;
}

/**
 * Each section that was asked for says what became of it: given in the record, attached as documents,
 * not available by a person's word, or (in a first release) plainly not given.
 *
 * @throws PacketboatError RELEASE_EMPTY if neither a section, a document nor a reason was given
 * @throws PacketboatError RULE_BROKEN if a section that was given is also called not available
 */
export function recordOf(
  decision: ReleaseDecision,
  request: TransferRequest,
  type: ReleaseTransmissionType,
): StudentRecord {
  const record = { Student: request.Student, ...decision.record };
  const asked = type === "Original" ? askedSections(request) : [];
  const said = SECTIONS.map((name) => [name, saidOf(name, record, decision)] as const);
  if (decision.documents.length === 0 && said.every(([, section]) => section === undefined)) {
    throw new PacketboatError("RELEASE_EMPTY", "the release has no section, document or reason");
  }
  const sections = said.map(([name, section]) => [
    name,
    section ?? (asked.includes(name) ? NOT_GIVEN : undefined),
  ]);
  return { ...record, ...given(Object.fromEntries(sections) as Partial<StudentRecord>) };
}

/** Honest, and it makes the release partial, so that the requester may ask. */
const NOT_GIVEN: Section = {
  NotAvailable: { NotAvailableReason: "Other", Comments: "Nothing was given for this section." },
};

function saidOf(
  name: SectionName,
  record: Partial<StudentRecord>,
  { documents, notAvailable = [] }: ReleaseDecision,
): Section | undefined {
  const files = documents.filter(({ section }) => section === name).map((file) => file.fileName);
  const reason = notAvailable.find(({ section }) => section === name);
  const section = record[name];
  if (reason && (section?.Present || section?.Attached || files.length > 0)) {
    throw new PacketboatError(
      "RULE_BROKEN",
      `the section ${name} is given and said not to be available`,
    );
  }
  if (section?.Present || section?.Attached) return section;
  if (files.length > 0) return { Attached: { FileName: files } };
  if (!reason) return section;
  const comments = given({ Comments: reason.comments });
  return { NotAvailable: { NotAvailableReason: reason.reason, ...comments } };
}
