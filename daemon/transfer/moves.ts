/** The words in which the tables of states and events are written. */
import type { TransferState } from "../packet/model.gen.ts";

/** What an event does to a transfer in a state; an absent pair is refused. */
export type Moves = Partial<Record<TransferState | "none", TransferState | "ignored">>;

/** Lead all these states to one. */
export const to = (state: TransferState, from: readonly (TransferState | "none")[]): Moves =>
  Object.fromEntries(from.map((each) => [each, state]));

/** The states do not change, but the event has effects. */
export const stays = (states: readonly TransferState[]): Moves =>
  Object.fromEntries(states.map((state) => [state, state]));

/** The event is late, or says again what is known: nothing happens. */
export const ignored = (states: readonly TransferState[]): Moves =>
  Object.fromEntries(states.map((state) => [state, "ignored"]));
