/** Documents of every shape that a schema allows, made from the schema itself. */
import fc from "fast-check";
import { FORBIDDEN } from "../../daemon/packet/xml.ts";
import { definitionAt, type Schema } from "../../daemon/schema.ts";

type Leaf = Schema & {
  readonly const?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
};

/** Any value that is right for one definition of a schema file. */
export function anyOf(file: string, definition: string): fc.Arbitrary<Record<string, unknown>> {
  const found = definitionAt(file, `#/$defs/${definition}`);
  return arbitraryOf(found.file, found.schema) as fc.Arbitrary<Record<string, unknown>>;
}

function arbitraryOf(file: string, schema: Leaf): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) {
    const target = definitionAt(file, schema.$ref);
    return arbitraryOf(target.file, target.schema);
  }
  if (schema.type === "array") {
    const { minItems = 0, maxItems = 3 } = schema;
    return fc.array(arbitraryOf(file, schema.items ?? {}), {
      minLength: minItems,
      maxLength: Math.min(maxItems, 3),
    });
  }
  return schema.type === "object" ? objectOf(file, schema) : leafOf(schema);
}

function objectOf(file: string, schema: Leaf): fc.Arbitrary<unknown> {
  const children = Object.entries(schema.properties ?? {}).map(
    ([name, child]) => [name, arbitraryOf(file, child)] as const,
  );
  if (schema.maxProperties === 1) {
    return fc.oneof(...children.map(([name, child]) => fc.record({ [name]: child })));
  }
  return fc.record(Object.fromEntries(children), { requiredKeys: [...(schema.required ?? [])] });
}

function leafOf(schema: Leaf): fc.Arbitrary<string> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.format === "date") return fc.date(between(1900)).map((date) => iso(date).slice(0, 10));
  if (schema.format === "date-time") return fc.date(between(2000)).map(iso);
  if (schema.pattern?.startsWith("^-----BEGIN")) return armoured;
  if (schema.pattern === undefined || schema.pattern === "^[^\\t\\n]+$") return freeText(schema);
  if (schema.pattern.includes("@")) return fc.constantFrom("a@b.example", "zoë+1@school.example");
  return fc.stringMatching(new RegExp(schema.pattern, "u")).filter((text) => fits(text, schema));
}

const between = (year: number): { min: Date; max: Date; noInvalidDate: true } => ({
  min: new Date(`${year}-01-01T00:00:00Z`),
  max: new Date("2199-12-31T23:59:59Z"),
  noInvalidDate: true,
});

const iso = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;

const fits = (text: string, { minLength = 0, maxLength = Infinity }: Leaf): boolean =>
  [...text].length >= minLength && [...text].length <= maxLength;

/** Beyond the first plane, of several code points, of no width, or with a meaning to XML or to `trim`. */
const AWKWARD = [
  "𠮷",
  "😀",
  "👩‍👧",
  "e\u0301",
  "\u0301",
  "\u200F",
  "\u200B",
  "\u2028",
  "\u00A0",
  "\u3000",
].concat([
  "&",
  "<",
  ">",
  '"',
  "'",
  "]]>",
  "&#65;",
  "&amp;",
  "\t",
  "\n",
  " ",
  "\u{10FFFD}",
  "\uFFFD",
  "ß",
  "İ",
]);

/** Any characters at all, less those that the wire does not carry. */
export const anyText = fc
  .oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: fc.constantFrom(...AWKWARD) }),
    fc.lorem(),
  )
  .map((text) => [...text].filter((char) => !FORBIDDEN.test(char)).join(""));

function freeText(schema: Leaf): fc.Arbitrary<string> {
  const isLine = schema.pattern !== undefined;
  const longest = fc
    .constantFrom("𠮷", "\u0301", "\u00A0", "&")
    .map((char) => char.repeat(schema.maxLength ?? 1));
  return fc
    .oneof({ arbitrary: anyText, weight: 30 }, { arbitrary: longest, weight: 1 })
    .map((text) => (isLine ? text.replaceAll(/[\t\n]/g, " ") : text))
    .map((text) => [...text].slice(0, schema.maxLength).join(""))
    .map((text) => text.replaceAll(/^[ \t\n]+|[ \t\n]+$/g, ""))
    .map((text) => (fits(text, schema) ? text : "x".repeat(Math.max(1, schema.minLength ?? 1))));
}

const armoured = fc
  .base64String({ minLength: 64, maxLength: 200 })
  .map((text) => `-----BEGIN PGP MESSAGE-----\n\n${text}\n=aB3d\n-----END PGP MESSAGE-----`);
