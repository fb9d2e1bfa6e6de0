/**
 * Between the elements of a document and plain objects, as a JSON Schema shapes them: a leaf is a text,
 * a container an object, a repeated element an array. The order of `properties` is the order of
 * elements, which the schema checker cannot see; it is checked here (PROTOCOL 3).
 */
import { checkerFor, definitionAt, type Fault, nearestName, type Schema } from "../schema.ts";

/** One element as it was read: only one of text and children means something. */
export interface XmlElement {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

/** A text, an object of texts, lists and objects: never a number. */
export type Value = string | Value[] | { [name: string]: Value };

/** The names of a container's children, in their order; `null` is a leaf. */
export type Shape = ReadonlyMap<string, Child> | null;

interface Child {
  /** As an element says it, but one string for all of them: an object finds it at once. */
  readonly name: string;
  readonly order: number;
  readonly isRepeated: boolean;
  /** Of one that is repeated. */
  readonly most: number;
  readonly shape: Shape;
}

interface Reading {
  readonly faults: Fault[];
  /** The names that lead to the element, and the number of one that is repeated. */
  readonly path: (string | number)[];
  /** Surrounding white space is trimmed, an empty leaf is an absent one. */
  readonly isForgiving: boolean;
}

const known = new Map<string, Shape>();

/**
 * @param file name of a schema file
 * @param definition a name under its `$defs`, of an object or a text
 */
export function shapeOf(file: string, definition: string): Shape {
  const key = `${file} ${definition}`;
  const present = known.get(key);
  if (present !== undefined) return present;
  const shape = shaped(file, { $ref: `#/$defs/${definition}` }).shape;
  known.set(key, shape);
  return shape;
}

/**
 * Turn an element into the object that its schema describes, and find all that is wrong with it.
 *
 * @param element the root of a document or of a message
 * @param isForgiving trim texts and skip empty ones, as in the outbox; on the wire they are faults
 * @returns the object, which is of the schema's type if there are no faults
 */
export function objectOf(
  element: XmlElement,
  file: string,
  definition: string,
  isForgiving: boolean,
): { value: Value; faults: Fault[] } {
  const faults: Fault[] = [];
  const reading = { faults, path: [], isForgiving };
  const value = valueOf(element, shapeOf(file, definition), reading) ?? {};
  // Nobody is shown more of them.
  if (faults.length >= MOST_TOLD) return { value, faults };
  const told = new Set(faults.map((fault) => fault.place));
  const more = checkerFor(file, definition)(value).filter((fault) => !told.has(fault.place));
  return { value, faults: [...faults, ...more] };
}

/**
 * The same of an element of which not all is there: how it is shaped, and not whether anything is missing.
 *
 * @param element of what was read or written by the whole schema before
 */
export const uncheckedIn = (element: XmlElement, file: string, definition: string): Value =>
  valueOf(element, shapeOf(file, definition), { faults: [], path: [], isForgiving: false }) ?? {};

function shaped(file: string, schema: Schema): Omit<Child, "name" | "order"> {
  if (schema.$ref !== undefined) {
    const target = definitionAt(file, schema.$ref);
    return shaped(target.file, target.schema);
  }
  if (schema.type === "array") {
    const most = schema.maxItems ?? Infinity;
    return { ...shaped(file, schema.items ?? {}), isRepeated: true, most };
  }
  if (schema.type !== "object") return { shape: null, isRepeated: false, most: 1 };
  const names = Object.entries(schema.properties ?? {});
  const children = names.map(
    ([name, child], order) => [name, { name, order, ...shaped(file, child) }] as const,
  );
  return { shape: new Map(children), isRepeated: false, most: 1 };
}

function valueOf(element: XmlElement, shape: Shape, reading: Reading): Value | undefined {
  if (shape === null) return leafOf(element, reading);
  if (/[^ \t\n]/.test(element.text)) tell(reading, "holds elements, no text");
  return containerOf(element.children, shape, reading);
}

function leafOf({ text, children }: XmlElement, reading: Reading): string | undefined {
  const kept = reading.isForgiving ? trimmed(text) : text;
  if (children.length > 0) tell(reading, "holds a text, no elements");
  else if (kept === "" && reading.isForgiving) return undefined;
  else if (kept === "") tell(reading, "is empty: leave the element out");
  else if (isPadded(kept)) tell(reading, "must not begin or end with white space");
  return kept;
}

function containerOf(
  children: readonly XmlElement[],
  shape: ReadonlyMap<string, Child>,
  reading: Reading,
): Value {
  const value: { [name: string]: Value } = {};
  let furthest: Pick<Child, "name" | "order"> = { order: -1, name: "" };
  for (const element of children) {
    const child = shape.get(element.name);
    // What a partner calls an element may be anything, a name too: only our own offices are quoted.
    reading.path.push(child?.name ?? (reading.isForgiving ? element.name : "…"));
    if (!child) {
      tell(reading, () => `unknown element${nearestName(element.name, [...shape.keys()])}`);
    } else {
      if (child.order >= furthest.order) furthest = child;
      else tell(reading, `must stand before ${furthest.name}`);
      add(value, element, child, reading);
    }
    reading.path.pop();
  }
  return value;
}

function add(
  value: { [name: string]: Value },
  element: XmlElement,
  { name, isRepeated, most, shape }: Child,
  reading: Reading,
): void {
  const present = value[name];
  if (present !== undefined && !isRepeated) return tell(reading, "must stand only once");
  const list = present as Value[] | undefined;
  // One too many is enough to refuse them all: each further one costs the checker more than the one before it.
  if (list && list.length > most) return;
  if (isRepeated) reading.path.push((list?.length ?? 0) + 1);
  const item = valueOf(element, shape, reading);
  if (isRepeated) reading.path.pop();
  if (item === undefined) return;
  if (list) list.push(item);
  else value[name] = isRepeated ? [item] : item;
}

const MOST_TOLD = 100;

/** A document may have a million faults; what is not shown is not worked out. */
function tell({ faults, path }: Reading, sentence: string | (() => string)): void {
  if (faults.length >= MOST_TOLD) return;
  const place = path
    .map((step) => (typeof step === "number" ? `[${step}]` : `/${step}`))
    .join("")
    .slice(1);
  faults.push({ place, sentence: typeof sentence === "string" ? sentence : sentence() });
}

const isSpace = (char: string | undefined): boolean =>
  char === " " || char === "\t" || char === "\n";

/** White space as XML knows it stands at an end of the text; other spaces belong to the text. */
export const isPadded = (text: string): boolean => isSpace(text[0]) || isSpace(text.at(-1));

function trimmed(text: string): string {
  const plain = text.replaceAll(/\r\n?/g, "\n");
  let start = 0;
  let end = plain.length;
  while (start < end && isSpace(plain[start])) start++;
  while (end > start && isSpace(plain[end - 1])) end--;
  return plain.slice(start, end);
}
