/**
 * The XML Schema of the wire, from the same rules as the JSON Schema. Only the keywords below are
 * known; any other one stops the generator, because it would bind one reader of a packet and not the
 * other. How they map is told in `schemas/README.md`.
 */
import { xsdPattern } from "./xsd-pattern.ts";

export const NAMESPACE = "urn:packetboat:transfer:1";

/** Documents that stand by themselves: the packet, and the texts that are signed before it is. */
const ROOTS = ["TransferPacket", "TransferRequest", "Referral", "Card"];

export interface WireSchema {
  $ref?: string;
  $defs?: Record<string, WireSchema>;
  title?: string;
  description?: string;
  type?: string;
  properties?: Record<string, WireSchema>;
  required?: string[];
  additionalProperties?: boolean;
  minProperties?: number;
  maxProperties?: number;
  items?: WireSchema;
  oneOf?: WireSchema[];
  minItems?: number;
  maxItems?: number;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  enum?: string[];
  const?: string;
  format?: string;
}

const WORDS = ["title", "description"];
const KNOWN = {
  ref: ["$ref", ...WORDS],
  leaf: ["type", "pattern", "minLength", "maxLength", "enum", "const", "format", ...WORDS],
  list: ["type", "items", "minItems", "maxItems", ...WORDS],
  container: ["type", "properties", "required", "additionalProperties", ...WORDS],
};
const CHOICE = ["minProperties", "maxProperties"];
const BASES: Record<string, string> = { date: "xs:date", "date-time": "xs:dateTime" };

interface Element {
  name: string;
  attributes: Record<string, string | number | undefined>;
  children: (Element | string)[];
}

type Defs = Record<string, WireSchema>;
type Occurs = Record<"minOccurs" | "maxOccurs", string | number | undefined>;

/**
 * @param schema `transfer.schema.json`, parsed
 * @returns the text of `transfer-packet.xsd`
 * @throws Error naming the definition that XML Schema cannot say
 */
export function xsdOf(schema: WireSchema): string {
  const defs = withPacket(schema.$defs ?? {});
  const roots = ROOTS.filter((name) => name in defs);
  const types = Object.entries(defs).filter(([, def]) => !isRepeated(def));
  const root = xs(
    "schema",
    {
      "xmlns:xs": "http://www.w3.org/2001/XMLSchema",
      xmlns: NAMESPACE,
      targetNamespace: NAMESPACE,
      elementFormDefault: "qualified",
    },
    ...documented(schema),
    ...roots.map((name) => xs("element", { name, type: name })),
    ...types.map(([name, def]) => named(name, typeOf(def, name, defs))),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<!-- made by \`npm run generate\` from schemas/transfer.schema.json -->\n${render(root)}\n`;
}

/** ajv meets a packet's header and its messages one by one; the XSD meets the whole document. */
function withPacket(defs: Defs): Defs {
  if (defs.TransferPacket || !defs.Header || !defs.Messages) return defs;
  const TransferPacket: WireSchema = {
    description: "One XML document from one sender to one recipient: the unit that is sealed.",
    type: "object",
    properties: { Header: { $ref: "#/$defs/Header" }, Messages: { $ref: "#/$defs/Messages" } },
    required: ["Header", "Messages"],
    additionalProperties: false,
  };
  return { TransferPacket, ...defs };
}

function typeOf(schema: WireSchema, place: string, defs: Defs): Element {
  if (schema.type === "object") return container(schema, place, defs);
  if (schema.type === "array") return choiceOfMessages(schema, place);
  return leaf(schema, place);
}

function container(schema: WireSchema, place: string, defs: Defs): Element {
  const isChoice = schema.minProperties === 1 && schema.maxProperties === 1;
  demandKnown(schema, isChoice ? [...KNOWN.container, ...CHOICE] : KNOWN.container, place);
  if (schema.additionalProperties !== false)
    throw fault(place, "additionalProperties: false is missing");
  const required = new Set(schema.required);
  if (!isChoice && required.size === 0)
    throw fault(place, "no child is required, so it may be empty");
  const children = Object.entries(schema.properties ?? {}).map(([name, child]) =>
    particle(name, child, isChoice || required.has(name), `${place}/${name}`, defs),
  );
  for (const name of required) {
    if (!schema.properties?.[name]) throw fault(place, `${name} is required and not a property`);
  }
  const model = xs(isChoice ? "choice" : "sequence", {}, ...children);
  return xs("complexType", {}, ...documented(schema), model);
}

/** One child: an element that stands once, perhaps not at all, or several times in place. */
function particle(
  name: string,
  schema: WireSchema,
  required: boolean,
  place: string,
  defs: Defs,
): Element {
  const target = schema.$ref === undefined ? schema : resolved(schema, place, defs);
  if (!isRepeated(target)) {
    const occurs = { minOccurs: required ? undefined : 0, maxOccurs: undefined };
    return element(name, schema, occurs, place, defs);
  }
  demandKnown(target, KNOWN.list, place);
  if (!target.items) throw fault(place, "an array without items");
  return element(name, target.items, repeated(target, required, place), place, defs);
}

function repeated(list: WireSchema, required: boolean, place: string): Occurs {
  const least = list.minItems ?? 0;
  if (least < 1) throw fault(place, "minItems must be 1 or more: an empty list leaves no element");
  if (!required && least > 1) throw fault(place, "none, or at least two: XML Schema cannot say it");
  return {
    minOccurs: required ? (least > 1 ? least : undefined) : 0,
    maxOccurs: list.maxItems ?? "unbounded",
  };
}

function element(
  name: string,
  schema: WireSchema,
  occurs: Occurs,
  place: string,
  defs: Defs,
): Element {
  if (schema.$ref === undefined)
    return xs("element", { name, ...occurs }, typeOf(schema, place, defs));
  demandKnown(schema, KNOWN.ref, place);
  resolved(schema, place, defs);
  return xs("element", { name, type: defName(schema.$ref), ...occurs }, ...documented(schema));
}

function choiceOfMessages(schema: WireSchema, place: string): Element {
  demandKnown(schema, KNOWN.list, place);
  const kinds = (schema.items?.oneOf ?? []).map((kind) => {
    if (kind.$ref === undefined) throw fault(place, "each kind of message must be a $ref");
    const name = defName(kind.$ref);
    return xs("element", { name, type: name });
  });
  const occurs = repeated(schema, true, place);
  return xs("complexType", {}, ...documented(schema), xs("choice", occurs, ...kinds));
}

function leaf(schema: WireSchema, place: string): Element {
  demandKnown(schema, KNOWN.leaf, place);
  const values = schema.const === undefined ? (schema.enum ?? []) : [schema.const];
  if (schema.type !== "string" && values.length === 0)
    throw fault(place, "a leaf must be a string");
  const facets = [
    ...values.map((value) => xs("enumeration", { value })),
    ...(schema.format === undefined ? lengths(schema) : []),
    ...(schema.pattern === undefined ? [] : [xs("pattern", { value: xsdPattern(schema.pattern) })]),
  ];
  const restriction = xs("restriction", { base: baseOf(schema, place) }, ...facets);
  return xs("simpleType", {}, ...documented(schema), restriction);
}

/** Dates have no length in XML Schema; their pattern fixes it. */
const lengths = ({ minLength, maxLength }: WireSchema): Element[] => [
  ...(minLength === undefined ? [] : [xs("minLength", { value: minLength })]),
  ...(maxLength === undefined ? [] : [xs("maxLength", { value: maxLength })]),
];

function baseOf({ format, pattern }: WireSchema, place: string): string {
  if (format === undefined) return "xs:string";
  const base = BASES[format];
  if (base === undefined) throw fault(place, `the format ${format} is not date or date-time`);
  // Alone, the two formats differ: years, zones, leap seconds, a space instead of the T.
  if (pattern === undefined) throw fault(place, `the format ${format} needs a pattern beside it`);
  return base;
}

/** A list is an element that is repeated; a list of messages is an element of its own. */
const isRepeated = (schema: WireSchema): boolean =>
  schema.type === "array" && schema.items?.oneOf === undefined;

const defName = (ref: string): string => ref.replace("#/$defs/", "");

function resolved(schema: WireSchema, place: string, defs: Defs): WireSchema {
  const target = defs[defName(schema.$ref ?? "")];
  if (!target) throw fault(place, `${schema.$ref} names nothing`);
  return target;
}

function demandKnown(schema: WireSchema, known: string[], place: string): void {
  const unknown = Object.keys(schema).find((keyword) => !known.includes(keyword));
  if (unknown !== undefined) throw fault(place, `the keyword ${unknown} is not allowed here`);
}

const fault = (place: string, what: string): Error =>
  new Error(`schemas/transfer.schema.json: ${place}: ${what}`);

function documented({ title, description }: WireSchema): Element[] {
  const text = description ?? title;
  return text === undefined ? [] : [xs("annotation", {}, xs("documentation", {}, text))];
}

function xs(
  name: string,
  attributes: Element["attributes"],
  ...children: Element["children"]
): Element {
  return { name: `xs:${name}`, attributes, children };
}

const named = (name: string, type: Element): Element => ({ ...type, attributes: { name } });

function render({ name, attributes, children }: Element, indent = ""): string {
  const said = Object.entries(attributes).filter(([, value]) => value !== undefined);
  const tag = [name, ...said.map(([key, value]) => `${key}="${escaped(String(value))}"`)].join(" ");
  if (children.length === 0) return `${indent}<${tag}/>`;
  if (typeof children[0] === "string") return `${indent}<${tag}>${escaped(children[0])}</${name}>`;
  const lines = children.map((child) =>
    typeof child === "string" ? escaped(child) : render(child, `${indent}  `),
  );
  return [`${indent}<${tag}>`, ...lines, `${indent}</${name}>`].join("\n");
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

const escaped = (text: string): string =>
  text
    .replaceAll(/[&<>"]/g, (char) => ENTITIES[char] ?? char)
    .replaceAll(/[\t\n\r]/g, (char) => `&#${char.codePointAt(0)};`);
