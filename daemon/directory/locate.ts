/** The District Locator: find a district by its state and what else is known of it. Pure. */
import { PacketboatError } from "../errors.ts";
import type { AgencyId } from "../ids.ts";
import type { AgencyStatus } from "../ledger/tables.ts";
import { asOne, isCommon, wordsOf } from "./folding.ts";

/** A district that people may look for, whether or not it takes part. */
export interface Place {
  readonly agencyId: AgencyId;
  /** As its state and its registrars number it. */
  readonly stateNumber: string | null;
  readonly name: string;
  /** Of its office, as far as that is known. */
  readonly city: string | null;
  /** Of its schools: people may know it by any of them. */
  readonly cities: readonly string[];
  /** Two capital letters. */
  readonly state: string;
  /** Five digits, or nine with a hyphen. */
  readonly zip: string | null;
  readonly street: string | null;
  readonly phone: string | null;
  readonly status: AgencyStatus;
  /** Who has the records of one that is closed. */
  readonly successorId: AgencyId | null;
  /** Its own card, its entity's directory, or no more than a list of the country's districts. */
  readonly knownBy: "card" | "directory" | "list";
}

export interface LocatorQuery {
  /** Two letters. */
  readonly state: string;
  readonly name?: string | undefined;
  readonly city?: string | undefined;
  /** Five digits, or nine with a hyphen. */
  readonly zip?: string | undefined;
}

type Locatable = Pick<Place, "agencyId" | "name" | "state" | "city" | "cities" | "zip">;

/**
 * A ZIP code keeps its leading zeros: `1234` may be `01234`, or no ZIP code at all.
 *
 * @throws PacketboatError USAGE unless it has five digits, or five and four
 */
export function assertZip(text: string): void {
  if (ZIP.test(text)) return;
  const typed = JSON.stringify(text.slice(0, 40));
  const sentence = `${typed} is no ZIP code: write its five digits with the zeros before them, or all nine, like 01234-5678`;
  throw new PacketboatError("USAGE", sentence);
}

const ZIP = /^[0-9]{5}(?:-?[0-9]{4})?$/;

/**
 * Find districts of one state, for a person to choose from. What else is given ranks them, and each word may be
 * cut short. A name that is given must fit, but for the words that everybody has; a city or ZIP that does not fit
 * only ranks lower, for it may be the student's and not the district office's.
 *
 * @returns the best first, equals by name, city and id
 * @throws PacketboatError USAGE if the ZIP is none
 */
export function locate<Known extends Locatable>(
  places: readonly Known[],
  { state, name, city, zip }: LocatorQuery,
): Known[] {
  if (zip !== undefined) assertZip(zip);
  const wanted: Wanted = {
    name: name === undefined ? null : wordsOf(name),
    city: city === undefined ? null : wordsOf(city),
    zip: zip === undefined ? null : zip.replace("-", ""),
  };
  return inState(places, state)
    .map((place) => ({ place, fit: fitOf(place, wanted) }))
    .filter(({ fit }) => fit > 0)
    .toSorted((one, other) => other.fit - one.fit || inOrder(one.place, other.place))
    .map(({ place }) => place);
}

/** What is looked for, folded. */
interface Wanted {
  readonly name: readonly string[] | null;
  readonly city: readonly string[] | null;
  /** Only digits. */
  readonly zip: string | null;
}

function inState<Known extends Locatable>(places: readonly Known[], state: string): Known[] {
  const wanted = state.toUpperCase();
  return places.filter((place) => place.state.toUpperCase() === wanted);
}

const collator = new Intl.Collator("en");

const inOrder = (one: Locatable, other: Locatable): number =>
  collator.compare(one.name, other.name) ||
  collator.compare(one.city ?? "", other.city ?? "") ||
  (one.agencyId < other.agencyId ? -1 : 1);

/** 0 if it is not meant; a good name weighs more than city and ZIP together. */
function fitOf(place: Locatable, { name, city, zip }: Wanted): number {
  const nameFit = name === null ? 0 : 10 * likeness(wordsOf(place.name), name);
  if (name !== null && nameFit === 0) return 0;
  const cityFit = city === null ? 0 : 2 * likenessOfCities(place, city);
  const zipFit = zip === null ? 0 : likenessOfZips(place.zip ?? "", zip);
  const isAnyGiven = name !== null || city !== null || zip !== null;
  return isAnyGiven ? nameFit + cityFit + zipFit : 1;
}

/**
 * 1 for the same words, less the more of them only one side has, 0 if a wanted one is missing that is not
 * left out by many.
 */
function likeness(known: readonly string[], wanted: readonly string[]): number {
  const left = [...known];
  const isNamed = wanted.some((word) => !isCommon(word) && !NUMBER.test(word));
  let same = 0;
  for (const word of wanted) {
    const full = left.indexOf(word);
    const index = full >= 0 ? full : left.findIndex((each) => each.startsWith(word));
    const [match] = index < 0 ? [] : left.splice(index, 1);
    // A name may be found without the state's number for it, and no number without that.
    const mayBeMissing =
      OFTEN_LEFT_OUT.has(word) || isCommon(word) || (isNamed && NUMBER.test(word));
    if (match === undefined && !mayBeMissing) return likenessOfWhole(known, wanted);
    if (match !== undefined) same += Math.min(weightOf(match), weightOf(word));
  }
  return (2 * same) / Math.max(1, weightOfAll(known) + weightOfAll(wanted));
}

const NUMBER = /^[0-9]+$/;

/** `Dekalb County` begins `De Kalb County Schools`, though no word is the same. */
function likenessOfWhole(known: readonly string[], wanted: readonly string[]): number {
  if (!asOne(tellingIn(known)).startsWith(asOne(tellingIn(wanted)))) return 0;
  return (2 * weightOfAll(wanted)) / (weightOfAll(known) + weightOfAll(wanted));
}

const tellingIn = (words: readonly string[]): string[] => words.filter((word) => !isCommon(word));

/** In letters; a word that everybody has says little, and a number much, however short it is. */
const weightOf = (word: string): number => {
  if (NUMBER.test(word)) return 8;
  return isCommon(word) ? word.length / 20 : word.length;
};

const weightOfAll = (words: readonly string[]): number =>
  words.reduce((sum, word) => sum + weightOf(word), 0);

/** They tell districts apart, and yet people write or leave them out as they please. */
const OFTEN_LEFT_OUT = new Set("county city area community consolidated and".split(" "));

/** A city of its schools is a little less than that of its office. */
function likenessOfCities({ city, cities }: Locatable, wanted: readonly string[]): number {
  const office = city === null ? 0 : likeness(wordsOf(city), wanted);
  if (office === 1) return office;
  return Math.max(office, ...cities.map((each) => 0.9 * likeness(wordsOf(each), wanted)));
}

/** Nine digits say more than five; the first three are one postal region. */
function likenessOfZips(known: string, wanted: string): number {
  const digits = known.replace("-", "");
  if (digits.slice(0, 5) !== wanted.slice(0, 5)) {
    return digits.slice(0, 3) === wanted.slice(0, 3) ? 0.5 : 0;
  }
  if (digits.length < 9 || wanted.length < 9) return 2;
  return digits === wanted ? 2.5 : 1.5;
}

/**
 * The districts that fit a request which is to be addressed without a person who chooses: so what is given must fit
 * in full. The name must have the same words; only those that tell no two districts apart (school, district, public,
 * unified …), and what stands in brackets, may be missing on one side. Of one that is cut shorter than it stands here,
 * all that it may be fit. The city is the office's or that of a school; of a district whose ZIP is not known none fits.
 *
 * @returns all of them, in the order of `locate`: whoever calls goes on only if it is one. None if nothing but the
 *   state is given
 */
export function meant<Known extends Locatable>(
  places: readonly Known[],
  { state, name, city, zip }: LocatorQuery,
): Known[] {
  if (name === undefined && city === undefined && zip === undefined) return [];
  const wantedCity = city === undefined ? null : asOne(wordsOf(city));
  const fitting = inState(places, state)
    .filter((place) => wantedCity === null || isIn(place, wantedCity))
    .filter((place) => zip === undefined || isSameZip(place.zip ?? "", zip))
    .toSorted(inOrder);
  return name === undefined ? fitting : named(fitting, name);
}

function isIn({ city, cities }: Locatable, wanted: string): boolean {
  return [...(city === null ? [] : [city]), ...cities].some(
    (known) => asOne(wordsOf(known)) === wanted,
  );
}

function isSameZip(known: string, wanted: string): boolean {
  if (!ZIP.test(known) || !ZIP.test(wanted)) return false;
  const [one, other] = [known.replace("-", ""), wanted.replace("-", "")];
  return one.length === other.length ? one === other : one.slice(0, 5) === other.slice(0, 5);
}

/**
 * Those that have the words of a name by which districts are told apart. What all have says nothing here, not even to
 * whoever writes it to the letter: what one calls Example Township School District is the Example Township Public
 * School District to another, and there may be both.
 */
function named<Known extends Locatable>(places: readonly Known[], name: string): Known[] {
  const wanted = tellingOf(name);
  const all = places.map((place) => ({ place, telling: tellingOf(place.name) }));
  const same = all.filter(({ telling }) => isSameName(telling, wanted));
  const exact = same.filter(({ telling }) => telling.aside === wanted.aside);
  if (wanted.aside !== "" && exact.length > 0) return exact.map(({ place }) => place);
  const isCopied = isWhole(name) && same.some(({ place }) => isWrittenSo(place.name, name));
  const besides = same.length === 0 || isCopied ? [] : all.filter(isBeside(wanted));
  return [...same, ...besides].map(({ place }) => place);
}

const isSameName = (known: Telling, wanted: Telling): boolean =>
  wanted.words !== "" &&
  known.words === wanted.words &&
  ([known.aside, wanted.aside].includes("") || known.aside === wanted.aside);

/** `Jackson` may be Jackson Independent; where there is a Jackson County too, nobody can tell which is meant. */
const isBeside =
  (wanted: Telling) =>
  ({ telling: { words, core } }: { readonly telling: Telling }): boolean =>
    words !== wanted.words && core === wanted.words;

/** Whoever writes out what many leave out, leaves out nothing else. */
const isWhole = (name: string): boolean => wordsOf(name).some(isCommon);

const isWrittenSo = (known: string, wanted: string): boolean =>
  asOne(wordsOf(known)) === asOne(wordsOf(wanted));

/** What tells a district apart. */
interface Telling {
  readonly words: string;
  /** Without those that say what kind of district it is, and without numbers. */
  readonly core: string;
  /** What stands in brackets; empty if there is nothing. */
  readonly aside: string;
}

/** What kind of district it is, as far as that tells some apart: of one place there may be several. */
const KINDS = new Set(
  (
    "county city parish township town village borough area community consolidated reorganized " +
    "regional central local cooperative joint union free high elementary intermediate"
  ).split(" "),
);

const isKind = (word: string): boolean => KINDS.has(word) || NUMBER.test(word);

/**
 * What stands in brackets not all write, as the state's number for the district or its county:
 * `Example Unified District (4244)`.
 */
function tellingOf(name: string): Telling {
  const words = wordsOf(name.replaceAll(IN_BRACKETS, " "));
  const telling = tellingIn(words);
  const aside = [...name.matchAll(IN_BRACKETS)].flatMap(([text]) => tellingIn(wordsOf(text)));
  return {
    words: asOne(telling.length > 0 ? telling : words),
    core: asOne(telling.filter((word) => !isKind(word))),
    aside: asOne(aside),
  };
}

const IN_BRACKETS = /\([^()]*\)/g;
