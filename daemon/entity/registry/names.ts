/**
 * Names as the registry keeps and compares them: folded, so that the ways of writing one name fall
 * together: case, accents, apostrophes, hyphens and spaces.
 *
 * A folded name is its parts with a space between, in capitals: `GARCIA LOPEZ`. Particles belong to the
 * part behind them (`De La Cruz` is one part), so that nobody matches by a particle, nor without it.
 */

/** Typed for one another; a letter may be among them in Unicode (ʻ), and is none here. */
const APOSTROPHES = /['`´‘’‛′ʹʻʼʽʾʿˈꞌꞋ＇]/gu;
/** Dots and invisible characters divide no name. */
const NOTHING = /[.．\p{Cf}]/gu;
/** Marks that stand on Latin, Greek and Cyrillic letters; elsewhere a mark may be a vowel, and stays. */
const ACCENTS = /[\u0300-\u036f]/g;
const BETWEEN_PARTS = /[^\p{L}\p{M}\p{N}]+/u;

/** Letters that Unicode does not take apart. */
const PLAIN_LETTERS: Readonly<Record<string, string>> = {
  Æ: "AE",
  Œ: "OE",
  Ø: "O",
  Đ: "D",
  Ð: "D",
  Ħ: "H",
  Ł: "L",
  Ŧ: "T",
  Þ: "TH",
  ẞ: "SS",
};
const SPECIAL = /[ÆŒØĐÐĦŁŦÞẞ]/g;

const SUFFIXES = new Set(["JR", "JUNIOR", "SR", "SENIOR", "II", "III", "IV", "2ND", "3RD", "4TH"]);

const PARTICLES = new Set(
  (
    "AL AP BEN BIN BINT D DA DAL DAS DE DEI DEL DELA DELLA DEN DER DES DI DO DOS DU EL FITZ IBN " +
    "L LA LAS LE LES LO LOS MAC MC O SAN SANT SANTA ST STE TEN TER VAN VANDE VANDER VOM VON ZU ZUM ZUR"
  ).split(" "),
);

/** Between the two halves of a double name: `Ortega y Gasset`. */
const AND = new Set(["Y", "E", "I"]);

/**
 * @returns parts with a space between; empty if there is no letter in it, and then like no name at all
 */
export function foldName(name: string): string {
  const letters = name
    .replaceAll(APOSTROPHES, "")
    .normalize("NFKD")
    // ŉ is one letter until it is taken apart.
    .replaceAll(APOSTROPHES, "")
    .replaceAll(ACCENTS, "")
    .replaceAll(NOTHING, "")
    .toUpperCase()
    .replaceAll(SPECIAL, (letter) => PLAIN_LETTERS[letter] ?? letter);
  const words = withoutSuffix(letters.split(BETWEEN_PARTS).filter((word) => word !== ""));
  if (!words.some((word) => /\p{L}/u.test(word))) return "";
  return joinParticles(words).join(" ");
}

function withoutSuffix(words: readonly string[]): readonly string[] {
  const last = words.findLastIndex((word) => !SUFFIXES.has(word));
  return last < 0 ? words : words.slice(0, last + 1);
}

function joinParticles(words: readonly string[]): string[] {
  const parts: string[] = [];
  let before = "";
  for (const [at, word] of words.entries()) {
    const isLast = at === words.length - 1;
    if (!isLast && before === "" && parts.length > 0 && AND.has(word)) continue;
    if (!isLast && PARTICLES.has(word)) {
      before += word;
      continue;
    }
    parts.push(before + word);
    before = "";
  }
  return parts;
}

/** Nobody is called by one part of more: that is a sentence. */
const MOST_PARTS = 4;

/**
 * Are these one name? Written together or apart, or a double name beside one that is given by some of its
 * parts, in their order: `GARCIA LOPEZ`, `GARCIALOPEZ` and `LOPEZ`. Two double names that share a part
 * are not. A single letter is nobody's name.
 *
 * @param one folded @param other folded
 */
export function isSameName(one: string, other: string): boolean {
  if (one === "" || other === "") return false;
  if (one.replaceAll(" ", "") === other.replaceAll(" ", "")) return true;
  const [longer = [], shorter = []] = [one.split(" "), other.split(" ")].toSorted(
    (a, b) => b.length - a.length,
  );
  if (longer.length === shorter.length || longer.length > MOST_PARTS) return false;
  if (shorter.every((part) => [...part].length < 2)) return false;
  let at = 0;
  for (const part of longer) if (part === shorter[at]) at++;
  return at === shorter.length;
}
