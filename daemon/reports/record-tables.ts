/** What the tables of a record have in common. */
import { wordFor } from "../alerts/reason-words.ts";
import type { SectionName, StudentRecord } from "../packet/model.gen.ts";
import type { Line, TableBlock } from "./blocks.ts";

/** The content of a section that is present. */
export type Present<Name extends SectionName> = NonNullable<
  NonNullable<StudentRecord[Name]>["Present"]
>;

/** The first column names the row. */
export const table = (
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly Line[])[],
): TableBlock => ({ block: "table", caption, columns, rows, none: "The section is empty." });

/** A code in few words, not broken in two; a dash where there is none. */
export const word = (words: Readonly<Record<string, string>>, code: string | undefined): Line =>
  code === undefined ? ["—"] : [{ whole: wordFor(words, code) }];

/** A name in small below another one, if it is there. */
export const below = (name: string | undefined): Line =>
  name === undefined ? [] : [{ small: name }];
