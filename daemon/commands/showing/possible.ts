/** What a person may decide about a transfer as it stands, as lines to type. */
import { isRefusal } from "../../errors.ts";
import { showReference } from "../../ids.ts";
import { PAPER_ANSWERS } from "../../transfer/decide.ts";
import type { Side, Transfer } from "../../transfer/effects.ts";
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
  const choices = CHOICES[transfer.side](transfer);
  return choices
    .filter(([, isPossible]) => isPossible)
    .map(([words]) => `packetboat ${words.replace("REF", reference)}`);
}

type Choice = readonly [words: string, isPossible: boolean];

/** At an entity nobody decides about a transfer. */
const CHOICES: Readonly<Record<Side, (transfer: Transfer) => Choice[]>> = {
  requester: atRequester,
  releaser: atReleaser,
  entity: () => [],
};

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
    ...PAPER_ANSWERS.map((status): Choice => [
      `answered REF --status ${status}`,
      transfer.isOnPaper && may(status),
    ]),
    ["imported REF", may("Import")],
    ["cancel REF", may("Cancel")],
  ];
}
