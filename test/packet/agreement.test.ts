/** What packetboat's reader and the XSD must agree on, beyond the vectors: documents made by chance. */
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { isRefusal } from "../../daemon/errors.ts";
import { readMessage, writeMessage } from "../../daemon/packet/envelope.ts";
import type { MessageByKind } from "../../daemon/packet/model.gen.ts";
import {
  MESSAGE_KINDS,
  type MessageKind,
  TRANSFER_NAMESPACE,
  TRANSFER_SCHEMA,
} from "../../daemon/packet/model.ts";
import { isPadded, type XmlElement } from "../../daemon/packet/shape.ts";
import { elementIn } from "../../daemon/packet/xml.ts";
import { openXsd, packetXsd } from "../xsd.ts";
import { anyOf } from "./arbitrary.ts";

/** The packet's XSD, with each kind of message as a document of its own. */
const eachKind = MESSAGE_KINDS.map((kind) => `<xs:element name="${kind}" type="${kind}"/>`).join(
  "",
);
const xsd = openXsd(packetXsd().replace("</xs:schema>", `${eachKind}</xs:schema>`));
afterAll(() => xsd[Symbol.dispose]());

const isRightByXsd = (text: string): boolean =>
  xsd.validate(text.replace(/^<(\w+)/, `<$1 xmlns="${TRANSFER_NAMESPACE}"`)).valid &&
  !hasPadding(elementIn(text));

const hasPadding = ({ text, children }: XmlElement): boolean =>
  children.length > 0 ? children.some(hasPadding) : isPadded(text);

function isRightByUs(kind: string, text: string): boolean {
  try {
    readMessage({ kind, bytes: Buffer.from(text) });
    return true;
  } catch (error) {
    if (isRefusal(error, "MESSAGE_INVALID")) return false;
    throw error;
  }
}

const anyBody = (kind: MessageKind): fc.Arbitrary<MessageByKind[MessageKind]> =>
  anyOf(TRANSFER_SCHEMA, kind) as unknown as fc.Arbitrary<MessageByKind[MessageKind]>;

describe.each(MESSAGE_KINDS)("a %s", (kind) => {
  it("is read as it was written, and is right by the XSD", () => {
    fc.assert(
      fc.property(anyBody(kind), (body) => {
        const bytes = writeMessage(kind, body);
        expect(readMessage({ kind, bytes })).toEqual({ kind, body });
        expect(isRightByXsd(Buffer.from(bytes).toString())).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it("is judged alike when something in it was changed", () => {
    fc.assert(
      fc.property(anyBody(kind), fc.nat(), anyChange, (body, where, change) => {
        const element = elementIn(Buffer.from(writeMessage(kind, body)).toString());
        const text = written(changed(element, where, change));
        expect([text, isRightByUs(kind, text)]).toEqual([text, isRightByXsd(text)]);
      }),
      { numRuns: 120 },
    );
  });
});

type Change = (element: XmlElement, siblings: readonly XmlElement[]) => readonly XmlElement[];

const WRONG_TEXTS = [
  ["", " ", " x", "x\n", "0", "-1", "007", "1e5", "0x1F", "x".repeat(80), "x".repeat(4001)],
  ["2009-02-29", "2008-02-29", "2009-13-01", "0000-00-00", "2024-07-25T24:00:00Z", "1899-12-31"],
  ["true", "TRUE", "Female", "female", "TEST", "R01", "Other", "1823", "9999", "é", "𠮷", "١"],
  ["a@b", "a b@c.example", "aa@bb.cc", "555-0100", "+1 555 0100", "01234", "../x.pdf", "x.pdf"],
].flat();

/** Another text, or another place, number or name of the elements. */
const anyChange: fc.Arbitrary<Change> = fc.oneof(
  fc.constantFrom(...WRONG_TEXTS).map((text): Change => (old) => [{ ...old, text, children: [] }]),
  fc.constant<Change>(() => []),
  fc.constant<Change>((old) => [old, old]),
  fc.constant<Change>((old) => [{ ...old, name: `${old.name}s` }]),
  fc.constant<Change>((old) => [{ ...old, name: old.name.toLowerCase() }]),
  fc.constant<Change>((old) => [{ ...old, text: "", children: [...old.children].toReversed() }]),
  fc.nat().map((n): Change => (old, all) => [all[n % all.length] ?? old]),
  fc.nat().map((n): Change => (old, all) => [old, all[n % all.length] ?? old]),
);

/** Apply a change to the n-th element below the root. */
function changed(root: XmlElement, where: number, change: Change): XmlElement {
  const all = count(root) - 1;
  let left = all === 0 ? 0 : where % all;
  const walk = (element: XmlElement): XmlElement => ({
    ...element,
    children: element.children.flatMap((child, _index, siblings) =>
      left-- === 0 ? change(child, siblings) : [walk(child)],
    ),
  });
  return walk(root);
}

const count = ({ children }: XmlElement): number =>
  children.reduce((sum, child) => sum + count(child), 1);

function written({ name, text, children }: XmlElement): string {
  const inner = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return `<${name}>${children.length > 0 ? children.map(written).join("") : inner}</${name}>`;
}
