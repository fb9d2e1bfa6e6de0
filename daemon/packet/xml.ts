/**
 * XML as text: is it well-formed, does it keep the wire profile (PROTOCOL 3), what elements are in it?
 * The only door to saxes and fast-xml-parser. The parser alone would take a cut-off file, two roots or
 * mismatched tags, so nothing reaches it that saxes has not walked through first: a packet's header, and what we have
 * kept. All else is read as saxes walks through it.
 */
import { EntityDecoder } from "@nodable/entities";
import { XMLParser } from "fast-xml-parser";
import { SaxesParser, type SaxesTagNS } from "saxes";
import { type ErrorCode, PacketboatError } from "../errors.ts";
import { lineAndColumn } from "./encoding.ts";
import type { XmlElement } from "./shape.ts";

/** Well-formed, and yet refused: control characters but tab and newline, and byte order marks. */
export const FORBIDDEN = /[[\p{Cc}\u{FEFF}\u{FFFE}\u{FFFF}]--[\t\n]]/v;

/** No packet is deeper; its own schema needs eight. */
const MOST_DEPTH = 12;
const MOST_NAME = 64;
/** A packet has one, a dropped document a few. */
const MOST_ATTRIBUTES = 50;
/** Keys with a meaning of their own in JavaScript's objects. */
const RESERVED = ["__proto__", "constructor", "prototype"];
/** Characters in one text; the longest in any schema is a signed text of 200,000. */
const MOST_TEXT = 250_000;
/** The smallest real element, a number in a list, takes 14; a document of smaller ones is made to hurt. */
const LEAST_CHARACTERS_PER_ELEMENT = 12;
/** Elements that a small document may have all the same. */
const FEW_ELEMENTS = 1000;
/** In a large packet, whose real elements take some 40 characters each. */
const LEAST_CHARACTERS_OF_MANY = 40;
/** One message is read as a whole; the largest release that the schema allows has 17,500. */
const MOST_ELEMENTS_IN_MESSAGE = 25_000;

/** In what an office drops: a thousand requests, each with far more than anybody says of a student. */
const MOST_ELEMENTS_DROPPED = 100_000;
/** Characters in what says nothing: comments, instructions, the signs of CDATA. An export may explain each request. */
const MOST_ASIDE = 1_000_000;
/** Characters in all attributes: addresses of schemas. */
const MOST_IN_ATTRIBUTES = 10_000;
/** A tag, and what follows it up to the next: attributes, and the longest text, each sign written as `&#x0416;`. */
const MOST_IN_PART = MOST_IN_ATTRIBUTES + 8 * MOST_TEXT;

/** Characters that are written as references; each of them costs as much as a line of text. */
const MANY_REFERENCES = 100_000;
const LEAST_CHARACTERS_PER_REFERENCE = 16;

export interface Profile {
  /** The namespace of every element. */
  readonly namespace: string;
  /** Prefixes, comments, CDATA, processing instructions and xsi:… do not matter, as in the outbox. */
  readonly isForgiving: boolean;
}

/** What a walk through a document tells on its way; indexes count UTF-16 units. */
export interface Walker {
  /** @param index of the `<` */
  open?(name: string, depth: number, index: number): void;
  /** A text, or a part of one. */
  say?(text: string): void;
  /** @param index behind the last `>` */
  close?(name: string, depth: number, index: number): void;
}

interface Frame {
  readonly name: string;
  hasChildren: boolean;
  hasText: boolean;
}

/**
 * Walk through a whole document once, in time that grows with its length alone. What is not
 * well-formed is called so, whatever else is wrong with it, unless it is too much to be read at all.
 *
 * @param text decoded, at most as long as the caller's limit
 * @throws PacketboatError XML_DOCTYPE, XML_LIMIT, XML_MALFORMED, then XML_PROFILE, XML_ENCODING (of
 *   the declaration), or PACKET_VERSION for another version of the namespace; each with line and
 *   column, none with content
 */
export function walk(text: string, profile: Profile, walker: Walker): void {
  if (text.includes("<!DOCTYPE")) {
    throw new PacketboatError("XML_DOCTYPE", "the document has a DOCTYPE");
  }
  // The parser leaves a longer one as it stands, so the two readers would see different texts.
  if (/&#x?[0-9a-fA-F]{26}/.test(text)) {
    throw new PacketboatError("XML_LIMIT", "the document has a numeric reference of 26 digits");
  }
  demandFewReferences(text);
  demandLittleAside(text);
  demandShortParts(text);
  new Walk(text, profile, walker).toTheEnd();
}

/**
 * One message is read as a whole, so it must be small enough by itself: what a packet may have altogether, one of its
 * messages may not.
 *
 * @param text an element cut out of a document through which `walk` has gone strictly: each `<` begins a tag
 * @throws PacketboatError XML_LIMIT
 */
export function demandFewTags(text: string): void {
  demandFewReferences(text);
  const most = Math.min(mostElements(text), MOST_ELEMENTS_IN_MESSAGE);
  if (count("<", text) - count("</", text) > most) {
    throw new PacketboatError("XML_LIMIT", "the document has too many elements for its size");
  }
}

function demandFewReferences(text: string): void {
  if (count("&", text) <= MANY_REFERENCES + text.length / LEAST_CHARACTERS_PER_REFERENCE) return;
  throw new PacketboatError("XML_LIMIT", "the document has too many references for its size");
}

/** The parser gathers the value of an attribute sign by sign, and tells of it only when it ends. */
function demandShortParts(text: string): void {
  for (let at = text.indexOf("<"); at >= 0;) {
    const next = text.indexOf("<", at + 1);
    if ((next < 0 ? text.length : next) - at > MOST_IN_PART) {
      const sentence = `the document has a tag or a text of more than ${MOST_IN_PART} characters`;
      throw new PacketboatError("XML_LIMIT", sentence);
    }
    at = next;
  }
}

/** The parser gathers a comment sign by sign until it ends, and tells of it only then. */
function demandLittleAside(text: string): void {
  const begin = /<!--|<\?|<!\[CDATA\[/g;
  let aside = 0;
  for (let begun = begin.exec(text); begun; begun = begin.exec(text)) {
    const [sign] = begun;
    const found = text.indexOf(ENDS[sign] ?? ">", begin.lastIndex);
    const end = found < 0 ? text.length : found;
    if (sign === CDATA && end - begin.lastIndex > MOST_TEXT) {
      const sentence = `the document has a text of more than ${MOST_TEXT} characters`;
      throw new PacketboatError("XML_LIMIT", sentence);
    }
    aside += sign === CDATA ? CDATA.length : end - begun.index;
    if (aside > MOST_ASIDE) {
      throw new PacketboatError(
        "XML_LIMIT",
        "the document has too much in comments, processing instructions or CDATA",
      );
    }
    begin.lastIndex = end;
  }
}

const CDATA = "<![CDATA[";
const ENDS: Readonly<Record<string, string>> = { "<!--": "-->", "<?": "?>", [CDATA]: "]]>" };

function count(sign: string, text: string): number {
  let found = 0;
  for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + 1)) found += 1;
  return found;
}

const mostElements = ({ length }: string): number =>
  FEW_ELEMENTS + length / LEAST_CHARACTERS_PER_ELEMENT;

const mostElementsOfMany = (text: string): number =>
  Math.min(mostElements(text), MOST_ELEMENTS_IN_MESSAGE + text.length / LEAST_CHARACTERS_OF_MANY);

/**
 * The strict reader. It sets its handlers by computed names, and an object that gets more than a few fields so is kept
 * by V8 as a dictionary: each character read is then looked up there, and takes five times as long. Fields that are
 * there beforehand, by name, keep it quick.
 */
export class Reader extends SaxesParser<{ xmlns: true }> {
  constructor() {
    super({ xmlns: true });
    const handlers = this as unknown as Partial<Record<Handler, undefined>>;
    handlers.attributeHandler = undefined;
    handlers.cdataHandler = undefined;
    handlers.closeTagHandler = undefined;
    handlers.commentHandler = undefined;
    handlers.errorHandler = undefined;
    handlers.openTagHandler = undefined;
    handlers.openTagStartHandler = undefined;
    handlers.piHandler = undefined;
    handlers.textHandler = undefined;
    handlers.xmldeclHandler = undefined;
  }
}

type Handler = `${
  | "attribute"
  | "cdata"
  | "closeTag"
  | "comment"
  | "error"
  | "openTag"
  | "openTagStart"
  | "pi"
  | "text"
  | "xmldecl"}Handler`;

class Walk {
  readonly #parser = new Reader();
  readonly #text: string;
  readonly #profile: Profile;
  readonly #walker: Walker;
  readonly #frames: Frame[] = [];
  readonly #mostElements: number;
  #elements = 0;
  #attributes = 0;
  #inAttributes = 0;
  /** The first thing that breaks the profile; told at the end, if the rest is well-formed. */
  #breach: PacketboatError | null = null;

  constructor(text: string, profile: Profile, walker: Walker) {
    this.#text = text;
    this.#profile = profile;
    this.#walker = walker;
    this.#mostElements = profile.isForgiving
      ? Math.min(mostElements(text), MOST_ELEMENTS_DROPPED)
      : mostElementsOfMany(text);
  }

  toTheEnd(): void {
    const parser = this.#parser;
    parser.on("error", () => {
      throw this.#fault("XML_MALFORMED", "is not well-formed XML");
    });
    parser.on("xmldecl", ({ version, encoding }) => this.#declared(version, encoding));
    parser.on("opentagstart", ({ name }) => this.#opening(name));
    parser.on("attribute", ({ name, prefix, value }) => this.#attribute(name, prefix, value));
    parser.on("opentag", (tag) => this.#opened(tag));
    parser.on("closetag", () => this.#closed());
    parser.on("text", (text) => this.#said(text));
    parser.on("cdata", (text) => {
      this.#strictly("has a CDATA section");
      this.#said(text);
    });
    parser.on("comment", () => this.#strictly("has a comment"));
    parser.on("processinginstruction", () => this.#strictly("has a processing instruction"));
    parser.write(this.#text).close();
    if (this.#breach) throw this.#breach;
    refuseForbidden(this.#text);
  }

  #declared(version?: string, encoding?: string): void {
    if (version !== "1.0") this.#break("XML_PROFILE", "is declared as another version than 1.0");
    if (this.#profile.isForgiving || encoding === undefined) return;
    if (encoding.toUpperCase() === "UTF-8") return;
    this.#break("XML_ENCODING", "is declared in another encoding than UTF-8");
  }

  /** A tag's name is known, its attributes are not. */
  #opening(name: string): void {
    const depth = this.#frames.length + 1;
    this.#demand(name.length <= MOST_NAME, `has a name of more than ${MOST_NAME} characters`);
    this.#demand(depth <= MOST_DEPTH, `is deeper than ${MOST_DEPTH} elements`);
    this.#demand(++this.#elements <= this.#mostElements, "has too many elements for its size");
    const local = name.slice(name.indexOf(":") + 1);
    if (RESERVED.includes(local)) this.#break("XML_PROFILE", "has an element of a reserved name");
    const parent = this.#frames.at(-1);
    if (parent?.hasText) this.#break("XML_PROFILE", "mixes text and elements");
    if (parent) parent.hasChildren = true;
    this.#frames.push({ name: local, hasChildren: false, hasText: false });
    if (this.#breach || !this.#walker.open) return;
    this.#walker.open(local, depth, this.#text.lastIndexOf("<", this.#parser.position - 1));
  }

  #attribute(name: string, prefix: string, value: string): void {
    this.#demand(++this.#attributes <= MOST_ATTRIBUTES, `has over ${MOST_ATTRIBUTES} attributes`);
    this.#inAttributes += name.length + value.length;
    this.#demand(this.#inAttributes <= MOST_IN_ATTRIBUTES, "has too much in its attributes");
    if (name === "xmlns" && this.#frames.length === 1) return;
    this.#strictly(prefix === "xmlns" ? "declares a prefix" : "has an attribute");
    if (name === "xmlns" || ["xmlns", "xsi", "xml"].includes(prefix)) return;
    this.#break("XML_PROFILE", "has an attribute");
  }

  #opened({ uri }: SaxesTagNS): void {
    const wanted = this.#profile.namespace;
    if (uri === wanted) return;
    const family = wanted.slice(0, wanted.lastIndexOf(":") + 1);
    if (family !== "" && uri.startsWith(family) && /^[0-9]{1,4}$/.test(uri.slice(family.length))) {
      this.#break("PACKET_VERSION", `is of another version than ${wanted}`);
    }
    this.#break("XML_PROFILE", `has an element outside the namespace ${wanted}`);
  }

  #said(text: string): void {
    const frame = this.#frames.at(-1);
    if (!frame) return;
    this.#demand(text.length <= MOST_TEXT, `has a text of more than ${MOST_TEXT} characters`);
    // By a numeric reference, that is; .NET writes its line ends as `&#xD;`.
    const told = this.#profile.isForgiving ? text.replaceAll("\r", "") : text;
    if (FORBIDDEN.test(told)) this.#break("XML_PROFILE", "has a control character");
    this.#walker.say?.(text);
    if (!/[^ \t\n\r]/.test(text)) return;
    if (frame.hasChildren) this.#break("XML_PROFILE", "mixes text and elements");
    frame.hasText = true;
  }

  #closed(): void {
    const frame = this.#frames.pop();
    if (!frame || this.#breach) return;
    this.#walker.close?.(frame.name, this.#frames.length + 1, this.#parser.position);
  }

  #strictly(what: string): void {
    if (!this.#profile.isForgiving) this.#break("XML_PROFILE", what);
  }

  #demand(holds: boolean, otherwise: string): void {
    if (!holds) throw this.#fault("XML_LIMIT", otherwise);
  }

  #break(code: ErrorCode, what: string): void {
    this.#breach ??= this.#fault(code, what);
  }

  #fault(code: ErrorCode, what: string): PacketboatError {
    const { line, column } = this.#parser;
    const place = `line ${line}, column ${column}`;
    return new PacketboatError(code, `the document ${what} at ${place}`, {
      facts: { line, column },
    });
  }
}

/** Between the elements too, where saxes takes a carriage return for a newline. */
function refuseForbidden(text: string): void {
  const index = text.search(FORBIDDEN);
  if (index < 0) return;
  const name = `U+${text.charCodeAt(index).toString(16).toUpperCase().padStart(4, "0")}`;
  const place = lineAndColumn(text, index);
  throw new PacketboatError("XML_PROFILE", `the document has the character ${name} at ${place}`);
}

/** An element that grows while it is walked through. */
export class Growth {
  readonly #path: Growing[] = [{ name: "", text: "", children: [] }];

  open(name: string): void {
    const element: Growing = { name, text: "", children: [] };
    this.#path.at(-1)?.children.push(element);
    this.#path.push(element);
  }

  say(text: string): void {
    const element = this.#path.at(-1);
    if (element) element.text += text;
  }

  close(): void {
    this.#path.pop();
  }

  /** The first element that was opened, with all that was in it. */
  grown(): XmlElement {
    const [element] = this.#path[0]?.children ?? [];
    if (!element) throw new Error("no element in a text that has one");
    return element;
  }
}

interface Growing extends XmlElement {
  text: string;
  readonly children: Growing[];
}

/**
 * Walk through a document, and keep what was met.
 *
 * @returns its root element
 * @throws PacketboatError as `walk`
 */
export function treeIn(text: string, profile: Profile): XmlElement {
  const growth = new Growth();
  walk(text, profile, growth);
  return growth.grown();
}

type Node = Readonly<Record<string, string | readonly Node[]>>;

/** Texts stay texts: `007` is no number, and nothing is trimmed. */
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: false,
  // Nobody asks where an element stands, so its path is not written out each time.
  jPath: false,
  // `toString` is an unknown element like any other; the names that do harm never come here.
  onDangerousProperty: (name) => name,
  entityDecoder: new EntityDecoder({ numericAllowed: true }),
});

/**
 * @param text an element cut out of a document through which `walk` has gone strictly
 * @returns the element
 */
export function elementIn(text: string): XmlElement {
  const root = (parser.parse(text) as Node[]).find((node) => !("#text" in node));
  if (!root) throw new Error("no element in a text that has one");
  return elementOf(root);
}

/**
 * The same of what we wrote or have walked through before, and kept: only a damaged disk could have changed it since.
 *
 * @throws PacketboatError XML_MALFORMED, without what the parser quotes
 */
export function keptElementIn(text: string): XmlElement {
  const root = tried(() => elementIn(text));
  // The parser takes a text that is cut off for a whole one.
  const [, last] = LAST_TAG.exec(text.slice(text.lastIndexOf("<"))) ?? [];
  if (root && root.name === last) return root;
  throw new PacketboatError("XML_MALFORMED", "what was kept is not well-formed XML any more");
}

const LAST_TAG = /^<\/?([^ \t\n/>]+)[ \t\n]*\/?>[ \t\n]*$/;

function tried<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

function elementOf(node: Node): XmlElement {
  const [name = ""] = Object.keys(node);
  const below = node[name] as readonly Node[];
  const children: XmlElement[] = [];
  let text = "";
  for (const child of below) {
    if ("#text" in child) text += child["#text"] as string;
    else children.push(elementOf(child));
  }
  return { name, text, children };
}
