/**
 * Documents that stand by themselves: the texts that are signed before they travel, and what offices
 * drop into the outbox. The reader says which kinds it expects; the root tells them apart.
 */
import { isRefusal, PacketboatError } from "../errors.ts";
import { refuseFaults } from "../schema.ts";
import { officeText, strictText } from "./encoding.ts";
import type { DocumentKind } from "./model.ts";
import { render } from "./render.ts";
import { objectOf, type XmlElement } from "./shape.ts";
import { elementIn, keptElementIn, treeIn } from "./xml.ts";

/** A signed text is at most this long (the schema's SignedText), a card little more; a directory has its own. */
const MOST_BYTES = 1024 * 1024;

/**
 * Read a document that was signed or will be: as strictly as a packet.
 *
 * @param kind which root, namespace and schema are expected; another root is refused
 * @param mostBytes a longer one is refused unread
 * @throws PacketboatError XML_LIMIT, XML_ENCODING, XML_DOCTYPE, XML_MALFORMED, XML_PROFILE,
 *   PACKET_VERSION or SCHEMA_INVALID, the last with every fault in `facts.faults`
 */
export function readDocument<Content>(
  bytes: Uint8Array,
  kind: DocumentKind<string, Content>,
  mostBytes = MOST_BYTES,
): Content {
  demandSize(bytes, mostBytes);
  const text = strictText(bytes);
  return contentOf(treeIn(text, { namespace: kind.namespace, isForgiving: false }), kind);
}

/**
 * Read a document that `writeDocument` wrote or `readDocument` has read, and that we have kept: no need to walk through
 * it again.
 *
 * @throws PacketboatError XML_ENCODING, XML_MALFORMED or SCHEMA_INVALID, if it was damaged since
 */
export const readKept = <Content>(
  bytes: Uint8Array,
  kind: DocumentKind<string, Content>,
): Content => contentOf(keptElementIn(strictText(bytes)), kind);

function contentOf<Content>(
  element: XmlElement,
  { root, schemaFile }: DocumentKind<string, Content>,
): Content {
  if (element.name !== root) {
    throw new PacketboatError(
      "SCHEMA_INVALID",
      `the document is something else, where a ${root} was expected`,
    );
  }
  const { value, faults } = objectOf(element, schemaFile, root, false);
  refuseFaults(faults, "SCHEMA_INVALID", { document: `the ${root}`, root });
  return value as Content;
}

/**
 * Read one part of a document that `writeDocument` wrote and we have kept: the rest is not looked at, so
 * that a list of thousands is soon read.
 *
 * @param part an element right below the root, and its definition in the schema
 * @throws PacketboatError SCHEMA_INVALID
 */
export function readPart<Part>(
  bytes: Uint8Array,
  { root, schemaFile }: DocumentKind<string, unknown>,
  part: string,
): Part {
  const text = strictText(bytes);
  const end = `</${part}>`;
  const [from, to] = [text.indexOf(`<${part}>`), text.indexOf(end)];
  if (from < 0 || to < from) {
    throw new PacketboatError("SCHEMA_INVALID", `the ${root} has no ${part}`);
  }
  const element = elementIn(text.slice(from, to + end.length));
  const { value, faults } = objectOf(element, schemaFile, part, false);
  refuseFaults(faults, "SCHEMA_INVALID", { document: `the ${part}`, root: part });
  return value as Part;
}

/**
 * Read a document that an office's software or a person wrote, as far as it is XML: encodings of
 * PROTOCOL 9, line ends of any kind, comments, prefixes and `xsi:…` do not matter. A DOCTYPE is refused
 * here too. What its elements say is for `objectOf` to judge.
 *
 * @param bounds.namespace that its elements must have
 * @throws PacketboatError DOCUMENT_INVALID with the fault in `facts.faults`
 */
export function readOfficeElement(
  bytes: Uint8Array,
  { namespace, mostBytes }: { namespace: string; mostBytes: number },
): XmlElement {
  try {
    demandSize(bytes, mostBytes);
    return treeIn(officeText(bytes), { namespace, isForgiving: true });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw new PacketboatError("DOCUMENT_INVALID", error.message, {
      facts: { faults: [`document: ${error.message}`] },
      cause: error,
    });
  }
}

/**
 * @param content what the document says
 * @returns the document's bytes, as they are signed or shown
 * @throws PacketboatError WRITING_INVALID naming every field that the schema or the wire profile refuses
 */
export function writeDocument<Content extends object>(
  { root, namespace, schemaFile }: DocumentKind<string, Content>,
  content: Content,
): Uint8Array {
  const text = render(content, { root, schemaFile, namespace });
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${text}\n`);
}

function demandSize(bytes: Uint8Array, most: number): void {
  if (bytes.length <= most) return;
  const sizes = `${bytes.length} bytes, more than ${most}`;
  throw new PacketboatError("XML_LIMIT", `the document has ${sizes}`);
}
