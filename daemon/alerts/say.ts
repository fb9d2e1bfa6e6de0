/**
 * Sentences for people, in which our own words and other people's text stay apart: a page isolates the
 * latter, and no reader is shown a character that does something instead of standing there.
 */

/** Text that somebody else wrote: a name, a comment, a reason. */
export interface Said {
  readonly said: string;
}

/** Something to type, word for word. */
export interface Typed {
  readonly type: string;
}

export type Piece = string | Said | Typed;
export type Sentence = readonly Piece[];

/** What may stand in a sentence: others' text, a number, something to type, or a sentence. */
type Value = string | number | Typed | Sentence;

/** A sentence: what is put in for `${…}` is others' text, unless it is a sentence itself. */
export const say = (words: readonly string[], ...values: readonly Value[]): Sentence =>
  words.flatMap((word, index) => [
    ...(word === "" ? [] : [word]),
    ...(index < values.length ? piecesOf(values[index] ?? "") : []),
  ]);

/** What a person types at a terminal. */
export const typed = (command: string): Typed => ({ type: command });

/** Sentences one after the other, with a space between; empty ones are passed over. */
export function joined(...sentences: readonly (Sentence | null)[]): Sentence {
  const present = sentences.filter((sentence) => sentence !== null && sentence.length > 0);
  return present.flatMap((sentence, index) => [
    ...(index === 0 ? [] : [" "]),
    ...(sentence as Sentence),
  ]);
}

/** The sentence as plain text on one line, with nothing in it but visible characters and spaces. */
export const textOf = (sentence: Sentence): string =>
  sentence
    .map((piece) => {
      if (typeof piece === "string") return piece;
      return oneLine("type" in piece ? piece.type : piece.said);
    })
    .join("");

/**
 * Nothing but characters that stand where they are: control characters become their pictures (`␛`),
 * others that turn the direction of writing or are no characters at all are named (`[U+202E]`).
 * Newlines and tabs stay.
 */
export const visible = (text: string): string => text.toWellFormed().replaceAll(UNSEEN, pictureOf);

/** As `visible`, with every run of white space as one space. */
export const oneLine = (text: string): string =>
  visible(text.replaceAll(/\r\n?/g, "\n")).replaceAll(/\s+/g, " ").trim();

/** Controls, separators, overrides and isolates, byte order mark, annotations, tags, no characters. */
const UNSEEN =
  /[[\p{Cc}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\u202A-\u202E\u2066-\u2069\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E007F}]--[\t\n]]/gv;

function pictureOf(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? "␡" : `[U+${code.toString(16).toUpperCase().padStart(4, "0")}]`;
}

function piecesOf(value: Value): Sentence {
  if (typeof value === "string") return value === "" ? [] : [{ said: value }];
  if (typeof value === "number") return [String(value)];
  return "type" in value ? [value] : value;
}
