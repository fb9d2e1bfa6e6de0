/** Packets of every shape that the schema allows. */
import fc from "fast-check";
import { isRefusal } from "../../daemon/errors.ts";
import { readEnvelope, writeMessage, writePacket } from "../../daemon/packet/envelope.ts";
import type { Header } from "../../daemon/packet/model.gen.ts";
import {
  type Message,
  MESSAGE_KINDS,
  TRANSFER_NAMESPACE,
  TRANSFER_SCHEMA,
} from "../../daemon/packet/model.ts";
import type { XmlElement } from "../../daemon/packet/shape.ts";
import { elementIn } from "../../daemon/packet/xml.ts";
import { anyOf } from "../packet/arbitrary.ts";
import { written } from "../packet/changing.ts";

export interface Packet {
  /** All but the digest, which is made when the packet is written. */
  readonly header: Omit<Header, "MessagesDigest">;
  readonly messages: readonly Message[];
}

/** A message of any kind. */
export const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  ...MESSAGE_KINDS.map((kind) =>
    anyOf(TRANSFER_SCHEMA, kind).map((body) => ({ kind, body }) as unknown as Message),
  ),
);

const anyHeader = (anyOf(TRANSFER_SCHEMA, "Header") as unknown as fc.Arbitrary<Header>).map(
  ({ MessagesDigest: _made, ...header }) => header,
);

/** Most have few messages, some have many. */
const anyMessages = fc.oneof(
  { arbitrary: fc.array(anyMessage, { minLength: 1, maxLength: 5 }), weight: 9 },
  { arbitrary: fc.array(anyMessage, { minLength: 1, maxLength: 40, size: "max" }), weight: 1 },
);

export const anyPacket: fc.Arbitrary<Packet> = fc.record({
  header: anyHeader,
  messages: anyMessages,
});

/** The packet's XML, as it is sealed. */
export const xmlOf = ({ header, messages }: Packet): Uint8Array =>
  writePacket(
    header,
    messages.map(({ kind, body }) => writeMessage(kind, body)),
  );

/** A packet's XML as a tree that can be changed, and that tree as XML again. */
export const treeOf = (xml: Uint8Array): XmlElement => elementIn(Buffer.from(xml).toString());
export const textOf = (root: XmlElement, namespace: string = TRANSFER_NAMESPACE): string =>
  written(root).replace(
    /^<(\w+)/,
    `<?xml version="1.0" encoding="UTF-8"?>\n<$1 xmlns="${namespace}"`,
  );

/** As a sender would who spoils a packet's XML before its header names the digest. */
export function digested(text: string): string {
  try {
    readEnvelope(Buffer.from(text));
  } catch (error) {
    if (!isRefusal(error, "PACKET_DIGEST_DIFFERS")) return text;
    const [made = "", named = ""] = error.message.match(/[0-9a-f]{64}/g) ?? [];
    return text.replace(named, made);
  }
  return text;
}
