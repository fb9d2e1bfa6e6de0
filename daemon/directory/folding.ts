/**
 * Names of districts and cities as they are compared: upper and lower case, accents, punctuation and the
 * ways to shorten a word do not matter. Pure.
 */

/** `Coeur d'Alene` and `COEUR DALENE` are the same words, and so are `St. Paul` and `Saint Paul`. */
export function wordsOf(text: string): string[] {
  const pieces = ASCII.test(text)
    ? text
        .replaceAll(/['.]/g, "")
        .replaceAll("&", " and ")
        .toLowerCase()
        .split(/[^a-z0-9]+/)
    : lettersIn(text).split(/[^\p{L}\p{N}]+/u);
  return pieces.filter((word) => word !== "").map(inFull);
}

/** Nearly all are; a country's list is folded in a third of the time. */
const ASCII = /^[ -~]*$/;

const lettersIn = (text: string): string =>
  text
    .normalize("NFKD")
    .replaceAll(/[\p{M}'’.]/gu, "")
    .replaceAll("&", " and ")
    .toLowerCase();

/** Where two words begin and end does not matter (`De Kalb`, `DeKalb`), where two numbers do. */
export const asOne = (words: readonly string[]): string =>
  words.reduce((whole, word) => {
    const areNumbers = isDigit(whole.at(-1)) && isDigit(word[0]);
    return areNumbers ? `${whole} ${word}` : whole + word;
  }, "");

const isDigit = (sign: string | undefined): boolean =>
  sign !== undefined && sign >= "0" && sign <= "9";

const inFull = (word: string): string => IN_FULL.get(word) ?? word;

const IN_FULL = new Map([
  ["st", "saint"],
  ["ste", "sainte"],
  ["mt", "mount"],
  ["ft", "fort"],
  ["co", "county"],
  ["cnty", "county"],
  ["twp", "township"],
  ["hts", "heights"],
  ["elem", "elementary"],
  ["comm", "community"],
  ["pblc", "public"],
  ["dist", "district"],
  ["districts", "district"],
  ["sch", "school"],
  ["schs", "school"],
  ["schools", "school"],
  ["no", "number"],
]);

/** What some write and others leave out, and what tells no two districts apart. */
export const isCommon = (word: string): boolean => COMMON.has(word);

const COMMON = new Set(
  "public school district unified independent isd usd sd csd the of number".split(" "),
);
