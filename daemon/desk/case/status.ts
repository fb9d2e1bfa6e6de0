/**
 * `status.txt`: what became of a decision in a case folder, and what will happen when, in plain words;
 * or every fault, and what to do. It says so much of what stands in the ledger that nobody need look there.
 */
import { oneLine } from "../../alerts/say.ts";
import { longDate, longTime } from "../../alerts/when.ts";
import type { PacketboatError } from "../../errors.ts";
import { showReference } from "../../ids.ts";
import type { TransferEventRow } from "../../ledger/tables.ts";
import { SECTION_WORDS } from "../../reports/code-words.ts";
import { statusWords } from "../../reports/status-words.ts";
import { nearestName } from "../../schema.ts";
import type { Transfer } from "../../transfer/effects.ts";
import { idsAt } from "../../transfer/releases.ts";
import { faultsOf } from "./plan.ts";
import { lines } from "./decision-form.ts";
import type { Released } from "../waiting-release.ts";

export const STATUS_FILE = "status.txt";

/** A partner that asks anew without end would make each telling longer than the one before. */
export const MOST_TOLD = 50;

export interface Telling {
  readonly transfer: Transfer;
  /** The district that asks. */
  readonly partner: { readonly name: string; readonly phone: string | null };
  /** The last of it; if that is more than is told, something came before. */
  readonly history: readonly Pick<TransferEventRow, "at" | "event" | "who">[];
  /** What waits was decided in this folder, and still stands in its form. */
  readonly isWritten: boolean;
  /** What waits to leave. */
  readonly released: Released | null;
  readonly timeZone: string;
}

/** What will happen, and what has happened. */
export const statusText = (telling: Telling): string =>
  lines(...heading(telling), ...nowLines(telling), "", ...historyLines(telling));

/**
 * Where a corrected request is decided. It is the same whatever happens there, so that a folder is written in once,
 * however often a partner asks anew.
 */
export const supersededText = (telling: Pick<Telling, "transfer" | "partner">): string =>
  lines(
    ...heading(telling),
    "A corrected request has come. Nothing in this folder is read any more.",
    "",
    "Decide in the folder of the corrected request: it stands in requests, or in done when it is",
    `decided, and its name begins with ${showReference(telling.transfer.reference)} too.`,
  );

function historyLines(telling: Telling): string[] {
  const { history, transfer } = telling;
  const told = history.slice(-MOST_TOLD).map((event) => `  ${happened(event, telling)}`);
  if (history.length <= MOST_TOLD) return ["What has happened so far:", ...told];
  const all = `packetboat transfers history ${showReference(transfer.reference)}`;
  return [`What has happened last (all of it: ${all}):`, ...told];
}

/** Nothing was taken, and why. */
export function faultsText(
  telling: Pick<Telling, "transfer" | "partner">,
  faults: readonly string[],
  stillSeconds: number,
): string {
  const still =
    stillSeconds < 120 ? `${stillSeconds} seconds` : `${Math.ceil(stillSeconds / 60)} minutes`;
  return lines(
    ...heading(telling),
    "YOUR DECISION WAS NOT TAKEN. Nothing was sent, and nobody was told anything.",
    "",
    "What is wrong:",
    ...listed(faults),
    "",
    "What to do: correct that in this folder, and save. Everything is looked at again when",
    `nothing in this folder has changed for ${still}.`,
  );
}

/** More than these nobody mends at once. */
const MOST_LISTED = 25;

function listed(things: readonly string[]): string[] {
  const shown = things.slice(0, MOST_LISTED).map((each) => `  - ${each}`);
  const more = things.length - MOST_LISTED;
  return more > 0 ? [...shown, `  - ${more} more`] : shown;
}

/** Of two forms nobody can say which counts; and only a plain text is read. */
export const strayFaults = (names: readonly string[]): string[] =>
  names.map(
    (name) =>
      `“${oneLine(name)}” is not read: packetboat reads decision.txt alone. Write what is to count into decision.txt, as plain text, and delete the other file.`,
  );

/** Something lies open in a program, perhaps since yesterday. */
export const openText = (
  telling: Pick<Telling, "transfer" | "partner">,
  open: readonly string[],
): string =>
  lines(
    ...heading(telling),
    "Your decision waits, because a program has this open:",
    ...listed(open),
    "",
    "Save and close it. If it is open nowhere, restart that program and close it again.",
  );

/** A release that should have been stopped, and was not: the first thing that somebody must know. */
export const notStoppedText = (
  telling: Pick<Telling, "transfer" | "partner">,
  faults: readonly string[],
): string =>
  lines(
    ...heading(telling),
    "THE RELEASE WAS NOT STOPPED, although decision.txt was changed. It still leaves.",
    "",
    "Why:",
    ...listed(faults),
    "",
    "What to do: write withdraw as the Decision, with your user name behind Decided by, and",
    `save; or ask IT at once for: packetboat withdraw ${showReference(telling.transfer.reference)}`,
  );

/** In a folder that belongs to no request we know. */
export const strangerText = (): string =>
  lines(
    "packetboat does not know to which request this folder belongs, so that nothing in it is read.",
    "",
    "Decide in the folder that packetboat made: its name begins with the reference of the request.",
    "If this is that folder under another name, give it its name back.",
  );

const heading = ({ transfer, partner }: Pick<Telling, "transfer" | "partner">): string[] => [
  `Request ${showReference(transfer.reference)} of ${oneLine(partner.name)}`,
  "",
];

function nowLines(telling: Telling): string[] {
  const { transfer, partner } = telling;
  const name = oneLine(partner.name);
  const call = `${name}${partner.phone === null ? "" : `, ${oneLine(partner.phone)}`}`;
  const again = "If the records are to be sent after all, write release into decision.txt.";
  if (transfer.firstPerson !== null) return halfway(transfer.firstPerson);
  switch (transfer.state) {
    case "RequestReceived":
      return ["Nothing is decided now. Fill in decision.txt, and save it."];
    case "OnHold":
      return [
        `On hold${transfer.holdUntil === null ? "" : ` until ${longDate(transfer.holdUntil)}`}: ${name} hears of it with the next exchange.`,
        "When you can decide, fill in decision.txt again.",
      ];
    case "ReleasePending":
      return ["Released.", ...waitingLines(telling, "The records leave", "them")];
    case "Released":
    case "Delivered":
    case "Imported":
      return [
        statusWords(transfer.state, "releaser").meaning.replaceAll("’", "'"),
        ...(telling.released ? ["", ...waitingLines(telling, "More leaves", "it")] : []),
        "",
        "To send more: put it into the folder documents, and write supplement into decision.txt.",
        "If it was a mistake: write recall into decision.txt, with a Reason, and call",
        `${call} at once.`,
      ];
    case "Rejected":
      return [
        `Rejected: ${name} hears of it with the next exchange. Nothing more is to be done.`,
        again,
      ];
    case "NoRecord":
    case "MultipleMatch":
      return [statusWords(transfer.state, "releaser").meaning, again];
    case "Recalled":
      return [
        `Recalled: ${name} hears of it with the next exchange. CALL THEM NOW:`,
        `${call}.`,
        "Make sure that nobody reads or imports the records.",
        "",
        "To send the right records afterwards: put them into the folder documents in place of the",
        "wrong ones, and write release into decision.txt.",
      ];
    case "Canceled":
      return canceled(transfer, call);
    case "Expired":
      return [
        "The time of this request is over, and nobody answered it. Nothing is to be done any more.",
      ];
    case "Requested":
    case "Forwarded":
      return [];
  }
}

const halfway = (firstPerson: string): string[] => [
  `${oneLine(firstPerson)} has released. Nothing was sent: this student is flagged, and another person must release too:`,
  "write release (or supplement) into decision.txt, with your own user name behind Decided by.",
  "Tell the other district nothing of the flag. To take it back, write withdraw.",
];

const canceled = (transfer: Transfer, call: string): string[] =>
  idsAt(transfer, "sent").length === 0
    ? ["Canceled: the district that asked no longer does. Nothing is to be done any more."]
    : [
        "Canceled when the records had left. The other district's packetboat refuses what it no longer",
        `asks for. Call to make sure: ${call}.`,
        "If the records were taken there, write recall into decision.txt, with a Reason.",
      ];

/** When it leaves, how to stop that, and what it is. */
function waitingLines(
  { released, isWritten, timeZone }: Telling,
  what: string,
  it: string,
): string[] {
  if (!released) return [];
  const { leavesAt, documents, notSent } = released;
  const count = documents.length === 1 ? "1 document" : `${documents.length} documents`;
  return [
    `${what} with the first exchange after ${longTime(leavesAt, timeZone)}.`,
    isWritten
      ? "To stop that: empty the Decision line in decision.txt and save it, or write withdraw there."
      : "To stop that: write withdraw as the Decision in decision.txt.",
    "",
    documents.length === 0
      ? "No document goes with it."
      : `With ${it} go ${count}:`.replace("go 1", "goes 1"),
    ...documents.map(({ fileName, section }) => {
      const under = section ? SECTION_WORDS[section] : "beside the record";
      return `  ${fileName} (${under})`;
    }),
    "What is put into the folder documents from now on does not go with it.",
    ...(notSent.length === 0 ? [] : ["", "Asked for and not sent:"]),
    ...notSent.map(({ section, words }) => `  ${SECTION_WORDS[section]} (${words})`),
  ];
}

const EVENTS: Readonly<Record<string, string>> = {
  Original: "the request came",
  Resubmission: "a corrected request came",
  Cancellation: "the request was canceled",
  Reject: "rejected",
  Recall: "recalled",
  Withdraw: "the release was withdrawn",
  Release: "released",
  ReleaseSent: "the records left",
  ReleaseConfirmed: "the records arrived",
  ReleaseRefused: "the records were refused by the other district's packetboat",
  HoldOver: "the hold was over",
  Expire: "the request's time was over",
};

/** Agencies and packetboat itself are not named: the event says who it was. */
function happened({ at, event, who }: Telling["history"][number], { timeZone }: Telling): string {
  const spaced = event.replaceAll(/(?<=[a-z])[A-Z]/g, (capital) => ` ${capital.toLowerCase()}`);
  const what = EVENTS[event] ?? spaced.toLowerCase();
  const isPerson = who !== "packetboat" && !/^[0-9]{7}$/.test(who);
  return `${longTime(new Date(at), timeZone)}: ${what}${isPerson ? `, by ${oneLine(who)}` : ""}`;
}

/**
 * Why a decision was refused, in a registrar's words.
 *
 * @param by the name behind Decided by, and all that are known
 */
export function refusalFaults(
  error: PacketboatError,
  by: { readonly decidedBy: string | null; readonly usernames: readonly string[] },
): readonly string[] {
  const name = oneLine(by.decidedBy ?? "");
  if (error.code === "PERSON_UNKNOWN" && by.decidedBy === null) {
    return ["Decided by: is missing. Write your user name there."];
  }
  if (error.code === "PERSON_UNKNOWN") {
    const near = nearestName(name, by.usernames) || ".";
    return [
      `Decided by: packetboat knows nobody with the user name “${name}”${near} Correct it, or ask IT to add you.`,
    ];
  }
  if (error.code !== "PERSON_NOT_ALLOWED") return faultsOf(error);
  return [
    error.facts["isUnproved"] === true
      ? `Decided by: nothing proves that ${name} wrote this. Make the file your own: copy decision.txt, delete the first one, and name the copy decision.txt. If that does not help, ask IT (releases.allowDeclaredUser).`
      : `Decided by: ${error.message}. Somebody else must decide, or IT must allow it.`,
  ];
}
