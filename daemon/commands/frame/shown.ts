/** Text on its way to a terminal: nothing that a partner wrote may steer it. */
import Table from "cli-table3";

/** Joiners that names in some scripts need, and that steer nothing. */
const HARMLESS = /[\u200c\u200d]/;

/**
 * One line, with everything that is not a visible character written as `\n` or `\u001b`: line ends,
 * ANSI sequences, marks that turn the direction of writing, lone surrogates.
 */
export const shown = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (char) => {
    if (HARMLESS.test(char)) return char;
    if (char === "\n") return String.raw`\n`;
    const code = char.codePointAt(0) ?? 0;
    const digits = code.toString(16);
    return code > 0xffff ? `\\u{${digits}}` : `\\u${digits.padStart(4, "0")}`;
  });

/** JSON that is as harmless on a terminal; it reads back as the same value. */
export const shownJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).replaceAll(/[\p{Cf}\p{Zl}\p{Zp}\u007f-\u009f]/gu, (char) =>
    char
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );

const PLAIN = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

/**
 * Rows under their heads, in columns as wide as they must be.
 *
 * @param rows `null` and `undefined` are an empty cell
 * @returns a line for the heads and one for each row; nothing but `none` if there are no rows
 */
export function table(
  heads: readonly string[],
  rows: readonly (readonly (string | number | null | undefined)[])[],
  none: string,
): string[] {
  if (rows.length === 0) return [none];
  const made = new Table({
    head: [...heads],
    chars: PLAIN,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  made.push(...rows.map((row) => row.map((cell) => shown(String(cell ?? "")))));
  return made
    .toString()
    .split("\n")
    .map((line) => line.trimEnd());
}

/** Pairs of a name and a value, one to a line, the values in a column. */
export function pairs(rows: readonly (readonly [string, string | null | undefined])[]): string[] {
  const told = rows.filter((row): row is [string, string] => typeof row[1] === "string");
  const width = Math.max(0, ...told.map(([name]) => name.length));
  return told.map(([name, value]) => `${`${name}:`.padEnd(width + 2)}${shown(value)}`);
}
