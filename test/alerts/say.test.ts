import { describe, expect, it } from "vitest";
import { joined, oneLine, say, textOf, typed, visible } from "../../daemon/alerts/say.ts";

describe("a sentence", () => {
  it("keeps others' text apart from our own words", () => {
    expect(say`${"North <b>"} released ${2} records.`).toEqual([
      { said: "North <b>" },
      " released ",
      "2",
      " records.",
    ]);
  });

  it("takes in other sentences and commands as they are", () => {
    const sentence = say`${say`${"North"} asks`}: ${typed("packetboat next")}`;
    expect(sentence).toEqual([{ said: "North" }, " asks", ": ", { type: "packetboat next" }]);
    expect(textOf(sentence)).toBe("North asks: packetboat next");
  });

  it("leaves no gap where a sentence is empty", () => {
    expect(textOf(joined(say`One.`, null, [], say`Two.`))).toBe("One. Two.");
  });

  it("is one line of visible text, whatever was said in it", () => {
    expect(textOf(say`${"A\r\nB\t\u001B[31mred\u202Etxt"}!`)).toBe("A B ␛[31mred[U+202E]txt!");
  });
});

describe("visible text", () => {
  it("keeps line breaks and letters of every language", () => {
    const text = "Søren Ødegård\n\tليلى 王 👩‍🏫 é";
    expect(visible(text)).toBe(text);
  });

  it("shows what would otherwise act", () => {
    expect(visible("\0\u0007\u007F\u009B\u2028\uFEFF\uFFFE")).toBe(
      "␀␇␡[U+009B][U+2028][U+FEFF][U+FFFE]",
    );
  });

  it("is well-formed where the text was not", () => {
    expect(visible("a\uD800b").isWellFormed()).toBe(true);
  });

  it("has no white space at the ends when it is one line", () => {
    expect(oneLine(" \n =1+1 \r\n")).toBe("=1+1");
  });
});
