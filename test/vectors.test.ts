/**
 * The vectors bind every implementation of the wire. Each is judged twice: by the wire profile with
 * ajv, as packetboat reads it, and by the wire profile with the XSD, as a partner with other tools
 * would; both must come to the verdict in its `expect.json`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { isRefusal } from "../daemon/errors.ts";
import { strictText } from "../daemon/packet/encoding.ts";
import { readEnvelope } from "../daemon/packet/envelope.ts";
import { TRANSFER_NAMESPACE } from "../daemon/packet/model.ts";
import { isPadded, type XmlElement } from "../daemon/packet/shape.ts";
import { elementIn, walk } from "../daemon/packet/xml.ts";
import { openXsd } from "./xsd.ts";
import { heard } from "./packet/heard.ts";

type Verdict = "accept" | "refuse";

interface Expectation {
  readonly verdict: Verdict;
  readonly level?: "packet" | "message";
  readonly code?: string;
  /** One verdict for each message, unless the packet is refused. */
  readonly messages?: readonly Verdict[];
  /** A rule that no schema can state: the XSD accepts the packet. */
  readonly beyondSchema?: true;
}

const folder = new URL("../fixtures/vectors/", import.meta.url);
const names = readdirSync(folder).toSorted();
const packetOf = (name: string): Buffer => readFileSync(new URL(`${name}/packet.xml`, folder));
const expectationOf = (name: string): Expectation =>
  JSON.parse(readFileSync(new URL(`${name}/expect.json`, folder), "utf8")) as Expectation;

const xsd = openXsd();
afterAll(() => xsd[Symbol.dispose]());

it("has vectors of both kinds, and more than sixty", () => {
  const accepting = names.filter((name) => expectationOf(name).verdict === "accept");
  expect(names.length).toBeGreaterThanOrEqual(60);
  expect(accepting.length).toBeGreaterThanOrEqual(20);
  expect(accepting.every((name) => name.startsWith("accepts-"))).toBe(true);
});

describe("the wire profile and ajv", () => {
  it.each(names)("%s", (name) => {
    const { verdict, level, code, messages } = expectationOf(name);
    expect(judgedByAjv(packetOf(name))).toEqual({ verdict, level, code, messages });
  });
});

describe("the wire profile and the XSD", () => {
  it.each(names)("%s", (name) => {
    const { level, verdict, messages, beyondSchema } = expectationOf(name);
    const bytes = packetOf(name);
    const isAccepted = verdict === "accept" || beyondSchema === true;
    expect(judgedByXsd(bytes)).toBe(isAccepted ? "accept" : "refuse");
    if (level === "message") expect(eachJudgedByXsd(bytes)).toEqual(messages);
  });
});

function judgedByAjv(bytes: Uint8Array): Expectation {
  const codes = new Set<string>();
  try {
    const messages = readEnvelope(bytes).messages.map((message): Verdict => {
      const code = refusalOf(() => heard(message));
      if (code === null) return "accept";
      codes.add(code);
      return "refuse";
    });
    const [code] = codes;
    if (code === undefined) return { verdict: "accept", messages };
    return { verdict: "refuse", level: "message", code, messages };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { verdict: "refuse", level: "packet", code: error.code };
  }
}

function refusalOf(work: () => unknown): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (isRefusal(error)) return error.code;
    throw error;
  }
}

function judgedByXsd(bytes: Uint8Array): Verdict {
  const profile = { namespace: TRANSFER_NAMESPACE, isForgiving: false };
  if (refusalOf(() => walk(strictText(bytes), profile, {})) !== null) return "refuse";
  if (hasPadding(elementIn(strictText(bytes)))) return "refuse";
  return xsd.validate(bytes).valid ? "accept" : "refuse";
}

/** Each message alone, in an envelope that is right. */
function eachJudgedByXsd(bytes: Buffer): Verdict[] {
  const { messages } = readEnvelope(bytes);
  const start = bytes.subarray(0, (messages[0]?.bytes.byteOffset ?? 0) - bytes.byteOffset);
  const end = Buffer.from("</Messages></TransferPacket>");
  return messages.map((message) => judgedByXsd(Buffer.concat([start, message.bytes, end])));
}

/** White space around a text is the wire profile's matter, which XML Schema does not see. */
const hasPadding = ({ text, children }: XmlElement): boolean =>
  children.length > 0 ? children.some(hasPadding) : isPadded(text);
