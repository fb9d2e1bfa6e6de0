/**
 * Which reason goes with which decision, and where the law forbids one. These bind what our own people
 * decide; what a partner says is taken as it comes.
 */
import { PacketboatError } from "../errors.ts";
import type { ReasonCode, ResponseStatus } from "../packet/model.gen.ts";
import type { TransferPolicy } from "./facts.ts";

/** A decision that gives a reason. */
export type Reasoned = "Hold" | "Rejected" | "Recall";

export const FITTING_REASONS: Readonly<Record<Reasoned, readonly ReasonCode[]>> = {
  Hold: [
    "AwaitingFinalMarks",
    "AwaitingDocuments",
    "IdentityNotConfirmed",
    "ParentHearingPending",
    "LegalHold",
    "LocalReview",
    "FeesOwed",
    "StaffUnavailable",
    "StudentStillEnrolled",
    "NotAuthorized",
    "EnrollmentNotConfirmed",
    "Other",
  ],
  Rejected: [
    "IdentityNotConfirmed",
    "LegalHold",
    "FeesOwed",
    "NotOurStudent",
    "StudentStillEnrolled",
    "DuplicateRequest",
    "NotAuthorized",
    "EnrollmentNotConfirmed",
    "Other",
  ],
  Recall: [
    "IdentityNotConfirmed",
    "LegalHold",
    "NotAuthorized",
    "EnrollmentNotConfirmed",
    "SentByMistake",
    "WrongStudent",
    "WrongDocument",
    "Other",
  ],
};

/** Who forbids to hold or refuse records for a reason, by the state of the district that has them. */
const FORBIDDEN: Readonly<Record<string, Partial<Record<ReasonCode, string>>>> = {
  CA: { FeesOwed: "California (5 CCR 438(c))" },
  LA: { FeesOwed: "Louisiana (R.S. 17:112(C))" },
};

/** What many states forbid, beside those of which packetboat is sure. */
export const DOUBTFUL_REASONS: Partial<Record<ReasonCode, string>> = {
  FeesOwed:
    "Many states forbid to hold or refuse records because fees are owed: ask your counsel before you rely on it.",
};

/**
 * The reasons that are not lawful here, and who says so.
 *
 * @param state of the district, as its postal abbreviation
 * @param notAllowed reasons that the config forbids
 */
export const unlawfulReasons = (
  state: string,
  notAllowed: readonly ReasonCode[],
): ReadonlyMap<ReasonCode, string> =>
  new Map([
    ...notAllowed.map((reason) => [reason, "the config (releases.reasonsNotAllowed)"] as const),
    ...(Object.entries(FORBIDDEN[state] ?? {}) as [ReasonCode, string][]),
  ]);

/**
 * @param decision also an answer that needs no reason: then any will do
 * @throws PacketboatError REASON_NOT_FITTING, REASON_NOT_LAWFUL
 */
export function checkReason(
  decision: ResponseStatus | "Recall",
  reason: ReasonCode | undefined,
  { unlawfulReasons: unlawful }: Pick<TransferPolicy, "unlawfulReasons">,
): void {
  if (reason === undefined) return;
  const facts = { reason };
  if (isReasoned(decision) && !FITTING_REASONS[decision].includes(reason)) {
    const fitting = FITTING_REASONS[decision].filter((each) => !unlawful.has(each));
    const sentence = `${reason} is no reason ${WORDS[decision]}; these are: ${fitting.join(", ")}`;
    throw new PacketboatError("REASON_NOT_FITTING", sentence, { facts });
  }
  const forbids = decision === "Recall" ? undefined : unlawful.get(reason);
  if (forbids === undefined) return;
  const sentence = `${reason} is no lawful reason to keep records back: ${forbids} forbids it`;
  throw new PacketboatError("REASON_NOT_LAWFUL", sentence, { facts });
}

const isReasoned = (decision: string): decision is Reasoned =>
  Object.hasOwn(FITTING_REASONS, decision);

const WORDS: Readonly<Record<Reasoned, string>> = {
  Hold: "to hold a request",
  Rejected: "to reject a request",
  Recall: "to recall records",
};
