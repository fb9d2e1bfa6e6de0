/**
 * What a page is made of. Pages are put together as plain data; only `template.ts` knows HTML, so that
 * escaping has one place. A text that somebody else wrote is always `said`.
 */
import type { Piece } from "../alerts/say.ts";
import type { Severity } from "../alerts/kind.ts";

/** `done` and `waiting` are for states; the others are an alert's. */
export type Tone = Severity | "done" | "waiting" | "plain";

export type Inline =
  | Piece
  | { readonly strong: string }
  /** What people call a transfer by; never broken in two. */
  | { readonly reference: string }
  /** Others' text that is short by its form, never broken in two: a school year, a grade. */
  | { readonly whole: string }
  /** An id, shown in groups and copied without them. */
  | { readonly groups: readonly string[] }
  /** A file beside the page, by the plain name it has there. */
  | { readonly file: string; readonly shown: string }
  /** A place on another page of this folder. */
  | { readonly page: string; readonly shown: string }
  | { readonly badge: Tone; readonly shown: string }
  /** A time or a date, with what machines read. */
  | { readonly time: string; readonly shown: string }
  | { readonly small: string }
  /** A line to write on, and what belongs there. */
  | { readonly blank: string }
  | { readonly newline: true };

export type Line = readonly Inline[];

/** Names and values, one below the other. */
export interface FactsBlock {
  readonly block: "facts";
  readonly rows: readonly (readonly [name: string, value: Line])[];
}

/** The first cell of a row names it. */
export interface TableBlock {
  readonly block: "table";
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Line[])[];
  /** Said instead of an empty table. */
  readonly none: string;
}

export interface ParagraphBlock {
  readonly block: "paragraph";
  readonly line: Line;
}

/** Something that must not be overlooked. */
export interface NoticeBlock {
  readonly block: "notice";
  readonly tone: Tone;
  readonly title: string;
  readonly lines: readonly Line[];
}

/** Others' text of many lines, as it was written. */
export interface QuoteBlock {
  readonly block: "quote";
  readonly text: string;
}

/** What may be done, each with what to type. */
export interface ChoicesBlock {
  readonly block: "choices";
  readonly rows: readonly { readonly title: string; readonly line: Line; readonly type: string }[];
}

/** One alert. */
export interface AlertBlock {
  readonly block: "alert";
  readonly tone: Tone;
  readonly title: string;
  readonly id: string;
  readonly about: Line;
  readonly when: Line;
  readonly happened: Line;
  readonly todo: Line;
  readonly call: Line | null;
}

export type Block =
  FactsBlock | TableBlock | ParagraphBlock | NoticeBlock | QuoteBlock | ChoicesBlock | AlertBlock;

export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}

export interface Page {
  /** What the browser shows; without a student's name, which would stay in its history. */
  readonly title: string;
  /** Above the heading: what kind of page this is. */
  readonly kicker: string;
  readonly heading: Line;
  readonly lead: Line;
  /** Ourselves, for the line at the top. */
  readonly agency: string;
  /** Traffic of a home in mode test. */
  readonly isTest: boolean;
  readonly nav: readonly { readonly shown: string; readonly page: string | null }[];
  readonly sections: readonly Section[];
  readonly foot: readonly Line[];
  /** At the foot of every printed page: what it is, and that it is confidential. No student's name. */
  readonly running: string;
}

export const paragraph = (line: Line): ParagraphBlock => ({ block: "paragraph", line });

export const facts = (
  ...rows: readonly (readonly [name: string, value: Line] | null)[]
): FactsBlock => ({ block: "facts", rows: rows.filter((row) => row !== null) });
