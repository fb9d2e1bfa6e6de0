/** The releases of one transfer, and where each stands. */
import type { MessageId } from "../ids.ts";
import { resolve } from "./alerting.ts";
import type { ReleaseStanding, ResolveAlert, Transfer, Unsend } from "./effects.ts";

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
  const known = releases.map((release) => release.messageId);
  const added = [...new Set(ids)].filter((id) => !known.includes(id));
  return [
    ...releases.map((each) => (ids.includes(each.messageId) ? { ...each, standing } : each)),
    ...added.map((messageId) => ({ messageId, standing })),
  ];
};

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
