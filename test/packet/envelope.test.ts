import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isRefusal, type PacketboatError } from "../../daemon/errors.ts";
import { sha256 } from "../../daemon/ids.ts";
import {
  digestOf,
  readCover,
  readEnvelope,
  readMessage,
  writeMessage,
  writePacket,
} from "../../daemon/packet/envelope.ts";
import type { Header, TransferRelease, TransferResponse } from "../../daemon/packet/model.gen.ts";
import { MESSAGE_KINDS, TRANSFER_SCHEMA } from "../../daemon/packet/model.ts";
import type { ReleaseCover } from "../../daemon/transfer/cover.ts";
import { SECTIONS } from "../../daemon/transfer/sections.ts";
import { corpus } from "../keys/corpora.ts";
import { anyOf, anyText } from "./arbitrary.ts";
import { heard } from "./heard.ts";

const { MessagesDigest: _, ...header }: Header = {
  SchemaVersion: "1",
  PacketId: "01910a2b-3c4d-7e5f-8a5b-6c7d8e9f0a1b",
  Stream: "5b1f6a0e-7c2d-4e3f-9a8b-1c2d3e4f5a6b",
  Sequence: "17",
  Rendition: "0",
  DocumentProcessCode: "TEST",
  CreatedDateTime: "2024-07-25T14:30:00Z",
  ExpiresDateTime: "2024-09-23T14:30:00Z",
  From: { AgencyId: "2700105", Fingerprint: "0123456789ABCDEF0123456789ABCDEF01234567" },
  To: { AgencyId: "3900417", Fingerprint: "89ABCDEF0123456789ABCDEF0123456789ABCDEF" },
  MessagesDigest: "",
};

const response: TransferResponse = {
  MessageId: "01910a2b-3c4d-7001-8a5b-6c7d8e9f0a1b",
  TransferId: "01910a00-1111-7222-8333-444455556666",
  RequesterId: "3900417",
  ResponseStatus: "Hold",
  ResponseDateTime: "2024-07-25T14:10:00Z",
  ReasonCode: "AwaitingFinalMarks",
};

const saying = (text: string): Uint8Array =>
  writeMessage("TransferResponse", { ...response, Comments: text });

const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);

function refusalOf(work: () => unknown): PacketboatError {
  try {
    work();
  } catch (error) {
    if (isRefusal(error)) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("an envelope", () => {
  it("gives each message by its own bytes, whatever characters stand before it", () => {
    const messages = ["é", "😀𠮷", "plain", "\u2028", "ß€"].map(saying);
    const read = readEnvelope(writePacket(header, messages));
    expect(read.messages.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(
      messages.map((bytes) => Buffer.from(bytes).toString()),
    );
    expect(read.messages.map((message) => message.position)).toEqual([1, 2, 3, 4, 5]);
    expect(read.messages.map((message) => message.sha256)).toEqual(messages.map(sha256));
    expect(read.messagesDigest).toBe(digestOf(messages));
    expect(read.header).toEqual({ ...header, MessagesDigest: read.messagesDigest });
  });

  it("comes back as it was written, for any header and any messages", () => {
    const anyMessage = fc.oneof(
      ...MESSAGE_KINDS.map((kind) => anyOf(TRANSFER_SCHEMA, kind).map((body) => ({ kind, body }))),
    );
    const anyHeader = anyOf(TRANSFER_SCHEMA, "Header") as unknown as fc.Arbitrary<Header>;
    fc.assert(
      fc.property(
        anyHeader,
        fc.array(anyMessage, { minLength: 1, maxLength: 5 }),
        ({ MessagesDigest: _made, ...head }, messages) => {
          const packet = writePacket(
            head,
            messages.map(({ kind, body }) => writeMessage(kind, body as never)),
          );
          const read = readEnvelope(packet);
          expect(read.header).toEqual({ ...head, MessagesDigest: read.messagesDigest });
          expect(read.messages.map(heard)).toEqual(messages);
          // What is kept of it is read in another way, to the same end.
          expect(read.messages.map(readMessage)).toEqual(messages);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("keeps the cover of any release as it was written, and leaves out what is in the sections", () => {
    fc.assert(
      fc.property(anyOf(TRANSFER_SCHEMA, "TransferRelease"), (body) => {
        const release = body as unknown as TransferRelease;
        const cover = structuredClone(release) as ReleaseCover;
        for (const section of SECTIONS.map((name) => cover.StudentRecord[name])) {
          if (section?.Present) Object.assign(section, { Present: {} });
        }
        expect(readCover(writeMessage("TransferRelease", release))).toEqual(cover);
      }),
      { numRuns: 100 },
    );
  });

  it("keeps a message's bytes as a view, so that a packet is held once", () => {
    const packet = writePacket(header, [saying("one"), saying("two")]);
    for (const { bytes } of readEnvelope(packet).messages) expect(bytes.buffer).toBe(packet.buffer);
  });

  it("refuses a packet over the limit without looking into it", () => {
    const bytes = Buffer.from("x".repeat(1001));
    expect(refusalOf(() => readEnvelope(bytes, 1000)).message).toBe(
      "the packet has 1001 bytes of XML, more than 1000",
    );
  });

  it("is not written without a message, or with more than any partner reads", () => {
    expect(refusalOf(() => writePacket(header, [])).code).toBe("WRITING_INVALID");
    const many = Array.from({ length: 1001 }, () => saying("x"));
    expect(refusalOf(() => writePacket(header, many)).code).toBe("WRITING_INVALID");
  });

  it("is not written with a header that no reader would take", () => {
    const refused = refusalOf(() => writePacket({ ...header, Sequence: "017" }, [saying("x")]));
    expect(refused).toMatchObject({
      code: "WRITING_INVALID",
      facts: { faults: [matching(/^Sequence: must /)] },
    });
  });
});

describe("a message", () => {
  it("is refused with every fault, by place, without any of its values", () => {
    const text = Buffer.from(saying("Call Jenna")).toString();
    const wrong = text
      .replace("Hold", "Perhaps")
      .replace("<ReasonCode>", "<Reasoncode>")
      .replace("</ReasonCode>", "</Reasoncode>")
      .replace("<RequesterId>3900417</RequesterId>", "")
      .replace("Call Jenna", "Call Jenna ");
    const message = { kind: "TransferResponse", bytes: Buffer.from(wrong), position: 3 };
    const refused = refusalOf(() => readMessage(message));
    expect(refused.code).toBe("MESSAGE_INVALID");
    expect(refused.facts).toMatchObject({
      kind: "TransferResponse",
      position: 3,
      messageId: response.MessageId,
      faults: [
        "…: unknown element, did you mean ReasonCode?",
        "Comments: must not begin or end with white space",
        "TransferResponse: RequesterId is required",
        matching(/^ResponseStatus: must be one of RequestReceived, Hold, /),
      ],
    });
    expect(refused.message).toMatch(/^message 3, a TransferResponse, has a fault at …: /);
    expect(JSON.stringify([refused.message, refused.facts])).not.toMatch(/Jenna|Perhaps/);
  });

  it("is refused if it is not the kind that it was stored as", () => {
    const refused = refusalOf(() => readMessage({ kind: "Ping", bytes: saying("x") }));
    expect(refused).toMatchObject({
      code: "MESSAGE_INVALID",
      facts: { faults: ["Ping: holds another element"] },
    });
  });

  it("is refused with the nearest name if its kind is unknown", () => {
    const refused = refusalOf(() => readMessage({ kind: "Pong", bytes: Buffer.from("<Pong/>") }));
    expect(refused.facts.faults).toEqual(["…: unknown kind of message, did you mean Ping?"]);
  });

  it.each([
    ["<MessageId></MessageId>", "MessageId: is empty: leave the element out"],
    ["<MessageId><Uuid>x</Uuid></MessageId>", "MessageId: holds a text, no elements"],
    [`<MessageId>${response.MessageId}</MessageId><toString>x</toString>`, "…: unknown element"],
  ])("says once what is wrong with %s", (inner, fault) => {
    const text = `<Ping>${inner}<PingDateTime>2024-07-25T14:29:00Z</PingDateTime></Ping>`;
    const refused = refusalOf(() => readMessage({ kind: "Ping", bytes: Buffer.from(text) }));
    expect(refused.facts.faults).toEqual([fault]);
  });

  it("is refused where it holds a text instead of elements", () => {
    const refused = refusalOf(() =>
      readMessage({ kind: "Ping", bytes: Buffer.from("<Ping>x</Ping>") }),
    );
    expect(refused.facts.faults).toEqual(["Ping: holds elements, no text"]);
  });

  it("costs no more for being wrong in twenty-five thousand places", () => {
    const places = "<MesageReceipt>1</MesageReceipt>".repeat(24_999);
    const wrong = Buffer.from(`<Receipt>${places}</Receipt>`);
    const before = process.threadCpuUsage();
    expect(refusalOf(() => readMessage({ kind: "Receipt", bytes: wrong })).code).toBe(
      "MESSAGE_INVALID",
    );
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(2000);
  });

  it("has at most twenty-five thousand elements", () => {
    const bytes = Buffer.from(`<Ping>${"<MessageId>1</MessageId>".repeat(25_000)}</Ping>`);
    expect(refusalOf(() => readMessage({ kind: "Ping", bytes })).code).toBe("XML_LIMIT");
  });

  it("has at most so many references as its own size allows, whatever its packet has room for", () => {
    const lines = `<MessageId>${"&#65;".repeat(1000)}</MessageId>`;
    const bytes = Buffer.from(`<Ping>${lines.repeat(150)}</Ping>`);
    expect(refusalOf(() => readMessage({ kind: "Ping", bytes })).code).toBe("XML_LIMIT");
  });

  it("is never half-read when its stored bytes were cut, wherever that is", () => {
    const bytes = saying("x");
    for (let length = 0; length < bytes.length; length++) {
      const cut = { kind: "TransferResponse", bytes: bytes.subarray(0, length) };
      expect(refusalOf(() => readMessage(cut)).code).toMatch(/^(XML_MALFORMED|MESSAGE_INVALID)$/);
    }
  });

  it("shows the first faults of many, and counts the rest", () => {
    const wrong = `<Ping>${"<a>x</a>".repeat(90)}</Ping>`;
    const refused = refusalOf(() => readMessage({ kind: "Ping", bytes: Buffer.from(wrong) }));
    expect(refused.facts.faults).toHaveLength(26);
    expect(refused.message).toMatch(/\(and 25 more\)$/);
  });

  it.each([
    ["a trailing space", "x ", "must not begin or end with white space"],
    ["a carriage return", "x\r\ny", "must not have control characters"],
    ["an escape character", "x\u001b[31m", "must not have control characters"],
    ["a byte order mark", "\ufeffx", "must not have control characters"],
    ["half a character", "x\ud83d", "must not have half a character"],
    ["nothing", "", "must not be empty"],
    ["too much", "x".repeat(4001), "must have at most 4000 characters"],
  ])("is not written with %s in a text", (_what, text, sentence) => {
    expect(refusalOf(() => saying(text))).toMatchObject({
      code: "WRITING_INVALID",
      facts: { faults: [`Comments: ${sentence}`] },
    });
  });

  it("is not written with an element that its schema does not know", () => {
    const body = { ...response, Commments: "x" };
    const refused = refusalOf(() => writeMessage("TransferResponse", body));
    expect(refused.facts.faults).toEqual(["Commments: unknown element, did you mean Comments?"]);
  });

  it("carries any text unchanged, or refuses it by the name of its field", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.string(), anyText), carriesOrRefuses),
      { numRuns: 500 },
    );
  });
});

function carriesOrRefuses(text: string): void {
  let bytes: Uint8Array;
  try {
    bytes = saying(text);
  } catch (error) {
    if (!isRefusal(error, "WRITING_INVALID")) throw error;
    expect(error.facts.faults).toEqual([matching(/^Comments: must /)]);
    return;
  }
  const [message] = readEnvelope(writePacket(header, [bytes])).messages;
  expect(message && heard(message).body).toMatchObject({ Comments: text });
}

const people = corpus("people");

it.skipIf(people === null)("naughty strings are carried unchanged or refused", () => {
  const texts = JSON.parse(readFileSync(join(people ?? "", "blns.json"), "utf8")) as string[];
  expect(texts).toHaveLength(515);
  for (const text of texts) carriesOrRefuses(text);
});
