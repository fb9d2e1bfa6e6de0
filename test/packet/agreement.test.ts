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
import { anyChange, changed, written } from "./changing.ts";

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
