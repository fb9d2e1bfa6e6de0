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
  readonly order: number;
  readonly isRepeated: boolean;
  readonly shape: Shape;
}

interface Reading {
  readonly faults: Fault[];
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
  const value = valueOf(element, shapeOf(file, definition), "", { faults, isForgiving }) ?? {};
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
  valueOf(element, shapeOf(file, definition), "", { faults: [], isForgiving: false }) ?? {};

function shaped(file: string, schema: Schema): Omit<Child, "order"> {
  if (schema.$ref !== undefined) {
    const target = definitionAt(file, schema.$ref);
    return shaped(target.file, target.schema);
  }
  if (schema.type === "array") return { ...shaped(file, schema.items ?? {}), isRepeated: true };
  if (schema.type !== "object") return { shape: null, isRepeated: false };
  const names = Object.entries(schema.properties ?? {});
  const children = names.map(
    ([name, child], order) => [name, { order, ...shaped(file, child) }] as const,
  );
  return { shape: new Map(children), isRepeated: false };
}

function valueOf(
  element: XmlElement,
  shape: Shape,
  place: string,
  reading: Reading,
): Value | undefined {
  if (shape === null) return leafOf(element, place, reading);
  if (/[^ \t\n]/.test(element.text)) tell(reading, place, "holds elements, no text");
  return containerOf(element.children, shape, place, reading);
}

function leafOf(
  { text, children }: XmlElement,
  place: string,
  reading: Reading,
): string | undefined {
  const kept = reading.isForgiving ? trimmed(text) : text;
  if (children.length > 0) tell(reading, place, "holds a text, no elements");
  else if (kept === "" && reading.isForgiving) return undefined;
  else if (kept === "") tell(reading, place, "is empty: leave the element out");
  else if (isPadded(kept)) tell(reading, place, "must not begin or end with white space");
  return kept;
}

function containerOf(
  children: readonly XmlElement[],
  shape: ReadonlyMap<string, Child>,
  place: string,
  reading: Reading,
): Value {
  const value: { [name: string]: Value } = {};
  let furthest = { order: -1, name: "" };
  for (const element of children) {
    const { name } = element;
    const below = place === "" ? name : `${place}/${name}`;
    const child = shape.get(name);
    if (!child) {
      // What a partner calls an element may be anything, a name too: only our own offices are quoted.
      const quoted = reading.isForgiving ? below : below.replace(/[^/]+$/, "…");
      tell(reading, quoted, () => `unknown element${nearestName(name, [...shape.keys()])}`);
      continue;
    }
    if (child.order >= furthest.order) furthest = { order: child.order, name };
    else tell(reading, below, `must stand before ${furthest.name}`);
    if (child.isRepeated) append(value, element, child.shape, below, reading);
    else if (name in value) tell(reading, below, "must stand only once");
    else {
      const single = valueOf(element, child.shape, below, reading);
      if (single !== undefined) value[name] = single;
    }
  }
  return value;
}

function append(
  value: { [name: string]: Value },
  element: XmlElement,
  shape: Shape,
  place: string,
  reading: Reading,
): void {
  const list = (value[element.name] ?? []) as Value[];
  const item = valueOf(element, shape, `${place}[${list.length + 1}]`, reading);
  if (item === undefined) return;
  list.push(item);
  value[element.name] = list;
}

/** A document may have a million faults; what is not shown is not worked out. */
function tell({ faults }: Reading, place: string, sentence: string | (() => string)): void {
  if (faults.length >= 100) return;
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
