import { describe, expect, it } from "vitest";
import { xsdPattern } from "../../schemas/xsd-pattern.ts";

describe("a pattern of the JSON Schemas", () => {
  it.each([
    ["^[0-9]{7}$", "[0-9]{7}"],
    ["^(?:AB|CD)?$", "(AB|CD)?"],
    ["^\\$\\/x\\.y$", "$/x\\.y"],
    ["^[^\\t\\n]+$", "[^\\t\\n]+"],
    ["^[\\u002d\\u{1f600}]$", "[\\-\u{1f600}]"],
    ["^\\p{Lu}[\\p{L} \\-]*$", "\\p{Lu}[\\p{L} \\-]*"],
    ["^[.|?$^(]$", "[.|?$^(]"],
  ])("%s is said in XML Schema as %s", (pattern, said) => {
    expect(xsdPattern(pattern)).toBe(said);
  });

  it.each([
    ["[0-9]{7}", "not anchored"],
    ["^a|b$", "alternative outside parentheses"],
    ["^\\d+$", "\\d differs"],
    ["^\\w+$", "\\w differs"],
    ["^.+$", "the dot differs"],
    ["^a+?$", "no lazy quantifiers"],
    ["^(?=a)a$", "does not know (?="],
    ["^(?!a)b$", "does not know (?!"],
    ["^(a$|b)$", "$ stands inside"],
    ["^[a-z-[aeiou]]$", "an unescaped ["],
    ["^\\p{Script=Greek}$", "differs in XML Schema"],
    ["^(a)\\1$", "\\1 differs"],
  ])("%s is refused, because it would mean something else there", (pattern, why) => {
    expect(() => xsdPattern(pattern)).toThrow(why);
  });
});
