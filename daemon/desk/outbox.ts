/** From the words of an outbox document to a decision, with what the schema alone cannot say. */
import { isDeepStrictEqual } from "node:util";
import { isRefusal } from "../errors.ts";
import { type AgencyId, parseAgencyId } from "../ids.ts";
import type { SectionName } from "../packet/model.gen.ts";
import { mediaTypeOf } from "../packet/model.ts";
import type { Fault } from "../schema.ts";
import type { AnswerDecision, RequestChanges } from "../transfer/decide.ts";
import { given } from "../transfer/given.ts";
import {
  type About,
  aboutWhat,
  type Decision,
  type DescribedDistrict,
  referenceIn,
} from "./decision.ts";
import type {
  District,
  Document,
  Hold,
  OutboxMessage,
  Reject,
  Release,
  Request,
} from "./outbox.gen.ts";

/** A file that lies beside the document, to be sent with a release. */
export interface ExpectedDocument {
  readonly fileName: string;
  readonly section?: SectionName;
}

/** A decision, or every fault that kept it from being one. */
export type Told =
  | { readonly decision: Decision; readonly documents: readonly ExpectedDocument[] }
  | { readonly faults: readonly Fault[] };

/** What was said beside a document, on a command line; a document that says otherwise is refused. */
export interface Beside {
  readonly to?: AgencyId | DescribedDistrict;
  readonly about?: About;
}

const ABOUT_A_TRANSFER = [
  "Release",
  "Hold",
  "Reject",
  "Withdraw",
  "Recall",
  "Cancel",
  "Imported",
  "Answered",
] as const satisfies readonly (keyof OutboxMessage)[];
const KINDS = ["Request", ...ABOUT_A_TRANSFER] as const;

/** What the schema's descriptions promise to whoever leaves them out. */
const USUAL_PURPOSE = "R01";
const USUAL_INTEREST = "Enrollment of the student";

/** @param message follows its schema */
export function decisionIn(message: OutboxMessage, beside: Beside): Told {
  if (KINDS.filter((kind) => message[kind] !== undefined).length !== 1) {
    return { faults: [{ place: "", sentence: `must hold exactly one of ${KINDS.join(", ")}` }] };
  }
  const faults: Fault[] = [];
  const documents = documentsIn(message.Release?.Document ?? [], faults);
  const decision = decisionFrom(message, beside, faults);
  return decision && faults.length === 0 ? { decision, documents } : { faults };
}

function decisionFrom(message: OutboxMessage, beside: Beside, faults: Fault[]): Decision | null {
  const { Request: request, ...decided } = message;
  if (request) return requestFrom(request, beside, faults);
  const [kind = "Release"] = ABOUT_A_TRANSFER.filter((one) => message[one] !== undefined);
  const about = aboutIn(message[kind], kind, beside, faults);
  return about && decisionAbout(about, decided);
}

function decisionAbout(about: About, said: Omit<OutboxMessage, "Request">): Decision | null {
  const { Release: release, Hold: hold, Reject: reject, Recall: recall } = said;
  if (release) return releaseFrom(about, release);
  if (hold) return { kind: "answer", about, answer: answerFrom("Hold", hold) };
  if (reject) return { kind: "answer", about, answer: answerFrom("Rejected", reject) };
  if (said.Withdraw) return { kind: "withdraw", about };
  if (recall) {
    const { ReasonCode: reason, Comments: comments } = recall;
    return { kind: "recall", about, recall: { reason, ...given({ comments }) } };
  }
  if (said.Cancel) return { kind: "cancel", about, ...given({ comments: said.Cancel.Comments }) };
  if (said.Imported) {
    return { kind: "imported", about, ...given({ comments: said.Imported.Comments }) };
  }
  if (!said.Answered) return null;
  const { ResponseStatus: status, Comments: comments } = said.Answered;
  return { kind: "answered", about, answer: { status, ...given({ comments }) } };
}

function aboutIn(
  content: { readonly Reference?: string } | undefined,
  kind: string,
  { about: meant }: Beside,
  faults: Fault[],
): About | null {
  const place = `${kind}/Reference`;
  const text = content?.Reference;
  if (text === undefined) {
    if (!meant) faults.push({ place: kind, sentence: "Reference is required" });
    return meant ?? null;
  }
  const about = aboutText(text, place, faults);
  if (about && meant && referenceIn(about) !== referenceIn(meant)) {
    faults.push({ place, sentence: "names another transfer than the one that was meant" });
  }
  return about;
}

function aboutText(text: string, place: string, faults: Fault[]): About | null {
  try {
    return aboutWhat(text);
  } catch (error) {
    if (!isRefusal(error, "ID_INVALID")) throw error;
    faults.push({ place, sentence: "must be a reference like K7QM-3F2D" });
    return null;
  }
}

function requestFrom(request: Request, beside: Beside, faults: Fault[]): Decision | null {
  const { Student: student, NewEnrollment: enrollment } = request;
  const to = releaserIn(request, beside, faults);
  const changes = { student, enrollment, ...optionalParts(request) };
  if (request.Resubmits !== undefined) {
    const about = aboutText(request.Resubmits, "Request/Resubmits", faults);
    if (to === null || typeof to === "string") {
      return about && { kind: "resubmit", about, changes, to };
    }
    const sentence = "goes to the district that was asked first: do not describe one";
    faults.push({ place: "Request/Resubmits", sentence });
    return null;
  }
  const purpose = request.Purpose ?? USUAL_PURPOSE;
  const legitimateInterest = request.LegitimateInterest ?? USUAL_INTEREST;
  return { kind: "request", request: { ...changes, to, purpose, legitimateInterest } };
}

function releaserIn(
  { To, District: described }: Request,
  { to: meant }: Beside,
  faults: Fault[],
): AgencyId | DescribedDistrict | null {
  if (To !== undefined && described) {
    const sentence = "must not stand beside To: one of them says whom to ask";
    faults.push({ place: "Request/District", sentence });
  }
  if (described) {
    const district = districtIn(described, faults);
    if (meant !== undefined && !isDeepStrictEqual(district, meant)) {
      faults.push({ place: "Request/District", sentence: "describes another than was meant" });
    }
    return district;
  }
  if (To === undefined) return meant ?? null;
  if (meant !== undefined && To !== meant) {
    faults.push({ place: "Request/To", sentence: "names another district than was meant" });
  }
  return parseAgencyId(To);
}

function districtIn(described: District, faults: Fault[]): DescribedDistrict {
  const { StateAbbreviation: state, ...others } = described;
  const { OrganizationName: name, AddressCity: city, AddressPostalCode: zip } = others;
  if (Object.keys(others).length === 0) {
    const sentence = "needs OrganizationName, AddressCity or AddressPostalCode beside the state";
    faults.push({ place: "Request/District", sentence });
  }
  return { state, ...given({ name, city, zip }) };
}

const optionalParts = (request: Request): Omit<RequestChanges, "student" | "enrollment"> =>
  given({
    previousSchool: request.PreviousSchool,
    purpose: request.Purpose,
    legitimateInterest: request.LegitimateInterest,
    expediteReason: request.ExpediteReason,
    requestedByParent:
      request.RequestedByParent === undefined ? undefined : request.RequestedByParent === "true",
    sections: request.RequestedSection,
    comments: request.Comments,
  });

const answerFrom = (status: "Hold" | "Rejected", said: Hold | Reject): AnswerDecision => ({
  status,
  reason: said.ReasonCode,
  ...given({ until: "HoldUntil" in said ? said.HoldUntil : undefined, comments: said.Comments }),
});

/** Its documents are found later, where the outbox document lies. */
const releaseFrom = (about: About, release: Release): Decision => ({
  kind: release.Supplement === "true" ? "supplement" : "release",
  about,
  release: {
    ...given({ record: release.StudentRecord, comments: release.Comments }),
    documents: [],
  },
});

/** Names that differ in case alone are one file on many shares. */
function documentsIn(documents: readonly Document[], faults: Fault[]): ExpectedDocument[] {
  const names = documents.map(({ FileName }) => FileName.toLowerCase());
  return documents.map(({ FileName: fileName, MediaType, SectionName }, index) => {
    const place = `Release/Document[${index + 1}]`;
    if (names.indexOf(fileName.toLowerCase()) < index) {
      faults.push({ place: `${place}/FileName`, sentence: "names a file for the second time" });
    }
    const mediaType = mediaTypeOf(fileName);
    if (MediaType !== undefined && mediaType !== null && MediaType !== mediaType) {
      const sentence = `must be ${mediaType}, as the ending of the name says`;
      faults.push({ place: `${place}/MediaType`, sentence });
    }
    return { fileName, ...given({ section: SectionName }) };
  });
}
