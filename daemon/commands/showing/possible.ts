/** What a person may decide about a transfer as it stands, as lines to type. */
import { isRefusal } from "../../errors.ts";
import { showReference } from "../../ids.ts";
import type { Transfer } from "../../transfer/effects.ts";
import { holding, idsAt } from "../../transfer/releases.ts";
import { stepReleaser, stepRequester } from "../../transfer/states.ts";

/** The rules are asked; what they would ignore is not offered. */
const mayBe = (step: () => string): boolean => {
  try {
    return step() !== "ignored";
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
};

export function possibleNow(transfer: Transfer): string[] {
  const reference = showReference(transfer.reference);
  // An entity decides nothing.
  if (transfer.side === "entity") return [];
  const choices = transfer.side === "releaser" ? atReleaser(transfer) : atRequester(transfer);
  return choices
    .filter(([, isPossible]) => isPossible)
    .map(([words]) => `packetboat ${words.replace("REF", reference)}`);
}

type Choice = readonly [words: string, isPossible: boolean];

function atReleaser(transfer: Transfer): Choice[] {
  const may = (event: Parameters<typeof stepReleaser>[1]): boolean =>
    mayBe(() => stepReleaser(transfer, event));
  return [
    ["release REF --records FILE --attach FILE", may("Release")],
    ["hold REF --reason CODE", may("Hold")],
    ["reject REF --reason CODE", may("Reject")],
    ["withdraw REF", idsAt(transfer, "waiting").length > 0 && may("Withdraw")],
    ["release REF --supplement --attach FILE", may("Supplement")],
    ["recall REF --reason CODE", holding(transfer).length > 0 && may("Recall")],
  ];
}

function atRequester(transfer: Transfer): Choice[] {
  const may = (event: Parameters<typeof stepRequester>[1]): boolean =>
    mayBe(() => stepRequester(transfer, event));
  return [
    ["imported REF", may("Import")],
    ["cancel REF", may("Cancel")],
  ];
}
