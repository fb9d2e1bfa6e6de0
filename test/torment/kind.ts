/**
 * What may lie in our box to hurt or to deceive us, and what is to become of it. A new kind of input is a
 * file in `kinds/` and a line in `kinds.ts`.
 */
import type { ErrorCode } from "../../daemon/errors.ts";
import type { District } from "../homes.ts";
import type { State } from "../states.ts";
import type { Stage } from "./stage.ts";

/** A row of the list of bad inputs that a trustworthy exchange refuses. */
export type Row = `B${number}`;

/** Which code; of some it is chance which of several. */
export type Codes = ErrorCode | readonly ErrorCode[];

export type Fate =
  /** The whole packet; its sender is told if it is proved. */
  | { readonly becomes: "refused"; readonly code: Codes; readonly isAnswered: boolean }
  /** It is the only copy, and stays in the box. */
  | { readonly becomes: "refused unfetched"; readonly code: ErrorCode }
  /** Some of its messages, in their order; an answer among them is not answered. */
  | {
      readonly becomes: "refused in part";
      readonly codes: readonly Codes[];
      readonly isAnswered: boolean;
    }
  | { readonly becomes: "waiting"; readonly code: ErrorCode; readonly alert?: string }
  /** With these texts as they are, in the page that a registrar reads. */
  | {
      readonly becomes: "taken";
      readonly shows?: readonly string[];
      readonly alert?: string;
      readonly isAnswered: boolean;
    }
  /** The same packet was taken before: nothing more follows from it. */
  | { readonly becomes: "taken before" }
  /** Not even claimed: it stays in the box as it is. */
  | { readonly becomes: "left alone" };

/** Bytes for the box, or more than one thing to lay there. */
export type Made = Uint8Array | string | Laid;

export interface Laid {
  readonly file: Uint8Array | string | { readonly sparseBytes: number } | Odd;
  /** Packets that come before it, and are taken. */
  readonly before?: readonly Uint8Array[];
  /** Files beside it that it names. */
  readonly beside?: readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

/** What is no plain file, or has no packet's name. */
export interface Odd {
  /** A packet's, if none is said. */
  readonly name?: string | Uint8Array;
  readonly put: (path: Buffer) => unknown;
}

export interface Input {
  readonly row: Row;
  /** Before "is refused as …". */
  readonly what: string;
  readonly fate: Fate;
  readonly make: (stage: Stage) => Made | Promise<Made>;
}

/** What is met elsewhere than in our box: by a command, in a process of its own. */
export interface Trial {
  readonly row: Row;
  readonly what: string;
  readonly outcome: Outcome;
  readonly lay: (state: State) => Promise<Meeting>;
}

/** All that is named is to be so; and no key is known afterwards that was not, but to a person who is asked. */
export interface Outcome {
  /** The command does nothing. */
  readonly ends?: ErrorCode;
  /** By the exchange, as `CODE because`; `null`: none. */
  readonly alert?: string | null;
  /** So many packets are taken by the exchange, and each has its receipt. */
  readonly taken?: number;
  /** Among what the command says. */
  readonly says?: string;
}

export interface Meeting {
  readonly home: District;
  readonly words: readonly string[];
}

export interface Kind<Each = Input> {
  readonly name: string;
  readonly inputs: readonly Each[];
  /** What takes long to make or to refuse, and is left out of the suite. */
  readonly heavy?: readonly Each[];
}

type Make = Input["make"];

/** Refused, and nobody told, for nobody is proved to have sent it. */
export const refused = (row: Row, what: string, code: Codes, make: Make): Input => ({
  row,
  what,
  fate: { becomes: "refused", code, isAnswered: false },
  make,
});

/** Refused, and its sender, who is proved, is told to send it again. */
export const answered = (row: Row, what: string, code: Codes, make: Make): Input => ({
  row,
  what,
  fate: { becomes: "refused", code, isAnswered: true },
  make,
});

/** The envelope is good, one message of it is not, or several. */
export const inPart = (row: Row, what: string, codes: readonly Codes[], make: Make): Input => ({
  row,
  what,
  fate: { becomes: "refused in part", codes, isAnswered: true },
  make,
});

export const waiting = (
  row: Row,
  what: string,
  code: ErrorCode,
  make: Make,
  alert?: string,
): Input => ({
  row,
  what,
  fate: { becomes: "waiting", code, ...(alert === undefined ? {} : { alert }) },
  make,
});

/** Honest enough, or harmless as it is. */
export const taken = (
  row: Row,
  what: string,
  make: Make,
  more: { readonly shows?: readonly string[]; readonly alert?: string } = {},
): Input => ({ row, what, fate: { becomes: "taken", isAnswered: true, ...more }, make });

/** Told only by how much lies there. */
export const leftAlone = (row: Row, what: string, make: Make): Input => ({
  row,
  what,
  fate: { becomes: "left alone" },
  make,
});

export const codesOf = (codes: Codes): readonly ErrorCode[] =>
  typeof codes === "string" ? [codes] : codes;

/** `B7 a packet with two signatures is refused as PACKET_SIGNATURES` */
export const titleOf = (tried: Input | Trial): string =>
  `${tried.row} ${tried.what} ${"fate" in tried ? fateOf(tried.fate) : outcomeOf(tried.outcome)}`;

const outcomeOf = ({ ends, alert, taken: packets }: Outcome): string =>
  ends
    ? `ends the command with ${ends}`
    : [
        ...(alert === null ? [] : [`is told of${alert ? ` as ${alert}` : ""}`]),
        ...(packets ? [`lets ${packets} honest ${packets === 1 ? "packet" : "packets"} in`] : []),
      ].join(", and ");

const either = (codes: Codes): string => codesOf(codes).join(" or ");

function fateOf(fate: Fate): string {
  switch (fate.becomes) {
    case "refused":
      return `is refused as ${either(fate.code)}${fate.isAnswered ? ", and its sender told" : ""}`;
    case "refused unfetched":
      return `is refused as ${fate.code}, and not fetched`;
    case "refused in part": {
      const codes = [...new Set(fate.codes.map(either))].join(", ");
      return `is taken but for what is refused as ${codes}${fate.isAnswered ? "" : ", and not answered"}`;
    }
    case "waiting":
      return `waits as ${fate.code}`;
    case "taken":
      return `is taken${fate.shows ? ", and shown as it is" : ""}${fate.isAnswered ? "" : ", and not answered"}`;
    case "taken before":
      return "is not taken a second time";
    case "left alone":
      return "is left in the box as it is";
  }
}
