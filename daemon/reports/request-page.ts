/** `request.html`: what the registrar who has to decide reads. The Process Alert of records transfer. */
import { EXPEDITE_WORDS, wordFor } from "../alerts/reason-words.ts";
import { showReference, type Reference } from "../ids.ts";
import type { TransferRequest, Verification } from "../packet/model.gen.ts";
import type { PlainDate } from "../transfer/dates.ts";
import { heardOverlap } from "../transfer/known-overlap.ts";
import type { Overlap } from "../transfer/overlap.ts";
import {
  agencyRows,
  authenticationLine,
  callFirst,
  provenBy,
  userRows,
  type CardFacts,
} from "./agency-lines.ts";
import { facts, paragraph, type Block, type Line, type Page, type Section } from "./blocks.ts";
import { ENTRY_WORDS, MEMBERSHIP_WORDS, PURPOSE_WORDS, SECTION_WORDS } from "./code-words.ts";
import { confidential, date, idGroups, reference, said, time } from "./lines.ts";
import { inBrief, studentFacts, studentName } from "./student-lines.ts";
import { htmlOf } from "./template.ts";

export interface RequestView {
  readonly reference: Reference;
  readonly request: TransferRequest;
  /** Two persons must release, and the requester must not learn why. */
  readonly isFlagged: boolean;
  /** The requester as its card introduces it. */
  readonly card: CardFacts;
  /** What the entity found; `null` if the request came directly. */
  readonly verified: Verified | null;
  /** The last day on which the answer is in time. */
  readonly answerBy: PlainDate;
  readonly receivedAt: Date;
  /** Us, as the top of the page names us. */
  readonly agencyName: string;
  readonly timeZone: string;
}

/** The entity's word about the student, and who it is. */
export interface Verified {
  readonly entityName: string;
  readonly verification: Verification;
}

/** @returns the whole HTML file */
export function requestPage(view: RequestView): string {
  const { request, card } = view;
  const page: Page = {
    title: `Request ${showReference(view.reference)}`,
    kicker: "Process alert: request to release",
    heading: [{ said: studentName(request.Student) }],
    lead: [
      ...inBrief(request.Student),
      { newline: true },
      { said: card.name },
      " asks for this student’s records. Reference ",
      reference(view.reference),
      ".",
    ],
    agency: view.agencyName,
    isTest: request.DocumentProcessCode === "TEST",
    nav: [],
    running: confidential("Request", view.reference),
    sections: [
      { title: "Before you decide", blocks: beforeDeciding(view) },
      { title: "What may be done", blocks: choices(view) },
      { title: "The student", blocks: [studentFacts(request.Student)] },
      enrollment(view),
      whoAsks(view),
      whatIsAsked(view),
    ],
    foot: [
      [
        "Education record: for school officials with a legitimate educational interest only (34 CFR 99.31, 99.33).",
      ],
      ["Packetboat wrote this page on ", time(view.receivedAt, view.timeZone), "."],
    ],
  };
  return htmlOf(page);
}

function beforeDeciding(view: RequestView): Block[] {
  const { request, isFlagged, card, verified, answerBy, timeZone } = view;
  const { ExpediteReason: expedite, RequestingUser: user } = request;
  const isDeclared = user.UserAuthentication === "Declared";
  return [
    ...(isFlagged ? [flagged()] : [callFirst(card, user.PersonName)]),
    ...(expedite === undefined
      ? []
      : [
          notice("urgent", "This student cannot wait", [
            `The district names a reason for haste: ${wordFor(EXPEDITE_WORDS, expedite)}.`,
          ]),
        ]),
    ...(isDeclared
      ? [
          notice("attention", "The person who asks was not proved", [
            "The district signed the request, but it only declares who asked. A call settles it.",
          ]),
        ]
      : []),
    facts(
      ["Answer by", date(answerBy)],
      ["The district", provenBy(card, timeZone)],
      ["The student", verified ? foundBy(verified) : NOT_LOOKED_UP],
      ...(verified ? enrolledHere(verified.verification) : []),
      [
        "The person who asks",
        [
          ...authenticationLine(user.UserAuthentication),
          ...(verified ? ["; the district’s card lists who may ask"] : []),
        ],
      ],
    ),
  ];
}

const NOT_LOOKED_UP: Line = [
  "Not looked up in a state registry: the request came directly. Find the student in your own records, and compare the birthdate.",
];

const foundBy = ({ entityName, verification }: Verified): Line => [
  "Found in the registry of ",
  { said: entityName },
  ` ${MATCHED_WORDS[verification.MatchedBy]}; the registry is of `,
  ...date(verification.RegistryDate),
  ".",
];

const MATCHED_WORDS: Readonly<Record<Verification["MatchedBy"], string>> = {
  StateStudentId: "by the state student id, confirmed by name and birthdate",
  NameBirthdateSex: "by name, birthdate and sex",
};

/** Since when the student is yours, as the registry has it. */
function enrolledHere(verification: Verification): (readonly [string, Line])[] {
  const { NameOfInstitution: school, EnrollmentEntryDate: entry } = verification;
  const { EnrollmentExitDate: exit, Overlap: overlap } = verification;
  const isOpen = overlap?.StillEnrolledAtBoth === "true";
  return [
    [
      "Enrolled with you",
      [
        ...said(school),
        ", since ",
        ...date(entry),
        ...(exit === undefined ? [", no exit date"] : [" until ", ...date(exit)]),
      ],
    ],
    [
      "Overlap",
      [
        ...(isOpen ? ([{ badge: "attention", shown: "Enrolled at both" }, " "] as const) : []),
        ...overlapLine(heardOverlap(overlap)),
      ],
    ],
  ];
}

/** Nobody is encouraged to call: whoever asks may be the one who must not know. */
const flagged = (): Block =>
  notice("urgent", "Two persons must release these records", [
    "This student is in your district’s list of flagged students, or has a name and the birthdate of one. Report the request at once to whoever your district names for that, and tell the other district nothing of the flag, on the telephone either. When one person has released, another must release as well; until then they only see that your district is reviewing the request.",
  ]);

const notice = (tone: "urgent" | "attention", title: string, line: Line): Block => ({
  block: "notice",
  tone,
  title,
  lines: [line],
});

function choices({ reference: ref }: RequestView): Block[] {
  const name = showReference(ref);
  return [
    paragraph([
      "Decide in the file ",
      { strong: "decision.txt" },
      " beside this page: write one of these behind “Decision:”, and save. The answer, what will happen and when, is the file ",
      { strong: "status.txt" },
      " there, some minutes later. Who has a terminal may type the commands instead.",
    ]),
    {
      block: "choices",
      rows: [
        {
          title: "Release",
          line: [
            "what you have put into the folder documents. It waits a while before it leaves, and can be withdrawn until then.",
          ],
          type: `packetboat release ${name} --records FILE --attach FILE`,
        },
        {
          title: "Hold",
          line: ["if you need more time: the other district is told why, and until when."],
          type: `packetboat hold ${name} --reason AwaitingFinalMarks --until YYYY-MM-DD`,
        },
        {
          title: "Reject",
          line: ["if the records must not be released: the other district is told why."],
          type: `packetboat reject ${name} --reason NotOurStudent`,
        },
      ],
    },
  ];
}

function enrollment({ request, verified }: RequestView): Section {
  const overlap = verified ? heardOverlap(verified.verification.Overlap) : UNKNOWN;
  const { NewEnrollment: entry, PreviousSchool: previous } = request;
  return {
    title: "The new enrollment",
    blocks: [
      facts(
        ["School", said(entry.NameOfInstitution)],
        entry.SchoolId === undefined ? null : ["NCES school id", [idGroups(entry.SchoolId)]],
        ["School year", [entry.SchoolYear]],
        ["Start date", date(entry.EnrollmentEntryDate)],
        entry.EnrollmentExitDate === undefined
          ? null
          : ["End date", date(entry.EnrollmentExitDate)],
        ["Enrollment type", [MEMBERSHIP_WORDS[entry.MembershipType]]],
        entry.EntryType === undefined ? null : ["Entry", [wordFor(ENTRY_WORDS, entry.EntryType)]],
        ["Overlap with your enrollment", overlapLine(overlap)],
        previous === undefined
          ? null
          : ["Previous school, they say", said(previous.NameOfInstitution)],
      ),
    ],
  };
}

const UNKNOWN: Overlap = { known: false };

/** Entry and exit of the overlap, and the days in common. */
export function overlapLine(overlap: Overlap): Line {
  if (!overlap.known) return ["Not known in a national transfer"];
  if (!overlap.overlaps) return ["None"];
  const days = `${overlap.days} ${overlap.days === 1 ? "day" : "days"} in common`;
  return overlap.end === null
    ? ["Since ", ...date(overlap.start), `: still enrolled at both, ${days} so far`]
    : [...date(overlap.start), " to ", ...date(overlap.end), `: ${days}`];
}

function whoAsks({ request, card }: RequestView): Section {
  return {
    title: "Who asks",
    blocks: [
      facts(...agencyRows("District", card), ...userRows("Person", request.RequestingUser)),
      paragraph([{ small: "Phone and e-mail of the person are those that the request gives." }]),
    ],
  };
}

function whatIsAsked({ request, reference: ref, timeZone }: RequestView): Section {
  const { RequestedSection: sections, Comments: comments } = request;
  return {
    title: "The request",
    blocks: [
      facts(
        ["Reference", [reference(ref)]],
        ["Request date", [time(new Date(request.CreatedDateTime), timeZone)]],
        ["Expires", [time(new Date(request.ExpiresDateTime), timeZone)]],
        request.TransmissionType === "Resubmission"
          ? ["Version", [`Corrected request, revision ${request.Revision}`]]
          : null,
        ["Purpose", [wordFor(PURPOSE_WORDS, request.Purpose)]],
        ["Legitimate interest", said(request.LegitimateInterest)],
        ["Asked for by the parent", [request.RequestedByParent === "true" ? "Yes" : "Not stated"]],
        [
          "Sections asked for",
          [sections === undefined ? "All" : sections.map((name) => SECTION_WORDS[name]).join(", ")],
        ],
        comments === undefined ? ["Comments", ["—"]] : null,
      ),
      ...(comments === undefined
        ? []
        : ([paragraph([{ strong: "Comments" }]), { block: "quote", text: comments }] as const)),
    ],
  };
}
