/** The states of a transfer as people are shown them, each with what it means on either side. */
import type { Side, TransferState } from "../transfer/effects.ts";

export interface StatusWords {
  readonly label: string;
  /** One sentence. */
  readonly meaning: string;
}

/** The entity decides nothing: it reads how a transfer stands between two districts. */
const each = (
  label: string,
  requester: string,
  releaser: string,
  entity: string,
): Readonly<Record<Side, StatusWords>> => ({
  requester: { label, meaning: requester },
  releaser: { label, meaning: releaser },
  entity: { label, meaning: entity },
});

const same = (label: string, meaning: string): Readonly<Record<Side, StatusWords>> =>
  each(label, meaning, meaning, meaning);

const WORDS: Readonly<Record<TransferState, Readonly<Record<Side, StatusWords>>>> = {
  Requested: same("Requested", "The request is on its way, or waits for an answer."),
  Forwarded: same("Forwarded", "The entity found the previous school and passed the request on."),
  RequestReceived: each(
    "Request received",
    "The other district has the request; somebody there has to decide.",
    "Somebody here has to release, hold or reject.",
    "Somebody at the releasing district has to decide.",
  ),
  OnHold: each(
    "On hold",
    "The other district wants more time.",
    "We told the other district that we want more time.",
    "The releasing district wants more time.",
  ),
  ReleasePending: same(
    "Release pending",
    "The release waits for the next exchange, and can still be withdrawn.",
  ),
  Released: each(
    "Released",
    "The records come another way, on paper for instance.",
    "The records have left; nothing says yet that they arrived.",
    "The releasing district has sent the records.",
  ),
  Delivered: each(
    "Delivered",
    "The records are here: read them, and import them.",
    "The records arrived: the other district’s receipt says so.",
    "The records arrived at the requesting district.",
  ),
  Imported: each(
    "Imported",
    "The records are in our student information system.",
    "The other district has imported the records.",
    "The requesting district has imported the records.",
  ),
  Rejected: each(
    "Rejected",
    "The other district will not release the records for this request.",
    "We told the other district that we will not release the records.",
    "The releasing district will not release the records.",
  ),
  NoRecord: each(
    "No record",
    "The other district, or the registry of the state, has no record of this student.",
    "We told the other district that we have no record of this student.",
    "The registry, or the releasing district, has no record of this student.",
  ),
  MultipleMatch: each(
    "Multiple match",
    "More than one student fits; the request needs more to go by.",
    "We told the other district that more than one student fits.",
    "More than one student fits the request.",
  ),
  Canceled: each(
    "Canceled",
    "We no longer ask for the records.",
    "The other district no longer asks for the records.",
    "The requesting district no longer asks.",
  ),
  Recalled: each(
    "Recalled",
    "The other district sent the records by mistake: set them aside.",
    "We asked the other district to set the records aside.",
    "The releasing district asked for the records back.",
  ),
  Expired: same("Expired", "The request’s time ran out before there was an answer."),
};

/** Where we asked by a letter nobody is told by packetboat, and people carry what comes. */
const PAPER_MEANINGS: Partial<Record<TransferState, string>> = {
  Requested: "We ask by a letter, on paper: send it, and note the answer when it comes.",
  Released: "The records are here on paper, or on their way: say when they are entered.",
  Imported: "The records came on paper, and are in our student information system.",
  Rejected: "The other district answered on paper that it will not release the records.",
  NoRecord: "The other district answered on paper that it has no record of this student.",
  Canceled: "We no longer ask for the records; nobody has told the other district by packetboat.",
  Expired: "The time of our letter ran out before an answer was noted.",
};

/**
 * What people call a state, and what it means on this side.
 *
 * @param isOnPaper we asked by a letter
 */
export function statusWords(state: TransferState, side: Side, isOnPaper = false): StatusWords {
  const words = WORDS[state][side];
  return isOnPaper ? { ...words, meaning: PAPER_MEANINGS[state] ?? words.meaning } : words;
}
