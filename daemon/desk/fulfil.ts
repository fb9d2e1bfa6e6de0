/**
 * One decision of a document: known from before, refused, carried out, or still waiting for the
 * documents that go with it. What was carried out is written down in the transaction of its effects,
 * so asking again after a crash gives the same result and does nothing twice.
 */
import { isRefusal, PacketboatError } from "../errors.ts";
import { type Sha256, showReference } from "../ids.ts";
import { addDecision, decisionOutcome, earlierDecision } from "../ledger/documents.ts";
import { durable } from "../ledger/together.ts";
import type { DecisionResult } from "./answers.ts";
import { refusedResult } from "./answers.ts";
import {
  arrives,
  type Attaching,
  digestsOf,
  removeOriginals,
  removeSame,
  stage,
  typesOf,
  unstage,
} from "./attached.ts";
import { type Decide, type Decided, type Decision, isHalfway, withDocuments } from "./decision.ts";
import type { Reading } from "./documents.ts";
import type { Intake, TakenFile } from "./intake.ts";
import type { ExpectedDocument } from "./outbox.ts";
import { alreadyAsked, isNewAgain } from "./repeated.ts";

/** How long a release waits for its documents, and a document for its release. */
export const PATIENCE_HOURS = 24;

export interface Fulfilling extends Intake {
  readonly staging: string;
  /** Of one document that goes with a release. */
  readonly attachmentBytes: number;
  readonly decide: Decide;
}

/** The document in which the decision stands, and what lies beside it. */
export interface Occasion {
  readonly file: TakenFile;
  /** Names of the finished files in the outbox. */
  readonly finished: ReadonlySet<string>;
  readonly at: Date;
}

type Legible = Extract<Reading["says"], { decision: Decision }>;

/** Until when its documents may come. */
export const patienceEnds = (since: Date): Date =>
  new Date(since.getTime() + PATIENCE_HOURS * 3_600_000);

/**
 * @returns `null` while its documents are not all there
 * @throws PacketboatError whose disposition is not `refuse`: to be tried again
 */
export async function fulfil(
  fulfilling: Fulfilling,
  occasion: Occasion,
  reading: Reading,
): Promise<DecisionResult | null> {
  const { sourceReference, says } = reading;
  if ("refusal" in says) return refusedResult(sourceReference, says.refusal);
  const attaching = attachingOf(fulfilling, occasion);
  // To copy documents takes long, and others write meanwhile.
  if (says.documents.length > 0) await durable(fulfilling.ledger);
  const ours = await resultInThis(fulfilling, occasion, reading);
  if (ours) {
    await letGo(attaching, says.documents, ours);
    return ours;
  }
  let half: DecisionResult | null = null;
  try {
    const before = await resultBefore(fulfilling, occasion, reading, says);
    if (before === "waiting") return null;
    // What one person released is not known before a second has.
    if (before && !isHalf(before)) return before;
    half = before;
    return await carryOut(fulfilling, occasion, reading, says);
  } catch (error) {
    if (isRefusal(error, "FILE_NOT_FOUND")) return null;
    if (!isRefusal(error) || error.disposition !== "refuse") throw error;
    await unstage(attaching, says.documents);
    if (half && isRefusal(error, "SECOND_PERSON_NEEDED")) return half;
    return refusedResult(sourceReference, error);
  }
}

/** What was said of it in an attempt that was cut off. */
async function resultInThis(
  { ledger }: Fulfilling,
  { file }: Occasion,
  { number }: Reading,
): Promise<DecisionResult | null> {
  const documentId = file.row.document_id;
  const outcome = await decisionOutcome(ledger, { documentId, number });
  return outcome === null ? null : (JSON.parse(outcome) as DecisionResult);
}

/**
 * What was said of the same decision in another document. Its documents came again with it, and leave the
 * outbox if they are the same.
 *
 * @throws PacketboatError DOCUMENT_CHANGED
 */
async function resultBefore(
  fulfilling: Fulfilling,
  occasion: Occasion,
  { digest, sourceReference }: Reading,
  { decision, documents }: Legible,
): Promise<DecisionResult | "waiting" | null> {
  const { ledger, dropFolder } = fulfilling;
  const named = { dropFolder: dropFolder.name, sourceReference };
  const earlier = await earlierDecision(ledger, { ...named, digest });
  if (!earlier) {
    return decision.kind === "request" ? alreadyAsked(ledger, named, decision.request) : null;
  }
  const said = JSON.parse(earlier.outcome) as DecisionResult;
  const known: DecisionResult = { ...said, sourceReference, outcome: "known" };
  if (isHalf(known)) return known;
  if (await isNewAgain(ledger, decision, sourceReference)) return null;
  const attaching = attachingOf(fulfilling, occasion);
  const later = documents.filter(({ fileName }) => !occasion.finished.has(fileName));
  if ((await arrives(attaching, later)) && !isPatienceOver(occasion)) return "waiting";
  if (earlier.documents) await removeSame(attaching, documents, earlier.documents);
  return known;
}

async function carryOut(
  fulfilling: Fulfilling,
  occasion: Occasion,
  reading: Reading,
  { decision, documents }: Legible,
): Promise<DecisionResult | null> {
  typesOf(documents);
  const absent = documents.filter(({ fileName }) => !occasion.finished.has(fileName));
  if (absent.length > 0 && !isPatienceOver(occasion)) return null;
  refuseAbsent(absent, documents);

  const attaching = attachingOf(fulfilling, occasion);
  const staged = await stage(attaching, documents);
  fulfilling.passed?.("staged");
  const digests = await digestsOf(staged);
  const complete = withDocuments(decision, staged);
  const result = await decided(fulfilling, occasion, reading, complete, digests);
  if (documents.length > 0) await durable(fulfilling.ledger);
  fulfilling.passed?.("decided");
  await letGo(attaching, documents, result);
  fulfilling.passed?.("cleared");
  return result;
}

/** Only the first of two persons has decided it. */
const isHalf = ({ code }: DecisionResult): boolean => code === "SECOND_PERSON_NEEDED";

/** The documents are ours; those of a first person's release stay for the second's. */
const letGo = (
  attaching: Attaching,
  documents: readonly ExpectedDocument[],
  result: DecisionResult,
): Promise<void> =>
  isHalf(result) ? unstage(attaching, documents) : removeOriginals(attaching, documents);

async function decided(
  { decide, dropFolder }: Fulfilling,
  { file, at }: Occasion,
  { number, digest, sourceReference, decidedBy }: Reading,
  decision: Decision,
  documents: readonly Sha256[],
): Promise<DecisionResult> {
  let result: DecisionResult | null = null;
  await decide({
    decision,
    decidedBy,
    ownerUid: file.ownerUid,
    dropFolder: dropFolder.name,
    at,
    within: async (db, done) => {
      result = resultOf(sourceReference, decision, done);
      const outcome = JSON.stringify(result);
      const said = { number, digest, sourceReference, documents };
      await addDecision(db, file.row, { ...said, outcome, at });
    },
  });
  if (!result) throw new Error("a decision was carried out without writing down that it was");
  return result;
}

const resultOf = (
  sourceReference: string | null,
  decision: Decision,
  done: Decided,
): DecisionResult => ({
  sourceReference,
  outcome: "taken",
  reference: showReference(done.reference),
  status: done.state,
  ...(isHalfway(decision, done) ? HALF : {}),
});

const HALF = {
  code: "SECOND_PERSON_NEEDED",
  message:
    "nothing was sent, and the documents lie where they were: another person must release as well",
} as const;

const attachingOf = (
  { dropFolder, staging, attachmentBytes }: Fulfilling,
  { file }: Occasion,
): Attaching => ({
  outbox: dropFolder.outbox,
  staging,
  documentId: file.row.document_id,
  mostBytes: attachmentBytes,
});

const isPatienceOver = ({ file, at }: Occasion): boolean =>
  patienceEnds(new Date(file.row.taken_at)) <= at;

function refuseAbsent(
  absent: readonly ExpectedDocument[],
  documents: readonly ExpectedDocument[],
): void {
  const faults = absent.map((document) => {
    const place = `Release/Document[${documents.indexOf(document) + 1}]`;
    return `${place}: did not come into the outbox within ${PATIENCE_HOURS} hours`;
  });
  if (faults.length === 0) return;
  throw new PacketboatError("DOCUMENT_INVALID", faults.join("; "), { facts: { faults } });
}
