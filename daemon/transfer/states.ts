/**
 * The states of a transfer, and what moves it.
 *
 * One transfer is kept twice, by the agency that asks (the requester) and by the one that answers (the
 * releaser). Each side moves its own by what its people decide, what the other side says, what becomes
 * of its messages in the post, and time.
 *
 * The requester's stands at Requested until an answer comes. RequestReceived says that a person there
 * has it on the desk; OnHold, that they want more time. Rejected, NoRecord and MultipleMatch are
 * answers without records, and records may still follow. Released means that the records come another
 * way, on paper; Delivered, that they are here, and Imported, that they are in the student information
 * system. The registrar may ask again (Resubmit) until the records are here, and give up (Canceled).
 *
 * The releaser's begins at RequestReceived and is decided by a person. A release waits a while at
 * ReleasePending, where it can be withdrawn; at Released it has left, at Delivered the requester's
 * signed receipt says that it is durably there. Only a recall undoes that.
 *
 * Messages overtake each other, so most answers may meet a state they were not written for. Two things
 * keep both sides together. An answer to an older revision of the request answers nothing: it is sorted
 * out before these tables are asked. And the releaser's decisions within one revision only climb, from
 * received over hold and rejection to release and recall, so that an answer that stands lower than the
 * state it meets is late, and is ignored.
 *
 * In a state transfer the entity between them keeps a third one: whether it forwarded the request or
 * answered it, and since then how the releaser says that it stands. A request that comes again is matched
 * anew, whatever was said before.
 *
 * The tables give for each event the states it leads to or leaves alone (`ignored`: the message is taken,
 * and nothing happens). Whatever a table does not name is refused with TRANSFER_STATE.
 * `daemon/TRANSFERS.md` shows the tables to people; a test compares them.
 */
import { PacketboatError } from "../errors.ts";
import { showReference } from "../ids.ts";
import type { TransferState } from "../packet/model.gen.ts";
import type { Transfer } from "./effects.ts";
import { entityMoves, type EntityEvent } from "./entity-moves.ts";
import type { Moves } from "./moves.ts";
import { releaserMoves, type ReleaserEvent } from "./releaser-moves.ts";
import { requesterMoves, type RequesterEvent } from "./requester-moves.ts";

/**
 * Where an event leads on the requester's side.
 *
 * @param transfer `null` if there is none yet
 * @throws PacketboatError TRANSFER_STATE, or TRANSFER_UNKNOWN if there is none and the event opens none
 */
export const stepRequester = (
  transfer: Transfer | null,
  event: RequesterEvent,
): TransferState | "ignored" => step(transfer, event, requesterMoves[event]);

/** As `stepRequester`, on the releaser's side. */
export const stepReleaser = (
  transfer: Transfer | null,
  event: ReleaserEvent,
): TransferState | "ignored" => step(transfer, event, releaserMoves[event]);

/** As `stepRequester`, at the entity; what the releaser says of its state is taken as it is. */
export const stepEntity = (
  transfer: Transfer | null,
  event: Exclude<EntityEvent, "Status">,
): TransferState | "ignored" => step(transfer, event, entityMoves[event]);

function step(
  transfer: Transfer | null,
  event: RequesterEvent | ReleaserEvent | EntityEvent,
  moves: Moves,
): TransferState | "ignored" {
  const next = moves[transfer?.state ?? "none"];
  if (next !== undefined) return next;
  if (transfer === null) {
    throw new PacketboatError("TRANSFER_UNKNOWN", `${event}: there is no such transfer here`);
  }
  throw refusal(transfer, event, `${event} does not go with ${transfer.state}`);
}

/** TRANSFER_STATE, said about one transfer. */
export const refusal = (transfer: Transfer, event: string, why: string): PacketboatError =>
  new PacketboatError("TRANSFER_STATE", `transfer ${showReference(transfer.reference)}: ${why}`, {
    facts: { reference: transfer.reference, state: transfer.state, event },
  });
