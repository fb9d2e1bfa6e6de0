/**
 * What the schema checker finds, said to people: where, and what was expected there. Never the value,
 * which may be somebody's name.
 */
import { closest, distance } from "fastest-levenshtein";

/** One thing that is wrong with a document. */
export interface Fault {
  /** Names from below the root, `Student/OtherName[2]`; empty for the root itself. */
  readonly place: string;
  /** What was expected; stands after the place and a colon. */
  readonly sentence: string;
}

/** An error of the checker, as far as it is read here: structure only, not its message. */
export interface Broken {
  /** JSON pointer to the value, `/Student/OtherName/1`. */
  readonly instancePath: string;
  readonly schemaPath: string;
  /** The keyword of JSON Schema that the value breaks. */
  readonly keyword: string;
  readonly params: Params;
  readonly parentSchema?: Description;
  readonly data?: unknown;
}

/** What the keywords of JSON Schema say about a value that breaks them; each says some of it. */
interface Params {
  readonly missingProperty?: string;
  readonly property?: string;
  readonly additionalProperty?: string;
  readonly type?: string;
  readonly allowedValues?: readonly unknown[];
  readonly allowedValue?: unknown;
  readonly limit?: number;
  readonly format?: string;
  readonly tag?: string;
}

interface Description {
  readonly title?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly minProperties?: number;
  readonly maxProperties?: number;
}

/** More faults than these help nobody; the last one says how many were left out. */
const MOST_FAULTS = 25;
/** Codes listed in a fault before it is cut short. */
const MOST_CODES = 30;

/** Of several faults of one value, the one that says most comes first. */
const RANK = ["type", "const", "enum", "minLength", "pattern", "format", "maxLength"];

/**
 * @param broken every error of the checker
 * @param called what a property is called: `element`, `setting` …
 * @returns one fault per value (and one per missing or unknown name), at most 25
 */
export function faultsOf(broken: readonly Broken[], called: string): Fault[] {
  const telling = new Map<string, Broken>();
  for (const error of broken) {
    const key = RANK.includes(error.keyword)
      ? error.instancePath
      : [error.instancePath, error.keyword, JSON.stringify(error.params)].join(" ");
    const present = telling.get(key);
    if (!present || RANK.indexOf(error.keyword) < RANK.indexOf(present.keyword)) {
      telling.set(key, error);
    }
  }
  return capped([...telling.values()].map((error) => faultOf(error, called)));
}

/** At most 25 faults, then one that counts the others. */
export function capped(faults: readonly Fault[]): Fault[] {
  if (faults.length <= MOST_FAULTS) return [...faults];
  const left = faults.length - MOST_FAULTS;
  return [...faults.slice(0, MOST_FAULTS), { place: "", sentence: `${left} more faults` }];
}

/** `, did you mean Birthdate?` if one of the known names is near enough, else nothing. */
export function nearestName(name: string, known: readonly string[]): string {
  if (known.length === 0 || name.length > 80) return "";
  const nearest = closest(name, [...known]);
  const apart = distance(name.toLowerCase(), nearest.toLowerCase());
  return apart <= Math.max(1, nearest.length / 3) ? `, did you mean ${nearest}?` : "";
}

function faultOf(error: Broken, called: string): Fault {
  const sentence = (WORDS[error.keyword] ?? unnamed)(error, called);
  const unknown = error.params.additionalProperty;
  const names = namesOf(error.instancePath);
  return { place: placeOf(unknown === undefined ? names : [...names, unknown]), sentence };
}

const namesOf = (pointer: string): string[] =>
  pointer
    .split("/")
    .slice(1)
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));

/** `Student`, `OtherName`, `0` as `Student/OtherName[1]`: people count from one. */
export const placeOf = (names: readonly string[]): string =>
  names.reduce((place, name) => {
    if (place === "") return name;
    return /^[0-9]+$/.test(name) ? `${place}[${Number(name) + 1}]` : `${place}/${name}`;
  }, "");

const WORDS: Record<string, (error: Broken, called: string) => string> = {
  required: ({ params }) => `${params.missingProperty} is required`,
  dependentRequired: ({ params }) =>
    `${params.missingProperty} is required beside ${params.property}`,
  additionalProperties: ({ params, parentSchema }, called) =>
    `unknown ${called}${nearestName(params.additionalProperty ?? "", childrenOf(parentSchema))}`,
  type: ({ params, data }) => TYPES[wanted(params.type ?? "", data)] ?? `must be ${params.type}`,
  enum: ({ params }) => `must be one of ${listed(params.allowedValues ?? [])}`,
  const: ({ params }) => {
    const value = String(params.allowedValue);
    return value.length > 60 ? "must be the fixed text of the schema" : `must be ${value}`;
  },
  pattern: formOf,
  format: (error) => FORMATS[error.params.format ?? ""] ?? formOf(error),
  minLength: ({ params }) =>
    params.limit === 1 ? "must not be empty" : `must have at least ${params.limit} characters`,
  maxLength: ({ params }) => `must have at most ${params.limit} characters`,
  minItems: ({ params }) => `must stand at least ${times(params.limit)}`,
  maxItems: ({ params }) => `must stand at most ${times(params.limit)}`,
  uniqueItems: () => "must not name the same thing twice",
  minProperties: countOf,
  maxProperties: countOf,
  minimum: ({ params }) => `must be at least ${params.limit}`,
  maximum: ({ params }) => `must be at most ${params.limit}`,
  exclusiveMinimum: ({ params }) => `must be more than ${params.limit}`,
  exclusiveMaximum: ({ params }) => `must be less than ${params.limit}`,
  oneOf: formOf,
  anyOf: formOf,
  discriminator: ({ params }) => `${params.tag} must name one of the known kinds`,
  "false schema": () => "is not allowed here",
};

const FORMATS: Record<string, string> = {
  date: "must be a day of the calendar, like 2009-02-12",
  "date-time": "must be a time of the calendar in UTC, like 2024-07-25T14:30:00Z",
};

const TYPES: Record<string, string> = {
  unquoted: 'must be text: put it in quotes, like "01234"',
  string: "must be text",
  object: "must hold names and values",
  array: "must be a list",
  boolean: "must be true or false",
  integer: "must be a whole number",
  number: "must be a number",
};

/** YAML reads an unquoted 01234 as a number; say how to keep it a text. */
const wanted = (type: string, data: unknown): string =>
  type === "string" && ["number", "boolean"].includes(typeof data) ? "unquoted" : type;

const unnamed = ({ keyword }: Broken): string => `breaks the rule ${keyword} of the schema`;

/** A title says the form ("seven digits"); without one the definition's name and description must do. */
function formOf({ schemaPath, parentSchema }: Broken): string {
  if (parentSchema?.title !== undefined) return `must be ${parentSchema.title}`;
  const name = /\$defs\/([^/]+)\/[^/]+$/.exec(schemaPath)?.[1];
  const form = name === undefined ? "must have the form of the schema" : `must be a proper ${name}`;
  return parentSchema?.description === undefined ? form : `${form}: ${parentSchema.description}`;
}

function countOf({ params, keyword, parentSchema }: Broken): string {
  if (parentSchema?.minProperties === 1 && parentSchema.maxProperties === 1) {
    return `must hold exactly one of ${listed(childrenOf(parentSchema))}`;
  }
  return `must hold ${keyword === "minProperties" ? "at least" : "at most"} ${params.limit}`;
}

const childrenOf = (schema: Description | undefined): string[] =>
  Object.keys(schema?.properties ?? {});

const times = (count?: number): string => (count === 1 ? "once" : `${count} times`);

const listed = (values: readonly unknown[]): string =>
  values.length > MOST_CODES ? `${values.slice(0, MOST_CODES).join(", ")} …` : values.join(", ");
