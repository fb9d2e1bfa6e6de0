/** The entity says that a newer version of the request was matched with another district. */
import { PacketboatError } from "../errors.ts";
import type { TransferStatus } from "../packet/model.gen.ts";
import { settle } from "./alerting.ts";
import type { Effect } from "./effects.ts";
import { transferOf, type ReceivedFacts } from "./facts.ts";
import { closed } from "./hear-request.ts";
import { idsAt, takeBack, without } from "./releases.ts";
import { notTheirs } from "./speaker.ts";
import { stepReleaser } from "./states.ts";
import { isOfOlderVersion } from "./tell-entity.ts";
import { settleFirst } from "./two-persons.ts";

/**
 * Nobody asks here any more; the requester has said so to the entity, and is not answered.
 *
 * @returns nothing if that is over: a newer version has come here since
 * @throws PacketboatError TRANSFER_NOT_THEIRS, TRANSFER_UNKNOWN, RULE_BROKEN
 */
export function hearStatus(status: TransferStatus, facts: ReceivedFacts): Effect[] {
  const transfer = transferOf(facts);
  if (transfer.side !== "releaser" || transfer.entityId !== facts.from) {
    throw notTheirs(facts, "a transfer in which it is not the entity");
  }
  if (status.TransferState !== "Canceled") {
    const sentence = `an entity says that a request is Canceled, never ${status.TransferState}`;
    throw new PacketboatError("RULE_BROKEN", sentence);
  }
  if (isOfOlderVersion(status, transfer)) return [];
  const state = stepReleaser(transfer, "Replaced");
  if (state === "ignored") return [];
  const releases = without(transfer, idsAt(transfer, "waiting"));
  const changes = { releases, holdUntil: null, firstPerson: null };
  return [
    ...takeBack(transfer),
    ...settle(transfer),
    ...settleFirst(transfer),
    { effect: "SetState", event: "Replaced", state, changes },
    ...closed({ ...transfer, state }, transfer, { replaced: true }),
  ];
}
