/**
 * What an outbox document says (PROTOCOL 9): one decision in an `OutboxMessage`, or many in `Requests`,
 * each judged by itself. Offices' encodings, comments and prefixes do not matter here.
 */
import { isRefusal, PacketboatError } from "../errors.ts";
import { type Sha256, sha256 } from "../ids.ts";
import { readOfficeElement } from "../packet/document.ts";
import { objectOf, type XmlElement } from "../packet/shape.ts";
import { type Fault, nearestName, refuseFaults } from "../schema.ts";
import type { DecisionResult } from "./answers.ts";
import type { Decision } from "./decision.ts";
import { type Beside, decisionIn, type ExpectedDocument } from "./outbox.ts";
import type { ListedRequest, OutboxMessage } from "./outbox.gen.ts";

export const OUTBOX_NAMESPACE = "urn:packetboat:outbox:1";
const SCHEMA = "outbox.schema.json";
const ROOTS = ["OutboxMessage", "Requests"];
/** As the schema counts them. */
const MOST_REQUESTS = 1000;

/** One decision in a document, or why it is none. */
export interface Reading {
  /** Counted from one; the row, where the document is a list. */
  readonly number: number;
  /** Of a list, as a spreadsheet counts: its header is row 1. */
  readonly row?: number;
  /** What the office's software calls it, if that could be read. */
  readonly sourceReference: string | null;
  /** The username that the document names. */
  readonly decidedBy: string | null;
  /** Covers what is decided, not by whom nor how it is written: the same again has the same digest. */
  readonly digest: Sha256;
  readonly says:
    | { readonly decision: Decision; readonly documents: readonly ExpectedDocument[] }
    | { readonly refusal: PacketboatError };
}

/** A whole document. */
export interface Said {
  readonly readings: readonly Reading[];
  /** Of a list: what was refused of it, to be mended and dropped again; `null` if nothing was. */
  readonly returned: ((results: readonly DecisionResult[]) => string | null) | null;
}

/**
 * @param bytes the whole document
 * @param mostBytes a larger one is refused unread
 * @param beside what was said on a command line; nothing for a file from a drop folder
 * @returns its decisions in their order; those that cannot be read carry every fault of theirs
 * @throws PacketboatError DOCUMENT_INVALID for the document as a whole, with every fault in
 *   `facts.faults`
 */
export function readDecisions(
  bytes: Uint8Array,
  mostBytes: number,
  beside: Beside = {},
): readonly Reading[] {
  const root = readOfficeElement(bytes, { namespace: OUTBOX_NAMESPACE, mostBytes });
  if (root.name === "OutboxMessage") return [messageIn(root, beside)];
  if (root.name === "Requests") return requestsIn(root, beside);
  throw refused(root.name, `must be ${ROOTS.join(" or ")}${nearestName(root.name, ROOTS)}`);
}

/**
 * Does a file's beginning show it as an outbox document? A guess, good enough to tell it from an XML
 * file that is to be sent with a release.
 */
export function looksLikeDecisions(start: Uint8Array): boolean {
  const text = Buffer.from(start).toString("latin1").replaceAll("\0", "");
  return (
    /<(?:[\w.-]+:)?(?:OutboxMessage|Requests)[\s/>]/.test(text) || text.includes(OUTBOX_NAMESPACE)
  );
}

function messageIn(root: XmlElement, beside: Beside): Reading {
  const { value, faults } = objectOf(root, SCHEMA, "OutboxMessage", true);
  refuse(faults, "OutboxMessage");
  const { SourceReference, DecidedBy, ...body } = value as unknown as OutboxMessage;
  const place: Place = {
    number: 1,
    root: "OutboxMessage",
    place: "",
    sourceReference: SourceReference ?? null,
    decidedBy: DecidedBy ?? null,
  };
  return readingOf(body, place, beside);
}

function requestsIn(root: XmlElement, beside: Beside): Reading[] {
  const requests = root.children.filter(({ name }) => name === "Request");
  const decidedBy = decidedByIn(root, requests);
  return requests.map((element, index) => {
    const number = index + 1;
    const place = `Request[${number}]`;
    const { value, faults } = objectOf(element, SCHEMA, "ListedRequest", true);
    const { SourceReference, ...request } = value as unknown as ListedRequest;
    const isNamed = !faults.some((fault) => fault.place === "SourceReference");
    const about = {
      number,
      root: "Requests",
      place,
      sourceReference: isNamed ? (SourceReference ?? null) : null,
      decidedBy,
    };
    if (faults.length === 0) return readingOf({ Request: request }, about, beside);
    return faulty(faults, about, digestOf(about.sourceReference, request));
  });
}

/** The schema was asked about one request, and knows nothing of what stands around it. */
function faulty(
  faults: readonly Fault[],
  { root, place, ...reading }: Place,
  digest: Sha256,
): Reading {
  const inPlace = faults.map((fault) => ({
    ...fault,
    place: fault.place === "" ? place : `${place}/${fault.place}`,
  }));
  return { ...reading, digest, says: { refusal: refusalOf(inPlace, theDocument(root)) } };
}

/** What stands around the requests; one of them is enough to see that. */
function decidedByIn(root: XmlElement, requests: readonly XmlElement[]): string | null {
  const children = root.children.filter(
    (child) => child.name !== "Request" || child === requests[0],
  );
  const { value, faults } = objectOf({ ...root, children }, SCHEMA, "Requests", true);
  const around = faults.filter(({ place }) => !place.startsWith("Request["));
  if (requests.length > MOST_REQUESTS) {
    around.push({ place: "Request", sentence: `must stand at most ${MOST_REQUESTS} times` });
  }
  refuse(around, "Requests");
  return (value as { DecidedBy?: string }).DecidedBy ?? null;
}

interface Place extends Omit<Reading, "digest" | "says"> {
  readonly root: string;
  /** Where the decision stands below the root. */
  readonly place: string;
}

function readingOf(
  body: OutboxMessage,
  { root, place, ...reading }: Place,
  beside: Beside,
): Reading {
  const told = decisionIn(body, beside);
  const digest = digestOf(reading.sourceReference, body);
  if (!("faults" in told)) return { ...reading, digest, says: told };
  const faults = told.faults.map((fault) => ({
    ...fault,
    place: place === "" ? fault.place : fault.place.replace("Request", place),
  }));
  return { ...reading, digest, says: { refusal: refusalOf(faults, theDocument(root)) } };
}

/** Of what a decision says, in whatever way it was written. */
export const digestOf = (sourceReference: string | null, body: object): Sha256 =>
  sha256(JSON.stringify([sourceReference, body]));

interface Faulty {
  readonly document: string;
  readonly root: string;
}

const theDocument = (root: string): Faulty => ({ document: "the document", root });

function refuse(faults: readonly Fault[], root: string): void {
  refuseFaults(faults, "DOCUMENT_INVALID", theDocument(root));
}

/** The refusal of one decision, kept beside it. */
export function refusalOf(faults: readonly Fault[], what: Faulty): PacketboatError {
  try {
    refuseFaults(faults, "DOCUMENT_INVALID", what);
  } catch (error) {
    if (isRefusal(error)) return error;
    throw error;
  }
  throw new Error("a refusal without a fault");
}

function refused(place: string, sentence: string, cause?: unknown): PacketboatError {
  return new PacketboatError("DOCUMENT_INVALID", sentence, {
    facts: { faults: [`${place}: ${sentence}`] },
    cause,
  });
}
