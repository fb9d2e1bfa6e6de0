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
 * @throws PacketboatError RULE_BROKEN naming every field that its schema or the wire profile refuses
 */
export function render(
  value: object,
  { root, schemaFile, namespace, depth = 0 }: Rendering,
): string {
  const faults = checkerFor(schemaFile, root)(value);
  const start = namespace === undefined ? root : `${root} xmlns="${escaped(namespace)}"`;
  const lines: string[] = [];
  const told = { lines, faults };
  renderInto(
    told,
    { name: root, start, place: "", depth },
    value as Value,
    shapeOf(schemaFile, root),
  );
  refuseFaults(faults, "RULE_BROKEN", { document: `the ${root}`, root });
  return lines.join("\n").trimStart();
}

interface Told {
  readonly lines: string[];
  readonly faults: Fault[];
}

interface Spot {
  readonly name: string;
  /** The name, and what else stands in the start tag. */
  readonly start: string;
  readonly place: string;
  readonly depth: number;
}

function renderInto(told: Told, spot: Spot, value: Value, shape: Shape): void {
  const { name, start, place, depth } = spot;
  const indent = "  ".repeat(depth);
  // A value of another type than the schema's is told by its checker already.
  if (shape === null || typeof value !== "object" || value === null) {
    const text = typeof value === "string" ? value : "";
    const sentence = faultOf(text);
    if (sentence !== null) told.faults.push({ place, sentence });
    told.lines.push(`${indent}<${start}>${escaped(text)}</${name}>`);
    return;
  }
  told.lines.push(`${indent}<${start}>`);
  for (const [child, { shape: below }] of shape) {
    const said = (value as Record<string, Value | undefined>)[child];
    if (said === undefined) continue;
    const path = place === "" ? child : `${place}/${child}`;
    for (const [index, item] of (Array.isArray(said) ? said : [said]).entries()) {
      const at = Array.isArray(said) ? `${path}[${index + 1}]` : path;
      renderInto(told, { name: child, start: child, place: at, depth: depth + 1 }, item, below);
    }
  }
  told.lines.push(`${indent}</${name}>`);
}

/** What the schema does not see in a text and the wire cannot carry (PROTOCOL 3). */
function faultOf(text: string): string | null {
  if (isPadded(text)) return "must not begin or end with white space";
  if (FORBIDDEN.test(text)) return "must not have control characters";
  return text.isWellFormed() ? null : "must not have half a character";
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

const escaped = (text: string): string =>
  text.replaceAll(/[&<>"]/g, (char) => ENTITIES[char] ?? char);
