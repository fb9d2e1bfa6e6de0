/** The releases of one transfer, and where each stands. */
import type { MessageId } from "../ids.ts";
import { resolve } from "./alerting.ts";
import type { ReleaseStanding, ResolveAlert, Transfer, TransferEvent, Unsend } from "./effects.ts";
import { refusal } from "./states.ts";

/**
 * One Recall names no more (its schema), so a transfer with more could not be taken back whole. Both sides count the
 * same, so no honest message meets the bound at the other side only. Without one, somebody could have us remember
 * ids that never were, and every message of the transfer would cost more than the one before.
 */
export const MOST_RELEASES = 100;

type Standing = ReleaseStanding["standing"];
type Releases = Pick<Transfer, "releases">;

export const idsAt = ({ releases }: Releases, ...standings: Standing[]): MessageId[] =>
  releases.filter(({ standing }) => standings.includes(standing)).map(({ messageId }) => messageId);

/** Releases that have left (or come) and hold. */
export const holding = (transfer: Releases): MessageId[] => idsAt(transfer, "sent", "received");

export const isRecalled = (transfer: Releases, id: string): boolean =>
  idsAt(transfer, "recalled").some((recalled) => recalled === id);

/** The list with these ids standing so; those it did not know come last. */
export const marked = (
  { releases }: Releases,
  ids: readonly MessageId[],
  standing: Standing,
): ReleaseStanding[] => {
  const named = new Set(ids);
  const known = new Set(releases.map(({ messageId }) => messageId));
  const added = [...named].filter((id) => !known.has(id));
  return [
    ...releases.map((each) => (named.has(each.messageId) ? { ...each, standing } : each)),
    ...added.map((messageId) => ({ messageId, standing })),
  ];
};

/**
 * For what adds to the list. A list that is longer already may still be marked.
 *
 * @throws PacketboatError TRANSFER_STATE if it would become longer than `MOST_RELEASES`
 */
export function assertRoom(
  transfer: Transfer,
  after: readonly ReleaseStanding[],
  event: TransferEvent,
): void {
  if (after.length <= Math.max(MOST_RELEASES, transfer.releases.length)) return;
  const sentence = `a transfer has at most ${MOST_RELEASES} releases, with those that were recalled`;
  throw refusal(transfer, event, sentence);
}

export const without = (
  { releases }: Releases,
  ids: readonly MessageId[],
): readonly ReleaseStanding[] => releases.filter(({ messageId }) => !ids.includes(messageId));

/** Take back every release that has not left, and what was said about it here. */
export function takeBack(transfer: Transfer): (Unsend | ResolveAlert)[] {
  const waiting = idsAt(transfer, "waiting");
  if (waiting.length === 0) return [];
  return [
    ...waiting.map((messageId): Unsend => ({ effect: "Unsend", messageId })),
    resolve("STUDENT_DIFFERS", transfer),
    resolve("STILL_ENROLLED_AT_BOTH", transfer),
  ];
}
