/**
 * Whole packets, good and spoiled: our reader (wire profile and ajv) and that of a partner with other tools
 * (libxml2, the wire profile in its tree, and the XSD) accept the same ones, and read the same in them.
 */
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { isRefusal } from "../../daemon/errors.ts";
import { readEnvelope } from "../../daemon/packet/envelope.ts";
import type { XmlElement } from "../../daemon/packet/shape.ts";
import { anyBlemish, blemished } from "../packet/blemishes.ts";
import { anyChange, changed, disordered, exchange } from "../packet/changing.ts";
import { openXsd } from "../xsd.ts";
import { anyPacket, digested, type Packet, textOf, treeOf, xmlOf } from "./packets.ts";
import { holds } from "./runs.ts";
import { hasPadding, readByOthers } from "./second-reader.ts";
import { heard } from "../packet/heard.ts";

const xsd = openXsd();
afterAll(() => xsd[Symbol.dispose]());

/** The code of the refusal; or what we read, written again as a tree: what was read can always be written. */
function readByUs(text: string): XmlElement | string {
  const packet = packetIn(text);
  return typeof packet === "string" ? packet : bare(treeOf(xmlOf(packet)));
}

function packetIn(text: string): Packet | string {
  try {
    const { header: whole, messages } = readEnvelope(Buffer.from(text));
    const { MessagesDigest: _, ...header } = whole;
    return { header, messages: messages.map(heard) };
  } catch (error) {
    if (isRefusal(error)) return error.code;
    throw error;
  }
}

/** What they read, without the digest; or why they refuse it. */
function readByThem(text: string): XmlElement | string {
  const read = readByOthers(text);
  if (typeof read === "string") return read;
  if (hasPadding(read)) return "white space around a text";
  const { valid, messages } = xsd.validate(text);
  return valid ? bare(read) : messages.join("\n");
}

/** Without white space between elements, and without the digest, which is of each one's own bytes. */
const bare = ({ name, text, children }: XmlElement): XmlElement => ({
  name,
  text: children.length > 0 || name === "MessagesDigest" ? "" : text,
  children: children.map(bare),
});

const verdicts = { accepted: 0, refused: 0 };

function agree(spoiled: string): void {
  // Half a character cannot be written in UTF-8: what stands for it is what both are shown.
  const text = digested(Buffer.from(spoiled).toString());
  const [ours, theirs] = [readByUs(text), readByThem(text)];
  verdicts[typeof ours === "string" ? "refused" : "accepted"]++;
  if (typeof ours === "string" && typeof theirs === "string") return;
  if (isDeepStrictEqual(ours, theirs)) return;
  // Said in few words: a difference of whole trees takes long to be written, and longer to be shrunk.
  const isRead = (read: XmlElement | string): string => (typeof read === "string" ? read : "read");
  throw new Error(`we: ${isRead(ours)}; others: ${isRead(theirs)}; of ${JSON.stringify(text)}`);
}

describe("our reader and that of others", () => {
  it("agree on every good packet, and on what it says", async () => {
    const good = fc.property(anyPacket, (packet) => {
      const text = Buffer.from(xmlOf(packet)).toString();
      const [ours, theirs] = [readByUs(text), readByThem(text)];
      expect(ours).toEqual(bare(treeOf(xmlOf(packet))));
      expect(theirs).toEqual(ours);
    });
    await holds("good packets", good, { short: 60, dear: 2 });
  });

  it("agree when elements were taken away, doubled, moved, renamed, or changed, in several places", async () => {
    const changes = fc.array(fc.tuple(fc.nat(), anyChange), { minLength: 1, maxLength: 3 });
    const structure = fc.property(anyPacket, changes, (packet, made) => {
      const spoiled = made.reduce(
        (root, [where, change]) => changed(root, where, change),
        treeOf(xmlOf(packet)),
      );
      agree(textOf(spoiled));
    });
    await holds("packets of another structure", structure, { short: 300, dear: 2 });
  });

  it("agree when two neighbours or others below one element have changed places", async () => {
    const moved = fc.property(anyPacket, fc.nat(), fc.nat(), fc.nat(), (packet, ...places) => {
      agree(textOf(disordered(treeOf(xmlOf(packet)), ...places)));
    });
    await holds("packets in another order", moved, { short: 100, dear: 2 });
  });

  it("agree when elements were exchanged between two good packets", async () => {
    const mixed = fc.property(anyPacket, anyPacket, fc.nat(), fc.nat(), (one, other, from, to) => {
      agree(textOf(exchange(treeOf(xmlOf(one)), treeOf(xmlOf(other)), from, to)));
    });
    await holds("mixed packets", mixed, { short: 150, dear: 2 });
  });

  it("agree when markup, references, white space or controls were put in anywhere", async () => {
    const blemishes = fc.array(anyBlemish, { minLength: 1, maxLength: 2 });
    const spoiled = fc.property(anyPacket, blemishes, (packet, made) => {
      agree(made.reduce(blemished, Buffer.from(xmlOf(packet)).toString()));
    });
    await holds("blemished packets", spoiled, { short: 400, dear: 2 });
  });

  it("were shown packets of both kinds", () => {
    expect(Math.min(verdicts.accepted, verdicts.refused)).toBeGreaterThan(10);
  });
});
