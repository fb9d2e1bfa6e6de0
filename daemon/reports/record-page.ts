/** `record.html`: what arrived, for a person to read and print. */
import { wordFor } from "../alerts/reason-words.ts";
import { plainDate } from "../alerts/when.ts";
import { showReference, type Reference } from "../ids.ts";
import type { TransferRelease, TransferRequest } from "../packet/model.gen.ts";
import { likenessOf } from "../transfer/likeness.ts";
import { type Overlap, overlapOf } from "../transfer/overlap.ts";
import { agencyRows, provenBy, userRows, type CardFacts } from "./agency-lines.ts";
import { facts, paragraph, type Block, type Line, type Page, type Section } from "./blocks.ts";
import { GRADE_WORDS, OWN_AUTHENTICATION_WORDS } from "./code-words.ts";
import { confidential, date, day, reference, said, time } from "./lines.ts";
import { overlapLine } from "./request-page.ts";
import {
  documentsSection,
  fileLineOf,
  type RecordBefore,
  type ShownAttachment,
  whatCameSection,
  whatIsMissingSection,
} from "./record-came.ts";
import { recordSections } from "./record-sections.ts";
import { contactRows, householdRows, inBrief, studentFacts, studentName } from "./student-lines.ts";
import { htmlOf } from "./template.ts";

export type { ShownAttachment } from "./record-came.ts";

export interface RecordView {
  readonly reference: Reference;
  readonly release: TransferRelease;
  readonly request: TransferRequest;
  /** The releaser as its card introduces it. */
  readonly card: CardFacts;
  /** As the entity's registry has it; `null` if it told nothing. */
  readonly registryOverlap: Overlap | null;
  readonly attachments: readonly ShownAttachment[];
  /** Records of the same transfer that came before and were not recalled. */
  readonly before: readonly RecordBefore[];
  readonly receivedAt: Date;
  /** Us, as the top of the page names us. */
  readonly agencyName: string;
  readonly timeZone: string;
}

/** @returns the whole HTML file */
export function recordPage(view: RecordView): string {
  const { release, card, timeZone } = view;
  const record = release.StudentRecord;
  const isSupplement = release.TransmissionType === "Supplement";
  const fileLine = fileLineOf(view.attachments);
  const page: Page = {
    title: `Record ${showReference(view.reference)}`,
    kicker: isSupplement ? "Supplement to a student record" : "Student record",
    heading: [{ said: studentName(record.Student) }],
    lead: [
      ...inBrief(record.Student),
      { newline: true },
      "Released by ",
      { said: card.name },
      " on ",
      day(new Date(release.ReleaseDateTime), timeZone),
      ". Reference ",
      reference(view.reference),
      ".",
    ],
    agency: view.agencyName,
    isTest: view.request.DocumentProcessCode === "TEST",
    nav: [],
    running: confidential(isSupplement ? "Supplement to record" : "Record", view.reference),
    sections: [
      { title: "Read first", blocks: readFirst(view) },
      whatCameSection(release, view.request, fileLine),
      ...(isSupplement ? [whatIsMissingSection(release, view.request, view.before)] : []),
      theRelease(view),
      theStudent(view),
      ...recordSections(record, fileLine),
      documentsSection(view.attachments, release),
    ],
    foot: [
      [release.RedisclosureNotice],
      ["Packetboat wrote this page on ", time(view.receivedAt, timeZone), "."],
    ],
  };
  return htmlOf(page);
}

function readFirst(view: RecordView): Block[] {
  const { release, request } = view;
  return [
    {
      block: "notice",
      tone: "info",
      title: "Redisclosure (34 CFR 99.33)",
      lines: [[release.RedisclosureNotice]],
    },
    ...(release.ReleasingUser.UserAuthentication === "Declared" ? [notProved(view)] : []),
    ...(likenessOf(request.Student, release.StudentRecord.Student) === "same"
      ? []
      : [studentDiffers(view)]),
    {
      block: "choices",
      rows: [
        {
          title: "When the records are in your student information system",
          line: [
            "make a text file imported.txt in the folder of this page, with this one line in it. The other district is told, and status.txt answers beside it.",
          ],
          type: "Imported by: your user name",
        },
      ],
    },
  ];
}

const notProved = ({ release: { ReleasingUser: user }, card }: RecordView): Block => ({
  block: "notice",
  tone: "attention",
  title: "The person who released was not proved",
  lines: [
    [
      "The records are ",
      { said: card.name },
      "’s own: it signed them. But it only declares that ",
      { said: user.PersonName },
      " released them. A call settles it.",
    ],
  ],
});

const studentDiffers = ({ request: { Student: asked } }: RecordView): Block => ({
  block: "notice",
  tone: "urgent",
  title: "This may be another student",
  lines: [
    [
      "You asked for ",
      { said: studentName(asked) },
      ", born ",
      ...date(asked.Birthdate),
      `, ${wordFor(GRADE_WORDS, asked.GradeLevel)}. Compare before you import, and call if it is not the same person.`,
    ],
  ],
});

function theRelease({ release, card, request, timeZone }: RecordView): Section {
  const { Comments: comments } = release;
  return {
    title: "The release",
    blocks: [
      facts(
        ...agencyRows("Released by", card),
        ["Verified", provenBy(card, timeZone)],
        [
          "Telephone",
          [
            ...said(card.phone),
            " ",
            { small: card.source === "directory" ? "from the directory" : "from its card" },
          ],
        ],
        ...userRows("Person", release.ReleasingUser),
        ["Released on", [time(new Date(release.ReleaseDateTime), timeZone)]],
        [
          "Completeness",
          [
            release.TransmissionType === "Supplement"
              ? "Supplement: adds to what came before"
              : release.DocumentQualifier === "Full"
                ? "All that was asked for and exists"
                : "In part: something that was asked for is missing",
          ],
        ],
        ["Asked for on", [time(new Date(request.CreatedDateTime), timeZone)]],
        ["Asked for by", [{ said: request.RequestingUser.PersonName }]],
        ["Known by", [OWN_AUTHENTICATION_WORDS[request.RequestingUser.UserAuthentication]]],
        comments === undefined ? ["Comments", ["—"]] : null,
      ),
      ...(comments === undefined
        ? []
        : ([paragraph([{ strong: "Comments" }]), { block: "quote", text: comments }] as const)),
    ],
  };
}

function theStudent(view: RecordView): Section {
  const record = view.release.StudentRecord;
  const contacts = contactRows(record);
  return {
    title: "The student",
    blocks: [
      facts(
        ...studentFacts(record.Student).rows,
        ...householdRows(record),
        ["Overlap of enrollments", overlap(view)],
        view.registryOverlap === null
          ? null
          : ["Overlap in the state’s registry", overlapLine(view.registryOverlap)],
      ),
      ...(contacts.length === 0
        ? []
        : [
            {
              block: "table",
              caption: "Parents, guardians and other contacts",
              columns: ["Name", "Relationship", "Telephone", "E-mail"],
              rows: contacts,
              none: "",
            } as const,
          ]),
    ],
  };
}

/** With the latest enrollment at the releaser, which the record itself shows. */
function overlap({ release, request, receivedAt, timeZone }: RecordView): Line {
  const enrollments = release.StudentRecord.Enrollment?.Present?.SchoolEnrollment ?? [];
  const latest = enrollments.toSorted((a, b) =>
    b.EnrollmentEntryDate.localeCompare(a.EnrollmentEntryDate),
  )[0];
  if (!latest) return ["Not known: no enrollments came with the record"];
  const { NewEnrollment: entered } = request;
  return overlapLine(
    overlapOf(
      interval(entered.EnrollmentEntryDate, entered.EnrollmentExitDate),
      interval(latest.EnrollmentEntryDate, latest.EnrollmentExitDate),
      plainDate(receivedAt, timeZone),
    ),
  );
}

const interval = (entry: string, exit: string | undefined) =>
  exit === undefined ? { entry } : { entry, exit };
