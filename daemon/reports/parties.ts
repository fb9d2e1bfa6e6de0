/** Which two districts a transfer is between, as lists show it. */
import type { NamedAgency, TransferOverview } from "../ledger/overviews.ts";

export interface Parties {
  readonly requesting: NamedAgency;
  /** `null` as long as no district is named: the entity looks for it, or found none. */
  readonly releasing: NamedAgency | null;
}

/** @param us ourselves */
export function partiesOf(
  {
    side,
    requester,
    partner,
    entity,
  }: Pick<TransferOverview, "side" | "requester" | "partner" | "entity">,
  us: NamedAgency,
): Parties {
  if (side === "releaser") return { requesting: partner, releasing: us };
  const requesting = side === "requester" ? us : requester;
  const isNamed = partner.id !== entity?.id && partner.id !== requesting.id;
  return { requesting, releasing: isNamed ? partner : null };
}
