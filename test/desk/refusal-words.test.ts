import { describe, expect, it } from "vitest";
import { EXPLAINED, refusalWords } from "../../daemon/desk/refusal-words.ts";
import { ERRORS } from "../../daemon/errors.ts";

/** Codes with which a packet or one of its messages can be refused, or a file for another state. */
const OF_PACKETS = /^(?:PACKET|XML|SCHEMA|MESSAGE|INNER|RECEIPT|ATTACHMENT|RELAY)_/;
const refusable = Object.entries(ERRORS)
  .filter(([code, { disposition }]) => OF_PACKETS.test(code) && disposition === "refuse")
  .map(([code]) => code);

describe("the words for a refusal", () => {
  it("are there for every code of a packet, and for no code that is none", () => {
    expect(refusable.filter((code) => !EXPLAINED.includes(code))).toEqual([]);
    expect(EXPLAINED.filter((code) => !Object.hasOwn(ERRORS, code))).toEqual([]);
  });

  it("are each the only ones that say what is wrong", () => {
    const wrong = EXPLAINED.map((code) => refusalWords(code).wrong);
    expect(new Set(wrong).size).toBe(EXPLAINED.length);
  });

  it.each(EXPLAINED)("are sentences that a person can act on: %s", (code) => {
    for (const words of Object.values(refusalWords(code))) {
      expect(words).toMatch(/^[A-Z][^\n]{10,250}\.$/);
    }
  });

  it("are general for a code of a newer packetboat, and for no name at all", () => {
    expect(refusalWords("SOMETHING_NEW")).toEqual(refusalWords("toString"));
  });
});
