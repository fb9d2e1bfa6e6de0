/**
 * A packet read once more by libxml2, with the wire profile of PROTOCOL 3 looked for in its tree: so a test can
 * ask whether a partner with other tools reads what we read, and refuses what we refuse.
 */
import {
  XmlCData,
  XmlComment,
  XmlDocument,
  XmlElement as Found,
  XmlLibError,
  XmlText,
} from "libxml2-wasm";
import { TRANSFER_NAMESPACE } from "../../daemon/packet/model.ts";
import type { XmlElement } from "../../daemon/packet/shape.ts";
import { SAFE } from "../xsd.ts";

/** @returns the root, or what stands in the way of the wire profile */
export function readByOthers(text: string): XmlElement | string {
  if (BANNED.test(text)) return "a character that the wire does not carry";
  if (text.startsWith("<?xml") && !DECLARATION.test(text)) return "another declaration";
  try {
    using document = XmlDocument.fromBuffer(Buffer.from(text), SAFE);
    const { root } = document;
    if (root.prev || root.next) return "something beside the root";
    if (root.nsDeclarations[""] !== TRANSFER_NAMESPACE) return "no namespace of ours";
    return elementOf(root, true);
  } catch (error) {
    if (error instanceof Breach) return error.message;
    if (error instanceof XmlLibError) return "not well-formed";
    throw error;
  }
}

/** White space stands at an end of some text. */
export const hasPadding = ({ text, children }: XmlElement): boolean =>
  children.length > 0 ? children.some(hasPadding) : /^[ \t\n]|[ \t\n]$/.test(text);

const BANNED = /[[\p{Cc}\uFEFF\uFFFE\uFFFF]--[\t\n]]/v;
const DECLARATION =
  /^<\?xml\s+version\s*=\s*(["'])1\.0\1(\s+encoding\s*=\s*(["'])utf-8\3)?(\s+standalone\s*=\s*(["'])(yes|no)\5)?\s*\?>/i;

class Breach extends Error {}

function elementOf(found: Found, isRoot: boolean): XmlElement {
  const { name, attrs, prefix, namespaceUri, nsDeclarations } = found;
  const declared = Object.keys(nsDeclarations).length;
  if (attrs.length > 0) throw new Breach("an attribute");
  if (declared > (isRoot ? 1 : 0) && Object.keys(nsDeclarations).some((each) => each !== ""))
    throw new Breach("a prefix");
  if (!isRoot && declared > 0) throw new Breach("another declaration of a namespace");
  if (prefix !== "" || namespaceUri !== TRANSFER_NAMESPACE) throw new Breach("another namespace");
  const children: XmlElement[] = [];
  let text = "";
  for (let node = found.firstChild; node; node = node.next) {
    if (node instanceof XmlCData || node instanceof XmlComment)
      throw new Breach("a comment or CDATA");
    if (node instanceof Found) children.push(elementOf(node, false));
    else if (node instanceof XmlText) text += node.content;
    else throw new Breach("a node of another kind");
  }
  if (BANNED.test(text)) throw new Breach("a character that the wire does not carry");
  if (children.length > 0 && /[^ \t\n]/.test(text)) throw new Breach("text beside elements");
  return { name, text: children.length > 0 ? "" : text, children };
}
