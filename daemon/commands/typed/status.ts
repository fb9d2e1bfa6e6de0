/** The state of a transfer, as people type it: `OnHold`, `on hold`. */
import { InvalidArgumentError } from "commander";
import { definitionAt, nearestName } from "../../schema.ts";
import type { TransferState } from "../../transfer/effects.ts";

/** Every state that a transfer can be in, as the format names them. */
export const transferStates = (): readonly TransferState[] =>
  (definitionAt("transfer.schema.json", "#/$defs/TransferState").schema.enum ??
    []) as TransferState[];

/** For commander; @throws InvalidArgumentError */
export function statusIn(text: string): TransferState {
  const plain = text.replaceAll(/[\s_-]/g, "").toLowerCase();
  const states = transferStates();
  const state = states.find((each) => each.toLowerCase() === plain);
  if (state !== undefined) return state;
  throw new InvalidArgumentError(
    `It must be one of ${states.join(", ")}${nearestName(text, states)}.`,
  );
}
