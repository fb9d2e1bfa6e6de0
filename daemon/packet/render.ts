/** Plain objects as XML, in the order of their schema; what no reader would take is refused here. */
import { checkerFor, type Fault, refuseFaults } from "../schema.ts";
import { isPadded, type Shape, shapeOf, type Value } from "./shape.ts";
import { FORBIDDEN } from "./xml.ts";

export interface Rendering {
  /** Name of the element, and of its definition. */
  readonly root: string;
  /** Name of the schema's file. */
  readonly schemaFile: string;
  /** Declared on the element; absent inside a packet, which declares it once. */
  readonly namespace?: string;
  /** How many elements it stands in; two spaces each. */
  readonly depth?: number;
}

/**
 * @param value of the type that the schema gives the root
 * @returns the element, indented, without white space around it
 * @throws PacketboatError WRITING_INVALID naming every field that its schema or the wire profile refuses
 */
export function render(
  value: object,
  { root, schemaFile, namespace, depth = 0 }: Rendering,
): string {
  const faults = checkerFor(schemaFile, root)(value);
  const shape = shapeOf(schemaFile, root);
  const start = namespace === undefined ? root : `${root} xmlns="${escaped(namespace)}"`;
  const rendered = { lines: [], isAnyPadded: false };
  renderInto(rendered, { name: root, start, indent: "  ".repeat(depth) }, value as Value, shape);
  const text = rendered.lines.join("\n").trimStart();
  // Which text it is, is looked for only if there is one.
  if (rendered.isAnyPadded || FORBIDDEN.test(text) || !text.isWellFormed()) {
    tellTexts(faults, "", value as Value, shape);
  }
  refuseFaults(faults, "WRITING_INVALID", { document: `the ${root}`, root });
  return text;
}

interface Rendered {
  readonly lines: string[];
  /** Does any text begin or end with white space? */
  isAnyPadded: boolean;
}

interface Spot {
  readonly name: string;
  /** The name, and what else stands in the start tag. */
  readonly start: string;
  readonly indent: string;
}

function renderInto(rendered: Rendered, spot: Spot, value: Value, shape: Shape): void {
  const { lines } = rendered;
  const { name, start, indent } = spot;
  if (shape === null || !isContainer(value)) {
    const text = textOf(value);
    if (isPadded(text)) rendered.isAnyPadded = true;
    lines.push(`${indent}<${start}>${escaped(text)}</${name}>`);
    return;
  }
  lines.push(`${indent}<${start}>`);
  const inner = `${indent}  `;
  for (const [child, { shape: below }] of shape) {
    const said = value[child];
    if (said === undefined) continue;
    const place = { name: child, start: child, indent: inner };
    if (!Array.isArray(said)) renderInto(rendered, place, said, below);
    else for (const item of said) renderInto(rendered, place, item, below);
  }
  lines.push(`${indent}</${name}>`);
}

/** What the schema does not see in a text and the wire cannot carry (PROTOCOL 3), by place. */
function tellTexts(faults: Fault[], place: string, value: Value, shape: Shape): void {
  if (shape === null || !isContainer(value)) {
    const sentence = faultOf(textOf(value));
    if (sentence !== null) faults.push({ place, sentence });
    return;
  }
  for (const [child, { shape: below }] of shape) {
    const said = value[child];
    if (said === undefined) continue;
    const path = place === "" ? child : `${place}/${child}`;
    if (!Array.isArray(said)) tellTexts(faults, path, said, below);
    else
      for (const [nth, item] of said.entries())
        tellTexts(faults, `${path}[${nth + 1}]`, item, below);
  }
}

/** A value of another type than the schema's is told by its checker already. */
const isContainer = (value: Value): value is { [name: string]: Value } =>
  typeof value === "object" && value !== null;

const textOf = (value: Value): string => (typeof value === "string" ? value : "");

function faultOf(text: string): string | null {
  if (isPadded(text)) return "must not begin or end with white space";
  if (FORBIDDEN.test(text)) return "must not have control characters";
  return text.isWellFormed() ? null : "must not have half a character";
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const MARKUP = /[&<>"]/;
const EACH_MARKUP = new RegExp(MARKUP, "g");

const escaped = (text: string): string =>
  MARKUP.test(text) ? text.replaceAll(EACH_MARKUP, (char) => ENTITIES[char] ?? char) : text;
