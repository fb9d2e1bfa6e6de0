import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldName, isSameName } from "../../../daemon/entity/registry/names.ts";
import { corpus } from "../../keys/corpora.ts";

const same = (one: string, other: string): boolean => isSameName(foldName(one), foldName(other));

describe("one name", () => {
  it.each([
    ["Garcia-Lopez", "García López"],
    ["Garcia-Lopez", "GARCIALOPEZ"],
    ["O'Brien", "OBRIEN"],
    ["O'Brien", "O’Brien"],
    ["O'Brien", "O Brien"],
    ["De La Cruz", "delacruz"],
    ["De La Cruz", "De la Cruz"],
    ["Müller", "MULLER"],
    ["Nuñez", "Nun\u0303ez"],
    ["Søren", "Soren"],
    ["Łukasz", "LUKASZ"],
    ["Straße", "Strasse"],
    ["Smith Jr.", "Smith"],
    ["Smith, III", "SMITH"],
    ["St. John", "ST JOHN"],
    ["Ortega y Gasset", "Ortega-Gasset"],
    ["Kaʻahumanu", "Kaahumanu"],
    ["SAꞋAB", "saꞌab"],
    ["Garcia Lopez", "Lopez"],
    ["Garcia Lopez", "Garcia"],
    ["Garcia de la Cruz", "De La Cruz"],
    ["Mary Ann", "Maryann"],
    ["Ko\u200dnig", "Konig"],
    ["Иванов", "ИВАНОВ"],
    ["王", "王"],
  ])("may be written %s or %s", (one, other) => {
    expect(same(one, other)).toBe(true);
    expect(same(other, one)).toBe(true);
  });

  it.each([
    ["De La Cruz", "De"],
    ["De La Cruz", "La"],
    ["De La Cruz", "Cruz"],
    ["O'Brien", "Brien"],
    ["Mc Donald", "Donald"],
    ["Garcia Lopez", "Garcia Perez"],
    ["Garcia Lopez", "Lopez Garcia"],
    ["Garcia L", "L"],
    ["Smith", "Smithe"],
    ["王", "李"],
    ["Иванов", "Петров"],
    ["मीना", "मन"],
    ["-", "Smith"],
    ["'", "'"],
    ["", ""],
    ["😀", "😀"],
    ["Jr", "Smith"],
    ["an example of a sentence", "sentence"],
  ])("is neither %s nor %s for the other", (one, other) => {
    expect(same(one, other)).toBe(false);
    expect(same(other, one)).toBe(false);
  });

  const word = fc.stringMatching(/^[A-Za-zÀ-ÖØ-öø-ÿ]{2,12}$/);

  it("is the same when it is folded, in any case, with any accent and apostrophe", () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 3 }), (words) => {
        const name = words.join(" ");
        expect(same(name, foldName(name))).toBe(true);
        expect(same(name, words.join("-").toUpperCase())).toBe(true);
        expect(same(name, name.normalize("NFD"))).toBe(true);
        expect(same(name, `${name.slice(0, 1)}'${name.slice(1)}`)).toBe(true);
      }),
    );
  });

  it("compares alike in both directions, whatever it is", () => {
    const anything = fc.string({ unit: "grapheme", maxLength: 30 });
    fc.assert(
      fc.property(anything, anything, (one, other) => {
        expect(same(one, other)).toBe(same(other, one));
        if (foldName(one) === "") expect(same(one, other)).toBe(false);
        else expect(same(one, one)).toBe(true);
      }),
    );
  });

  it("is none without a letter beside a suffix", () => {
    expect(foldName("1 IV")).toBe("");
  });

  it("is the same name when it was folded already", () => {
    const parts = fc.constantFrom(
      ..."de la Jr y III O' Van ẞ ſ ﬁ ŉ İ Ø Mac ŀ Ⅳ ʼ Ꞌ - .".split(" "),
    );
    const anything = fc.string({ unit: "grapheme", maxLength: 20 });
    const name = fc.array(fc.oneof(parts, anything), { maxLength: 5 });
    fc.assert(
      fc.property(name, fc.constantFrom("", " "), (words, between) => {
        const folded = foldName(words.join(between));
        expect(isSameName(foldName(folded), folded)).toBe(folded !== "");
      }),
      { numRuns: 2000 },
    );
  });

  const naughty = corpus("people/blns.json");
  it.skipIf(naughty === null)(
    "of the naughty ones, none matches them all, nor an empty one",
    () => {
      const names = JSON.parse(readFileSync(naughty ?? "", "utf8")) as string[];
      for (const name of names) {
        const alike = names.filter((other) => foldName(other) !== "" && same(name, other));
        expect(alike.length, name).toBeLessThan(names.length / 10);
        if (foldName(name) === "") expect(alike).toEqual([]);
      }
    },
  );
});
