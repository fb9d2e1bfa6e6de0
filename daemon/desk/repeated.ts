/** A request that asks for what is asked for already: another district would have two cases to decide. */
import { isDeepStrictEqual } from "node:util";
import { isRefusal, PacketboatError } from "../errors.ts";
import { type AgencyId, parseAgencyId, showReference } from "../ids.ts";
import { joinedEntity } from "../ledger/agencies.ts";
import type { Ledger } from "../ledger/connect.ts";
import { outcomesNamed } from "../ledger/documents.ts";
import { listTransfers, type StoredTransfer, transferNamed } from "../ledger/transfers.ts";
import { type AnswerDecision, type RequestDecision, stateAnswered } from "../transfer/decide.ts";
import type { Transfer } from "../transfer/effects.ts";
import { holding, idsAt } from "../transfer/releases.ts";
import { releaserMeant } from "./addressed.ts";
import type { DecisionResult } from "./answers.ts";
import { storedAbout } from "./decide.ts";
import type { Decision, WantedRequest } from "./decision.ts";
import { requestOf } from "./enact.ts";

/** Nobody has answered yet, or the records are on their way. */
const UNDER_WAY = ["Requested", "Forwarded", "RequestReceived", "OnHold", "Released"] as const;

/**
 * @throws PacketboatError DOCUMENT_KNOWN if a request under way asks the same district for the same
 *   student's records for the same enrollment
 */
export async function refuseRepeated(ledger: Ledger, asked: RequestDecision): Promise<void> {
  for (const state of UNDER_WAY) {
    for (const row of await listTransfers(ledger, { state, side: "requester" })) {
      if ((row.entity_id ?? row.partner_id) !== asked.to) continue;
      const before = await requestOf(ledger, { requestContentId: row.request_content_id });
      if (!isDeepStrictEqual(before.Student, asked.student)) continue;
      if (!isDeepStrictEqual(before.NewEnrollment, asked.enrollment)) continue;
      const reference = showReference(row.reference);
      const sentence = `transfer ${reference} already asks agency ${asked.to} for the same`;
      throw new PacketboatError("DOCUMENT_KNOWN", sentence, { facts: { reference } });
    }
  }
}

/**
 * A request whose SourceReference stands for a transfer already, and that says something else than it did
 * first. A student information system lists its students anew each night: a list with a row that was
 * corrected must not ask for the records a second time, perhaps another district.
 *
 * @param named SourceReferences mean something within one drop folder
 * @returns the transfer, if it was asked for in these words since, as a correction; `null` if there is none
 * @throws PacketboatError DOCUMENT_CHANGED
 */
export async function alreadyAsked(
  ledger: Ledger,
  { dropFolder, sourceReference }: { dropFolder: string; sourceReference: string | null },
  asked: WantedRequest,
): Promise<DecisionResult | null> {
  if (sourceReference === null) return null;
  for (const outcome of await outcomesNamed(ledger, { dropFolder, sourceReference })) {
    const { reference } = JSON.parse(outcome) as DecisionResult;
    if (reference === undefined) continue;
    const stored = await transferKept(ledger, reference);
    if (stored && stored.transfer.side !== "requester") continue;
    if (stored && (await asksThis(ledger, stored, asked))) {
      return { sourceReference, outcome: "known", reference, status: stored.transfer.state };
    }
    const sentence = `this SourceReference stands for transfer ${reference}, which was asked for in other words`;
    throw new PacketboatError("DOCUMENT_CHANGED", sentence, { facts: { reference } });
  }
  return null;
}

/**
 * Does that still stand which was decided in these words before? Otherwise it was undone, or the other
 * side asked again, or what it was about came anew.
 */
function standsStill(
  decision: Exclude<Decision, { kind: "request" }>,
  transfer: Transfer,
): boolean {
  const { state } = transfer;
  switch (decision.kind) {
    case "release":
      return ["ReleasePending", "Released", "Delivered", "Imported"].includes(state);
    case "answer":
      return answerStands(decision.answer, transfer);
    case "withdraw":
      return isNothingToStop(transfer) && holding(transfer).length === 0;
    case "recall":
      return holding(transfer).length === 0;
    case "cancel":
      return state === "Canceled";
    case "imported":
      return state === "Imported";
    case "answered":
      return state === "Imported" || state === stateAnswered(decision.answer);
    case "resubmit":
    case "supplement":
      return true;
  }
}

const isNothingToStop = (transfer: Transfer): boolean =>
  idsAt(transfer, "waiting").length === 0 && transfer.firstPerson === null;

/** A hold until another day, or that of a first person, is not the one that comes again. */
function answerStands({ status, until }: AnswerDecision, transfer: Transfer): boolean {
  const { state, holdUntil, firstPerson } = transfer;
  if (status === "Rejected") return state === "Rejected";
  if (status !== "Hold") return true;
  return state === "OnHold" && holdUntil === (until ?? null) && firstPerson === null;
}

/** What is undone and comes again by a program is doubtful; of the others nothing is lost. */
const DOUBTFUL_AGAIN: readonly Decision["kind"][] = ["withdraw", "recall", "cancel"];

/**
 * Something that was decided before comes again in the same words, and stands no more. A program drops it
 * each night, by its SourceReference: then nothing is new. Without one it is a person's, who means it now;
 * but records that were taken back do not leave because of a file that lay somewhere, and a program that
 * stops something is told that it stopped nothing.
 *
 * @throws PacketboatError DOCUMENT_CHANGED for a release that was undone; for a withdrawal, recall or
 *   cancellation with a SourceReference that has stopped something else before
 */
export async function isNewAgain(
  ledger: Ledger,
  decision: Decision,
  sourceReference: string | null,
): Promise<boolean> {
  if (decision.kind === "request") return false;
  const { transfer } = await storedAbout(ledger, decision.about);
  if (standsStill(decision, transfer)) return false;
  const { kind } = decision;
  const isRefused = DOUBTFUL_AGAIN.includes(kind) && sourceReference !== null;
  if (kind !== "release" && !isRefused) return sourceReference === null;
  const reference = showReference(transfer.reference);
  const sentence = `this ${kind} of transfer ${reference} was taken before and has been undone since (the transfer is ${transfer.state})`;
  throw new PacketboatError("DOCUMENT_CHANGED", sentence);
}

/** `null` if it is so old that it is not kept any more. */
async function transferKept(ledger: Ledger, reference: string): Promise<StoredTransfer | null> {
  try {
    return await transferNamed(ledger, reference);
  } catch (error) {
    if (isRefusal(error, "TRANSFER_UNKNOWN")) return null;
    throw error;
  }
}

/**
 * Whom these words mean now; `null` if that is nobody. A district that is described in other words is still the
 * same district.
 */
async function wantedOf(
  ledger: Ledger,
  { to }: WantedRequest,
  us: AgencyId,
): Promise<AgencyId | null> {
  if (to === null) return (await joinedEntity(ledger))?.agency_id ?? null;
  try {
    return await releaserMeant(ledger, to, us);
  } catch (error) {
    const isUnclear =
      isRefusal(error, "DISTRICT_NOT_FOUND") || isRefusal(error, "DISTRICT_AMBIGUOUS");
    if (!isUnclear) throw error;
    return null;
  }
}

/** Comments belong to one version: a correction has its own. */
async function asksThis(
  ledger: Ledger,
  stored: StoredTransfer,
  wanted: WantedRequest,
): Promise<boolean> {
  const { revision } = stored.transfer;
  const now = await requestOf(ledger, stored);
  // Whether a request may still go there does not matter: it is compared with what was wanted.
  const to = await wantedOf(ledger, wanted, parseAgencyId(now.RequesterId));
  const pairs = [
    [now.To, to],
    [now.Student, wanted.student],
    [now.NewEnrollment, wanted.enrollment],
    [now.PreviousSchool, wanted.previousSchool],
    [now.Purpose, wanted.purpose],
    [now.LegitimateInterest, wanted.legitimateInterest],
    [now.ExpediteReason, wanted.expediteReason],
    [now.RequestedByParent === "true", wanted.requestedByParent === true],
    [now.RequestedSection, wanted.sections],
    ...(revision > 0 ? [] : [[now.Comments, wanted.comments]]),
  ];
  return pairs.every(([one, other]) => isDeepStrictEqual(one, other));
}
