/**
 * A second opinion for tests: libxml2 judges a document by `schemas/transfer-packet.xsd`, as a partner
 * with other tools would. It reads what it is given, and nothing from disk or network.
 */
import { readFileSync } from "node:fs";
import { ParseOption, XmlDocument, XmlLibError, XsdValidator } from "libxml2-wasm";

export interface Verdict {
  readonly valid: boolean;
  /** libxml2's own words, `line: message`; empty when valid. */
  readonly messages: readonly string[];
}

export interface XsdOracle extends Disposable {
  /** Is the document well-formed, and as the XSD wants it? The root may be any global element. */
  validate(xml: string | Uint8Array): Verdict;
}

/** The packet's XSD as it is committed. */
export const packetXsd = (): string =>
  readFileSync(new URL("../schemas/transfer-packet.xsd", import.meta.url), "utf8");

/** Nothing is fetched, and no entity is loaded. */
export const SAFE = { option: ParseOption.XML_PARSE_NONET | ParseOption.XML_PARSE_NO_XXE };

/**
 * libxml2 lives outside the garbage collector: take the oracle with `using`, or dispose it in
 * `afterAll`. One oracle may judge any number of documents.
 *
 * @param xsd text of an XML Schema without imports
 * @throws XmlLibError when the XSD itself is wrong
 */
export function openXsd(xsd: string = packetXsd()): XsdOracle {
  using building = new DisposableStack();
  // The validator points into the schema's document, so both are kept, and go together.
  const schema = building.use(XmlDocument.fromString(xsd, SAFE));
  const validator = building.use(XsdValidator.fromDoc(schema));
  const kept = building.move();
  return {
    validate: (xml) => judge(xml, validator),
    [Symbol.dispose]: () => kept.dispose(),
  };
}

function judge(xml: string | Uint8Array, validator: XsdValidator): Verdict {
  try {
    using document =
      typeof xml === "string"
        ? XmlDocument.fromString(xml, SAFE)
        : XmlDocument.fromBuffer(xml, SAFE);
    validator.validate(document);
    return { valid: true, messages: [] };
  } catch (error) {
    if (!(error instanceof XmlLibError)) throw error;
    const messages = error.details.map(({ line, message }) => `${line}: ${message.trim()}`);
    return { valid: false, messages: messages.length > 0 ? messages : [error.message] };
  }
}
