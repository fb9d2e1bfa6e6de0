import { describe, expect, it } from "vitest";
import { acceptable, checkName, isIgnored, variantsOf } from "../../daemon/desk/names.ts";
import { isRefusal } from "../../daemon/errors.ts";

describe("the name of a dropped file", () => {
  it.each([
    "abrams.xml",
    "Abrams, Jenna.xml".replace(",", ""),
    "a (1).xml",
    "Müller_2.pdf",
    "7.csv",
  ])("is taken: %s", (name) => {
    expect(() => checkName(name)).not.toThrow();
    expect(acceptable(name)).toBe(name);
  });

  it.each([
    ["-rf.xml", "rf.xml"],
    ["a\nb.xml", "a_b.xml"],
    ["a\u{202e}lmx.exe", "a_lmx.exe"],
    ["a\\b.xml", "a_b.xml"],
    ["a:b.xml", "a_b.xml"],
    ["a.xml ", "a.xml"],
    ["a.", "a"],
    [" a.xml", "a.xml"],
    ["\u{301}a.xml", "a.xml"],
    ["$$$", "document"],
    [`${"x".repeat(200)}.xml`, "x".repeat(80)],
    [`${"語".repeat(110)}.xml`, "語".repeat(80)],
  ])("is refused, and answered under another: %j", (name, shown) => {
    let refusal: unknown;
    try {
      checkName(name);
    } catch (error) {
      refusal = error;
    }
    expect(isRefusal(refusal, "DOCUMENT_NAME")).toBe(true);
    expect(acceptable(name)).toBe(name.startsWith("語") ? "document" : shown);
  });

  it("is none of ours if an office's program made it for itself", () => {
    expect(["~$a.docx", "Thumbs.db", "desktop.ini", ".DS_Store", "a.TMP"].every(isIgnored)).toBe(
      true,
    );
    expect(["a.xml", "thumbs.dbx", "tmp.xml"].some(isIgnored)).toBe(false);
  });

  it("is numbered before its ending when it is taken", () => {
    const first = (name: string) => {
      const variants = variantsOf(name);
      return [1, 2, 3].map(() => variants.next().value as string);
    };
    expect(first("a.b.xml")).toEqual(["a.b.xml", "a.b (2).xml", "a.b (3).xml"]);
    expect(first("a")).toEqual(["a", "a (2)", "a (3)"]);
  });
});
