/** The District Locator: find an agency by its state and what else is known of it. Pure. */

/** An agency as far as the locator looks at it. */
export interface Locatable {
  readonly name: string;
  readonly state: string | null;
  readonly city: string | null;
  readonly zip: string | null;
}

export interface LocatorQuery {
  /** Two letters. */
  readonly state: string;
  readonly name?: string | undefined;
  readonly city?: string | undefined;
  readonly zip?: string | undefined;
}

/**
 * Find agencies of one state. What else is given ranks them: upper and lower case, accents and
 * punctuation do not matter, and each word may be cut short. A name that is given must fit; a city or
 * ZIP that does not fit only ranks lower, for it may be the student's and not the district office's.
 *
 * @returns the best first, equals by name
 */
export function locate<Agency extends Locatable>(
  agencies: readonly Agency[],
  query: LocatorQuery,
): Agency[] {
  const state = query.state.toUpperCase();
  return agencies
    .filter((agency) => agency.state?.toUpperCase() === state)
    .map((agency) => ({ agency, fit: fitOf(agency, query) }))
    .filter(({ fit }) => fit > 0)
    .toSorted((one, other) => other.fit - one.fit || byName(one.agency, other.agency))
    .map(({ agency }) => agency);
}

const byName = (one: Locatable, other: Locatable): number =>
  one.name.localeCompare(other.name, "en");

/** 0 if it is not meant; a good name weighs more than city and ZIP together. */
function fitOf(agency: Locatable, { name, city, zip }: LocatorQuery): number {
  const nameFit = name === undefined ? 0 : 10 * likeness(agency.name, name);
  if (name !== undefined && nameFit === 0) return 0;
  const cityFit = city === undefined ? 0 : 2 * likeness(agency.city ?? "", city);
  const zipFit = zip === undefined ? 0 : likenessOfZips(agency.zip ?? "", zip);
  const isAnyGiven = name !== undefined || city !== undefined || zip !== undefined;
  return isAnyGiven ? nameFit + cityFit + zipFit : 1;
}

/** 1 for the same words, less the more the known text has beside the wanted ones, 0 if one is missing. */
function likeness(known: string, wanted: string): number {
  const left = wordsOf(known);
  const knownLetters = left.join("").length;
  let letters = 0;
  for (const word of wordsOf(wanted)) {
    const same = left.findIndex((candidate) => inFull(candidate) === inFull(word));
    const index = same >= 0 ? same : left.findIndex((candidate) => candidate.startsWith(word));
    if (index < 0 && !EVERYWHERE.has(inFull(word))) return 0;
    const [match] = index < 0 ? [] : left.splice(index, 1);
    letters += match === undefined ? 0 : Math.min(match.length, word.length);
  }
  return letters / Math.max(1, knownLetters);
}

/** Five digits decide; the first three are one postal region. */
function likenessOfZips(known: string, wanted: string): number {
  if (known.slice(0, 5) === wanted.slice(0, 5)) return 2;
  return known.slice(0, 3) === wanted.slice(0, 3) ? 0.5 : 0;
}

/** `Coeur d'Alene` and `COEUR DALENE` are the same words. */
function wordsOf(text: string): string[] {
  const plain = text
    .normalize("NFKD")
    .replaceAll(/[\p{M}'’.]/gu, "")
    .toLowerCase();
  return plain.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
}

const inFull = (word: string): string => ABBREVIATIONS.get(word) ?? word;

const ABBREVIATIONS = new Map([
  ["st", "saint"],
  ["ste", "sainte"],
  ["mt", "mount"],
  ["ft", "fort"],
  ["co", "county"],
  ["dist", "district"],
  ["sch", "school"],
  ["schs", "schools"],
]);

/** Words that some write and others leave out: they help, and never exclude. */
const EVERYWHERE = new Set([
  ..."public school schools district county city independent unified consolidated area".split(" "),
  ..."the of isd usd csd sd cusd".split(" "),
]);
