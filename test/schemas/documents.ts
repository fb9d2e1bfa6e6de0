/**
 * Random documents for tests, made from the schema of the wire: texts about which a leaf's rules might
 * care, good elements of each kind, and good ones with one thing changed.
 */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import type { WireSchema } from "../../schemas/generate-xsd.ts";

/** An element: its name, and either its text or its children. */
export interface Node {
  name: string;
  content: string | Node[];
}

export const wire = JSON.parse(
  readFileSync(new URL("../../schemas/transfer.schema.json", import.meta.url), "utf8"),
) as WireSchema & { $id: string; $defs: Record<string, WireSchema> };

export const definition = (name: string): WireSchema => wire.$defs[name] ?? {};

/** What a schema says, also where it only refers to another. */
export const said = (schema: WireSchema): WireSchema =>
  schema.$ref === undefined ? schema : definition(schema.$ref.replace("#/$defs/", ""));

const TIMES = ["0000-01-01", "1900-02-29", "2000-02-29", "2023-02-29", "2024-02-29", "2024-13-01"]
  .concat([
    "2024-04-31",
    "2024-06-30Z",
    "2024-06-30+02:00",
    "24-06-30",
    "12024-06-30",
    "2099-12-31",
  ])
  .flatMap((day) => [day, `${day}T00:00:00Z`])
  .concat(["2024-06-30T24:00:00Z", "2024-06-30T23:59:60Z", "2024-06-30 12:00:00Z"])
  .concat(["2024-06-30T12:00:00.5Z", "2024-06-30T12:00:00", "2024-06-30T12:00:00z"]);

// The wire profile: no white space at either end of a leaf, and no character that XML refuses.
const isLeafText = (text: string): boolean =>
  text !== "" &&
  !/^[ \t\n]|[ \t\n]$|[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(text);

const anyText = fc
  .oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: "grapheme", maxLength: 200 }),
    fc.constantFrom(...TIMES, "0", "-0", "007", "1e5", "true", "NaN", "a\u2028b", "x".repeat(5000)),
  )
  .filter(isLeafText);

/** Texts about which a leaf might care: what its pattern makes, its values, its lengths, anything. */
export function textsFor(leaf: WireSchema): fc.Arbitrary<string> {
  const { minLength = 1, maxLength = 5 } = leaf;
  const lengths = [minLength - 1, minLength, maxLength, maxLength + 1].filter((n) => n > 0);
  const values = leaf.enum ?? (leaf.const === undefined ? [] : [leaf.const]);
  const listed = [...values, ...(leaf.format === undefined ? [] : TIMES)];
  const made = [anyText, fc.constantFrom(...lengths.map((length) => "\u{1f6a2}".repeat(length)))];
  if (listed.length > 0) made.push(fc.constantFrom(...listed));
  if (leaf.pattern !== undefined) {
    const fitting = fc.stringMatching(new RegExp(leaf.pattern, "u"));
    made.push(
      fitting,
      fitting.map((text) => text.slice(1)),
      fitting.map((text) => `${text}0`),
    );
  }
  return fc.oneof(...made).filter(isLeafText);
}

/**
 * Good elements of one kind, with few texts in them and none to two of what may be left out.
 *
 * @param text good texts of each kind of leaf
 */
export function elementsOf(
  name: string,
  schema: WireSchema,
  text: ReadonlyMap<WireSchema, fc.Arbitrary<string>>,
): fc.Arbitrary<Node> {
  const own = said(schema);
  const texts = text.get(own);
  if (texts) return texts.map((content) => ({ name, content }));
  const isChoice = own.maxProperties === 1;
  const children = Object.entries(own.properties ?? {}).map(([child, property]) => {
    const list = said(property);
    const isList = list.type === "array";
    const least = isChoice || own.required?.includes(child) ? 1 : 0;
    const elements = elementsOf(child, isList ? (list.items ?? {}) : property, text);
    return fc.array(elements, { minLength: least, maxLength: isList ? 2 : 1 });
  });
  const content = isChoice
    ? fc.oneof(...children)
    : fc.tuple(...children).map((lists) => lists.flat());
  return content.map((nodes) => ({ name, content: nodes }));
}

const inside = (node: Node): Node[] =>
  typeof node.content === "string" ? [node] : [node, ...node.content.flatMap(inside)];

/** One thing changed, somewhere; mostly for the worse. */
const CHANGES: ((node: Node, text: string) => void)[] = [
  (node, text) => {
    node.content = text;
  },
  (node) => {
    node.content = [];
  },
  (node) => {
    node.content = [{ name: "AgencyId", content: "0634320" }];
  },
  ({ content }, text) => {
    if (typeof content !== "string") content.push({ name: "Stranger", content: text });
  },
  ({ content }, text) => {
    if (typeof content !== "string") content.splice(text.length % content.length, 1);
  },
];

/** Each document with one change made to one of its elements. */
export const changed = (documents: fc.Arbitrary<Node>): fc.Arbitrary<Node> =>
  fc
    .tuple(documents, fc.nat(), fc.constantFrom(...CHANGES), anyText)
    .map(([document, where, change, text]) => {
      const copy = structuredClone(document);
      const elements = inside(copy);
      change(elements[where % elements.length] ?? copy, text);
      return copy;
    });
