/**
 * A packet as XML: reading it with two levels of refusal, and writing it (PROTOCOL 3).
 *
 * What fails the packet: encoding, DOCTYPE, anything not well-formed, the wire profile, limits, a root
 * that does not hold Header and Messages, the header's schema, a digest that does not fit. What fails
 * one message alone: an unknown kind, and all that its schema says; to that belong the order of
 * elements, empty ones, and white space around a text.
 */
import { createHash } from "node:crypto";
import { isRefusal, PacketboatError } from "../errors.ts";
import { type Sha256, sha256 } from "../ids.ts";
import { checkerFor, nearestName, refuseFaults } from "../schema.ts";
import type { ReleaseCover } from "../transfer/cover.ts";
import { strictText } from "./encoding.ts";
import type { Header } from "./model.gen.ts";
import {
  DEFAULT_PACKET_BYTES,
  isMessageKind,
  type Message,
  MESSAGE_KINDS,
  type MessageByKind,
  type MessageKind,
  SCHEMA_VERSION,
  TRANSFER_NAMESPACE,
  TRANSFER_SCHEMA,
} from "./model.ts";
import { render } from "./render.ts";
import { objectOf, uncheckedIn, type XmlElement } from "./shape.ts";
import { demandFewTags, elementIn, Growth, keptElementIn, walk } from "./xml.ts";

/** Most messages in a packet of any partner (the schema's own bound); a sender keeps to fewer. */
const MOST_MESSAGES = 1000;

/** One message as it lies in a packet. */
export interface PacketMessage {
  /** Name of its element; perhaps of no known kind. */
  readonly kind: string;
  /** Counted from one. */
  readonly position: number;
  /** From its first `<` to its last `>`: a view into the packet's bytes. */
  readonly bytes: Uint8Array;
  readonly sha256: Sha256;
  /** What it says, or why it alone is refused: MESSAGE_INVALID or XML_LIMIT, as of `readMessage`. */
  readonly verdict: Message | PacketboatError;
}

export interface Envelope {
  readonly header: Header;
  readonly messages: readonly PacketMessage[];
  /** Of the messages as they were found; the header names the same. */
  readonly messagesDigest: Sha256;
}

/**
 * Read a packet's envelope, and its messages, each with its own verdict.
 *
 * @param bytes the opened packet
 * @param mostBytes a larger packet is refused unread
 * @throws PacketboatError PACKET_EMPTY, XML_LIMIT, XML_ENCODING, XML_DOCTYPE, XML_MALFORMED,
 *   XML_PROFILE, PACKET_VERSION, SCHEMA_INVALID or PACKET_DIGEST_DIFFERS: the whole packet is refused
 */
export function readEnvelope(
  bytes: Uint8Array,
  mostBytes: number = DEFAULT_PACKET_BYTES,
): Envelope {
  if (bytes.length > mostBytes) {
    const sizes = `${bytes.length} bytes of XML, more than ${mostBytes}`;
    throw new PacketboatError("XML_LIMIT", `the packet has ${sizes}`);
  }
  const text = strictText(bytes);
  if (/^[ \t\n]*$/.test(text)) throw new PacketboatError("PACKET_EMPTY", "the packet is empty");
  const { header, messages } = partsOf(text, bytes);
  const read = readHeader(header);
  const messagesDigest = digestOf(messages.map((message) => message.bytes));
  if (read.MessagesDigest !== messagesDigest) {
    throw new PacketboatError(
      "PACKET_DIGEST_DIFFERS",
      `the messages have the digest ${messagesDigest}, the header names ${read.MessagesDigest}`,
    );
  }
  return { header: read, messages, messagesDigest };
}

/**
 * Read one message that we keep. It is not walked through: it came in a packet through which `readEnvelope` walked, or
 * was written by us. A message has no attributes, and so no namespace of its own.
 *
 * @param message as it was stored; `position` is for the sentence
 * @throws PacketboatError MESSAGE_INVALID with every fault in `facts.faults`, and with
 *   `facts.messageId` if it has one, or XML_LIMIT. XML_ENCODING or XML_MALFORMED if it was damaged since
 */
export function readMessage(message: {
  readonly kind: string;
  readonly bytes: Uint8Array;
  readonly position?: number;
}): Message {
  const text = strictText(message.bytes);
  demandFewTags(text);
  return messageIn(keptElementIn(text), message);
}

/** @throws PacketboatError MESSAGE_INVALID */
function messageIn(
  element: XmlElement,
  { kind, position }: { readonly kind: string; readonly position?: number },
): Message {
  const facts = {
    ...(isMessageKind(kind) ? { kind } : {}),
    ...(position === undefined ? {} : { position }),
    ...messageIdIn(element),
  };
  // What a partner calls an element may be anything, a name too.
  const root = isMessageKind(kind) ? kind : "…";
  const document = position === undefined ? `the ${root}` : `message ${position}, a ${root},`;
  const stranger = kindFault(kind, element.name);
  if (stranger !== null) {
    const faults = [{ place: "", sentence: stranger }];
    refuseFaults(faults, "MESSAGE_INVALID", { document, root, facts });
  }
  const { value, faults } = objectOf(element, TRANSFER_SCHEMA, kind, false);
  refuseFaults(faults, "MESSAGE_INVALID", { document, root, facts });
  return { kind, body: value } as unknown as Message;
}

/**
 * Read the cover of a release that we keep: what is in the sections of the record, nearly all of it, is passed over.
 *
 * @param bytes as `writeMessage` made them, so that only what is in a section is called Present, and tags are bare
 * @throws PacketboatError XML_ENCODING or XML_MALFORMED, if they were damaged since
 */
export function readCover(bytes: Uint8Array): ReleaseCover {
  const element = keptElementIn(
    strictText(withoutContents(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))),
  );
  return uncheckedIn(element, TRANSFER_SCHEMA, "TransferRelease") as unknown as ReleaseCover;
}

function withoutContents(bytes: Buffer): Buffer {
  const pieces: Buffer[] = [];
  let at = 0;
  for (;;) {
    const from = bytes.indexOf("<Present>", at);
    const to = from < 0 ? from : bytes.indexOf("</Present>", from);
    if (to < 0) return Buffer.concat([...pieces, bytes.subarray(at)]);
    pieces.push(bytes.subarray(at, from), Buffer.from("<Present>"));
    at = to;
  }
}

/**
 * @returns the message's bytes as they will lie in a packet, be digested and be stored
 * @throws PacketboatError WRITING_INVALID naming every field that its schema or the wire profile refuses
 */
export function writeMessage<Kind extends MessageKind>(
  kind: Kind,
  body: MessageByKind[Kind],
): Uint8Array {
  return Buffer.from(render(body, { root: kind, schemaFile: TRANSFER_SCHEMA, depth: 2 }));
}

/**
 * @param header all but the digest, which is made here
 * @param messages 1 to 1000 messages as `writeMessage` made them, in their order
 * @returns the bytes to be sealed; they hold the messages' bytes unchanged
 * @throws PacketboatError WRITING_INVALID
 */
export function writePacket(
  header: Omit<Header, "MessagesDigest">,
  messages: readonly Uint8Array[],
): Uint8Array {
  if (messages.length === 0 || messages.length > MOST_MESSAGES) {
    const count = `a packet of ${messages.length} messages`;
    throw new PacketboatError("WRITING_INVALID", `${count}: it holds 1 to ${MOST_MESSAGES}`);
  }
  const whole: Header = { ...header, MessagesDigest: digestOf(messages) };
  const headerText = render(whole, { root: "Header", schemaFile: TRANSFER_SCHEMA, depth: 1 });
  const start = `<?xml version="1.0" encoding="UTF-8"?>\n<TransferPacket xmlns="${TRANSFER_NAMESPACE}">\n  ${headerText}\n  <Messages>`;
  return Buffer.concat([
    Buffer.from(start),
    ...messages.flatMap((bytes) => [Buffer.from("\n    "), bytes]),
    Buffer.from("\n  </Messages>\n</TransferPacket>\n"),
  ]);
}

/** SHA-256 over the messages' bytes, one after the other (PROTOCOL 3). */
export function digestOf(messages: readonly Uint8Array[]): Sha256 {
  const hash = createHash("sha256");
  for (const bytes of messages) hash.update(bytes);
  return hash.digest("hex") as Sha256;
}

/** Where an element begins and ends in the text. */
interface Part {
  readonly name: string;
  readonly start: number;
  end: number;
}

type Judged = Part & Pick<PacketMessage, "verdict">;

/**
 * The header's text, and each message by its bytes. What a message says is kept, and not its elements: of these there
 * are those of one message at a time.
 */
function partsOf(text: string, bytes: Uint8Array): { header: string; messages: PacketMessage[] } {
  const sections: Part[] = [];
  const judged: Judged[] = [];
  let root = "";
  let met = 0;
  let message: { readonly start: number; readonly growth: Growth } | null = null;
  walk(
    text,
    { namespace: TRANSFER_NAMESPACE, isForgiving: false },
    {
      open(name, depth, start) {
        if (depth === 1) root = name;
        if (depth === 2) sections.push({ name, start, end: start });
        // One too many is enough to refuse them all.
        const isMessage = depth === 3 && sections.length === 2 && ++met <= MOST_MESSAGES;
        if (isMessage) message = { start, growth: new Growth() };
        message?.growth.open(name);
      },
      say(piece) {
        message?.growth.say(piece);
      },
      close(name, depth, end) {
        message?.growth.close();
        const section = sections.at(-1);
        if (depth === 2 && section) section.end = end;
        if (depth !== 3 || !message) return;
        const { start, growth } = message;
        const place = { kind: name, position: met };
        const verdict = verdictOn(growth.grown(), text.slice(start, end), place);
        judged.push({ name, start, end, verdict });
        message = null;
      },
    },
  );
  demand(root === "TransferPacket", "its root is another element");
  const [header, messages, ...more] = sections;
  demand(
    header?.name === "Header" && messages?.name === "Messages" && more.length === 0,
    sections.length === 0 ? "it is empty" : "it holds something else than Header and Messages",
  );
  demand(met > 0, "it has no message");
  demand(met <= MOST_MESSAGES, `it has ${met} messages`);
  return {
    header: text.slice(header?.start, header?.end),
    messages: cutOut(judged, text, bytes),
  };
}

function verdictOn(
  element: XmlElement,
  text: string,
  message: { readonly kind: string; readonly position: number },
): Message | PacketboatError {
  try {
    demandFewTags(text);
    return messageIn(element, message);
  } catch (error) {
    if (isRefusal(error)) return error;
    throw error;
  }
}

function demand(holds: boolean, otherwise: string): void {
  if (holds) return;
  throw new PacketboatError(
    "SCHEMA_INVALID",
    `a packet is a TransferPacket of one Header and 1 to ${MOST_MESSAGES} Messages, but ${otherwise}`,
  );
}

/** Indexes of a text count UTF-16 units; the digest is over UTF-8. No index falls inside a character. */
function cutOut(messages: readonly Judged[], text: string, bytes: Uint8Array): PacketMessage[] {
  let index = 0;
  let offset = 0;
  const offsetOf = (next: number): number => {
    offset += Buffer.byteLength(text.slice(index, next));
    index = next;
    return offset;
  };
  return messages.map(({ name, start, end, verdict }, before) => {
    const cut = bytes.subarray(offsetOf(start), offsetOf(end));
    return { kind: name, position: before + 1, bytes: cut, sha256: sha256(cut), verdict };
  });
}

function readHeader(text: string): Header {
  const element = elementIn(text);
  const version = element.children.find(({ name }) => name === "SchemaVersion")?.text;
  if (version !== undefined && version !== SCHEMA_VERSION) {
    const shown = /^[0-9.]{1,10}$/.test(version) ? version : "unknown to us";
    throw new PacketboatError(
      "PACKET_VERSION",
      `the packet's SchemaVersion is ${shown}, ours is ${SCHEMA_VERSION}`,
    );
  }
  const { value, faults } = objectOf(element, TRANSFER_SCHEMA, "Header", false);
  refuseFaults(faults, "SCHEMA_INVALID", { document: "the packet", root: "Header" });
  return value as unknown as Header;
}

function kindFault(kind: string, found: string): string | null {
  if (found !== kind) return "holds another element";
  return isMessageKind(kind) ? null : `unknown kind of message${nearestName(kind, MESSAGE_KINDS)}`;
}

const idFaults = checkerFor(TRANSFER_SCHEMA, "UuidV7");

/** So that even a message that nobody can read is answered by its name; what is no id names nothing. */
function messageIdIn({ children }: XmlElement): { messageId?: string } {
  const id = children.find(({ name }) => name === "MessageId")?.text ?? "";
  return idFaults(id).length === 0 ? { messageId: id } : {};
}
