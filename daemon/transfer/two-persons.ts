/**
 * Students whose records leave only when two persons have released them: missing children, protected
 * families. The first person's release sends nothing but a hold, and the other district never learns
 * why (several states forbid to forward the records of a child that is flagged as missing).
 */
import { PacketboatError } from "../errors.ts";
import { showReference } from "../ids.ts";
import type { Student } from "../packet/model.gen.ts";
import { raise, resolve, settle } from "./alerting.ts";
import { wireTime } from "./dates.ts";
import type { Effect, ResolveAlert, Transfer } from "./effects.ts";
import type { DecisionFacts, Facts } from "./facts.ts";
import { stepReleaser } from "./states.ts";

/**
 * Is any of these, as the request or the record has the student, in the list?
 *
 * @throws PacketboatError FLAGS_UNREADABLE: whoever cannot tell releases nothing
 */
export function isFlagged(
  { isFlagged: flagged }: Pick<Facts, "isFlagged">,
  students: readonly Student[],
): boolean {
  const found = students.map(flagged);
  if (found.includes(true)) return true;
  if (!found.includes(null)) return false;
  const sentence = "the list of students whose records need two persons cannot be read";
  throw new PacketboatError("FLAGS_UNREADABLE", sentence);
}

/**
 * @param students as the request and what is released have the student
 * @returns what follows instead of the release, if somebody else must release as well; else `null`
 * @throws PacketboatError SECOND_PERSON_NEEDED if this person has released before; FLAGS_UNREADABLE
 */
export function awaitSecondPerson(
  transfer: Transfer,
  students: readonly Student[],
  facts: DecisionFacts,
): Effect[] | null {
  if (!isFlagged(facts, students)) return null;
  const { user } = facts;
  const { firstPerson } = transfer;
  if (firstPerson !== null && !isSame(firstPerson, user.Username)) return null;
  if (firstPerson !== null) {
    const sentence = `transfer ${showReference(transfer.reference)}: ${user.Username} has released it, and another person must as well`;
    throw new PacketboatError("SECOND_PERSON_NEEDED", sentence);
  }
  const state = stepReleaser(transfer, "FirstRelease");
  if (state === "ignored") return [];
  return [
    ...settle(transfer),
    {
      effect: "SetState",
      event: "FirstRelease",
      state,
      changes: { firstPerson: user.Username, holdUntil: null },
    },
    ...(state === "OnHold" ? [localReview(transfer, facts)] : []),
    raise("SECOND_PERSON_NEEDED", transfer, { firstPerson: user.Username }),
  ];
}

/** One person, however the name is written. */
const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/**
 * Who released before whoever releases now; `null` if that is nobody, or the same person: a student may
 * have been taken out of the list in between, and put back before the records leave.
 */
export const otherPerson = (
  { firstPerson }: Pick<Transfer, "firstPerson">,
  { user }: Pick<DecisionFacts, "user">,
): string | null =>
  firstPerson === null || isSame(firstPerson, user.Username) ? null : firstPerson;

/** No more than that, and none of the person's words: they were meant for records that go. */
const localReview = (transfer: Transfer, facts: DecisionFacts): Effect => ({
  effect: "Send",
  to: transfer.partnerId,
  kind: "TransferResponse",
  message: {
    MessageId: facts.newMessageId(),
    TransferId: transfer.transferId,
    RequesterId: transfer.requesterId,
    RespondsTo: transfer.requestMessageId,
    ResponseStatus: "Hold",
    ResponseDateTime: wireTime(facts.at),
    ReasonCode: "LocalReview",
    RespondingUser: facts.user,
  },
});

/** What a first person began is over: released, decided otherwise, or taken back. */
export const settleFirst = (
  transfer: Pick<Transfer, "requesterId" | "transferId" | "firstPerson">,
) =>
  transfer.firstPerson === null
    ? []
    : ([resolve("SECOND_PERSON_NEEDED", transfer)] satisfies ResolveAlert[]);

/** The first person takes the release back, of which the other district has seen a hold at most. */
export function withdrawFirst(transfer: Transfer): Effect[] {
  const state = stepReleaser(transfer, "FirstWithdrawn");
  if (state === "ignored") return [];
  return [
    ...settleFirst(transfer),
    { effect: "SetState", event: "FirstWithdrawn", state, changes: { firstPerson: null } },
    ...(state === "OnHold" ? [raise("REQUEST_TO_RELEASE", transfer, { withdrawn: true })] : []),
  ];
}
