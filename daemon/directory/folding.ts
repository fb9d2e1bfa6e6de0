/**
 * Names of districts and cities as they are compared: upper and lower case, accents, punctuation and the
 * ways to shorten a word do not matter. Pure.
 */

/** `Coeur d'Alene` and `COEUR DALENE` are the same words, and so are `St. Paul` and `Saint Paul`. */
export function wordsOf(text: string): string[] {
  const plain = text
    .normalize("NFKD")
    .replaceAll(/[\p{M}'’.]/gu, "")
    .replaceAll("&", " and ")
    .toLowerCase();
  return plain.split(/[^\p{L}\p{N}]+/u).flatMap((word) => (word === "" ? [] : inFull(word)));
}

/** Where two words begin and end does not matter (`De Kalb`, `DeKalb`), where two numbers do. */
export const asOne = (words: readonly string[]): string =>
  words.join(" ").replaceAll(/(?<!\p{N}) | (?!\p{N})/gu, "");

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
