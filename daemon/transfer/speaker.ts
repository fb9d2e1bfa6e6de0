/** Who may speak about a transfer: the agencies named in its request, and nobody who merely knows its id. */
import { PacketboatError } from "../errors.ts";
import type { Agency } from "../packet/model.gen.ts";
import type { Transfer } from "./effects.ts";
import { transferOf, type ReceivedFacts } from "./facts.ts";

/**
 * The transfer that a message is about.
 *
 * @throws PacketboatError TRANSFER_NOT_THEIRS if the sender is not the other side of that transfer
 * @throws PacketboatError TRANSFER_UNKNOWN (PROTOCOL 2)
 */
export function transferSpokenOf(
  { RequesterId: requesterId }: { RequesterId: string },
  facts: ReceivedFacts,
): Transfer {
  if (requesterId !== facts.us.AgencyId && requesterId !== facts.from) {
    throw notTheirs(facts, "a transfer between two others");
  }
  const transfer = transferOf(facts);
  if (transfer.partnerId !== facts.from) throw notTheirs(facts, "a transfer with another agency");
  return transfer;
}

/** As above, for what only a releaser may say, and only to the requester. */
export function ourRequestSpokenOf(
  message: { RequesterId: string },
  facts: ReceivedFacts,
): Transfer {
  if (message.RequesterId !== facts.us.AgencyId) {
    throw notTheirs(facts, "records for a requester who is not us");
  }
  return transferSpokenOf(message, facts);
}

/** The agency that a message shows to people must be the one that sealed it. */
export function checkShown(shown: Agency, what: string, { from }: ReceivedFacts): void {
  if (shown.AgencyId === from) return;
  const sentence = `${what} is ${shown.AgencyId}, but the packet was sealed by ${from}`;
  throw new PacketboatError("TRANSFER_NOT_THEIRS", sentence, { facts: { from } });
}

export const notTheirs = ({ from }: ReceivedFacts, what: string): PacketboatError =>
  new PacketboatError("TRANSFER_NOT_THEIRS", `agency ${from} spoke about ${what}`, {
    facts: { from },
  });
