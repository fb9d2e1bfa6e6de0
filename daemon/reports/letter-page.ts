/**
 * `letter.html`: a request on paper, for a district that takes no part in packetboat. Whoever reads it knows
 * nothing of packetboat: it says what is asked, why it may be sent, and where to.
 */
import { EXPEDITE_WORDS, wordFor } from "../alerts/reason-words.ts";
import { dayOf } from "../alerts/when.ts";
import { showReference, type Reference } from "../ids.ts";
import type { TransferRequest } from "../packet/model.gen.ts";
import type { PlainDate } from "../transfer/dates.ts";
import { askedSections } from "../transfer/sections.ts";
import type { AgencyRow } from "../ledger/tables.ts";
import { facts, paragraph, type Block, type Line } from "./blocks.ts";
import { MEMBERSHIP_WORDS, PURPOSE_WORDS, SECTION_WORDS } from "./code-words.ts";
import type { Letter } from "./letter.ts";
import { confidential, date, idGroups, reference, said } from "./lines.ts";
import { studentFacts } from "./student-lines.ts";
import { letterOf } from "./template.ts";

/** Where the letter goes, as far as that is known. */
export interface Addressee extends Pick<AgencyRow, "name" | "city" | "state" | "zip"> {
  readonly street: string | null;
}

export interface LetterView {
  readonly reference: Reference;
  readonly request: TransferRequest;
  readonly to: Addressee;
  /** Of our own office; `null` if nobody has settled it. */
  readonly ourStreet: string | null;
  readonly writtenAt: Date;
  /** The last day on which the answer is in time. */
  readonly answerBy: PlainDate;
  readonly timeZone: string;
}

/** @returns the whole HTML file */
export function letterPage(view: LetterView): string {
  const { request, to, writtenAt, timeZone } = view;
  const letter: Letter = {
    title: `Letter ${showReference(view.reference)}`,
    isTest: request.DocumentProcessCode === "TEST",
    running: confidential("Request", view.reference),
    toDo: toDo(view),
    from: sender(view),
    date: [dayOf(writtenAt, timeZone)],
    to: addressLines(to),
    subject: ["Request for education records · our reference ", reference(view.reference)],
    sections: [
      { title: null, blocks: opening(view) },
      { title: "The student", blocks: [studentFacts(request.Student), newEnrollment(view)] },
      { title: "What we ask for", blocks: whatIsAsked(view) },
      { title: "Why you may send them", blocks: legalBasis(view) },
      { title: "Where to send them", blocks: whereTo(view) },
    ],
    signers: [request.RequestingUser.PersonName, request.RequestingDistrict.OrganizationName],
    answer: {
      title: "Your answer",
      lead: [
        "Please return a copy of this page, also if you have no records. Our reference: ",
        reference(view.reference),
        ".",
      ],
      choices: [
        { says: "The records are enclosed, or were sent on", isOpen: true },
        { says: "We have no record of this student", isOpen: false },
        { says: "We do not send the records, because", isOpen: true },
      ],
      blanks: ["Name and title", "Telephone", "Signature", "Date"],
    },
  };
  return letterOf(letter);
}

/** For whoever prints it; it is not printed itself. */
const toDo = ({ reference: ref, to, ourStreet }: LetterView): readonly Line[] => [
  [
    "Print this letter, sign it, and send it: ",
    { said: to.name },
    " takes no part in packetboat, and hears of the request in no other way.",
  ],
  ...(ourStreet === null
    ? [
        [
          "Write in the street to which the records are to be sent; IT can settle it for all letters (agency.street).",
        ],
      ]
    : []),
  ...(isWhole(to) ? [] : [["Write in what is missing of their address."]]),
  [
    "When they answer, note it: ",
    { type: `packetboat answered ${showReference(ref)} --status OfflineRecordSent` },
    ", or NoRecord, or Rejected.",
  ],
];

const isWhole = ({ street, city, state, zip }: Addressee): boolean =>
  ![street, city, state, zip].includes(null);

function sender({ request: { RequestingDistrict: us }, ourStreet }: LetterView): readonly Line[] {
  const { StateDistrictNumber: number, TelephoneNumber: phone } = us;
  return [
    [{ strong: us.OrganizationName }],
    ...(ourStreet === null ? [] : [[{ said: ourStreet }]]),
    ...place(us.AddressCity, us.StateAbbreviation, us.AddressPostalCode),
    ...(phone === undefined ? [] : [["Telephone ", { said: phone }]]),
    [
      ...(number === undefined ? [] : ["District ", { said: number }, " · "]),
      "NCES id ",
      idGroups(us.AgencyId),
    ],
  ];
}

/** A line to write on stands where nothing is known. */
const addressLines = ({ name, street, city, state, zip }: Addressee): readonly Line[] => [
  ["Registrar, student records"],
  [{ strong: name }],
  street === null ? [{ blank: "street" }] : [{ said: street }],
  [
    ...(city === null ? [{ blank: "city" } as const] : [{ said: city }]),
    ...(state === null ? [] : [", ", { said: state }]),
    " ",
    ...(zip === null ? [{ blank: "ZIP" } as const] : [{ said: zip }]),
  ],
];

/** `Example City, MN 55001`, as far as it is known. */
function place(city?: string, state?: string, zip?: string): readonly Line[] {
  const behind = [state, zip].filter((part) => part !== undefined).join(" ");
  const parts = [city, behind].filter((part) => part !== undefined && part !== "");
  return parts.length === 0 ? [] : [[{ said: parts.join(", ") }]];
}

function opening({ request, answerBy }: LetterView): Block[] {
  const { ExpediteReason: expedite, TransmissionType: type } = request;
  return [
    paragraph(["To the registrar:"]),
    paragraph([
      type === "Resubmission"
        ? "This letter takes the place of the one that we sent under the same reference. "
        : "",
      "The student named below has enrolled with us. Please send us the student’s education records, or tell us that you have none, by ",
      ...date(answerBy),
      ".",
    ]),
    ...(expedite === undefined
      ? []
      : [
          paragraph([
            { strong: "This student cannot wait: " },
            `${wordFor(EXPEDITE_WORDS, expedite)}. Please call us if you cannot send the records at once.`,
          ]),
        ]),
  ];
}

function newEnrollment({ request }: LetterView): Block {
  const { NewEnrollment: entry, PreviousSchool: previous } = request;
  return facts(
    previous === undefined
      ? null
      : [
          "School with you",
          [
            { said: previous.NameOfInstitution },
            ...(previous.AddressCity === undefined ? [] : [", ", { said: previous.AddressCity }]),
          ],
        ],
    ["School with us", said(entry.NameOfInstitution)],
    [
      "Enrolled with us",
      [
        "since ",
        ...date(entry.EnrollmentEntryDate),
        ", school year ",
        { whole: entry.SchoolYear },
        `, ${MEMBERSHIP_WORDS[entry.MembershipType].toLowerCase()} enrollment`,
      ],
    ],
  );
}

function whatIsAsked({ request }: LetterView): Block[] {
  const { Comments: comments } = request;
  return [
    facts(
      [
        "Records",
        [
          askedSections(request)
            .map((name) => SECTION_WORDS[name])
            .join(", "),
        ],
      ],
      ["Which of them", [wordFor(PURPOSE_WORDS, request.Purpose)]],
    ),
    paragraph([
      "If something is kept elsewhere or may not be sent, please say so, and send the rest. If the student receives special education, 34 CFR 300.323(g) asks both of us to see that the IEP and its supporting documents arrive promptly.",
    ]),
    ...(comments === undefined
      ? []
      : ([paragraph([{ strong: "Comments" }]), { block: "quote", text: comments }] as const)),
  ];
}

function legalBasis({ request }: LetterView): Block[] {
  return [
    paragraph([
      "FERPA lets you send education records without the consent of the parent or eligible student to officials of a school system in which the student seeks or intends to enroll, or is already enrolled, for purposes related to the enrollment or transfer (34 CFR 99.31(a)(2)). ",
      request.RequestedByParent === "true"
        ? "The parent or eligible student asked us for this transfer."
        : "Unless your annual notice says that you forward records, or the parent asked for it, please make a reasonable attempt to notify the parent or eligible student (34 CFR 99.34).",
    ]),
    facts(["Our legitimate interest", said(request.LegitimateInterest)]),
    paragraph([
      "Please keep this request with the student’s records (34 CFR 99.32). We use what you send for that purpose, and show it to nobody else unless the law allows it (34 CFR 99.33).",
    ]),
  ];
}

function whereTo({ request, ourStreet }: LetterView): Block[] {
  const { RequestingDistrict: us, RequestingUser: user, NewEnrollment: entry } = request;
  return [
    facts(
      ["Person", [{ strong: user.PersonName }]],
      ["School", [{ said: entry.NameOfInstitution }, ", ", { said: us.OrganizationName }]],
      ["Street", [ourStreet === null ? { blank: "street" } : { said: ourStreet }]],
      ...place(us.AddressCity, us.StateAbbreviation, us.AddressPostalCode).map(
        (line) => ["City", line] as const,
      ),
      ["Telephone", said(user.TelephoneNumber ?? us.TelephoneNumber)],
      ["E-mail, for questions", said(user.ElectronicMailAddress)],
    ),
    paragraph([
      "Send them by post, or by another way that keeps them from others; ordinary e-mail does not.",
    ]),
  ];
}
