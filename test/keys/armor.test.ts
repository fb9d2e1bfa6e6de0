import { describe, expect, it } from "vitest";
import { readArmor } from "../../daemon/keys/armor.ts";

const BLOCK = [
  "-----BEGIN PGP MESSAGE-----",
  "Comment: headers are passed over",
  "",
  "yxRiAAAAAABoZWxsbywgd29ybGQh",
  "=abcd",
  "-----END PGP MESSAGE-----",
  "",
].join("\n");

const endOf = (text: string) => readArmor(text)?.end;

describe("armour", () => {
  it("gives the bytes and the kind of one block", () => {
    const armor = readArmor(BLOCK);
    expect(armor).toMatchObject({ kind: "MESSAGE", end: "whole" });
    expect(Buffer.from(armor?.bytes ?? []).toString("latin1")).toContain("hello, world!");
  });

  it.each([
    ["CRLF", BLOCK.replaceAll("\n", "\r\n")],
    ["blank lines around it", `\n\n${BLOCK}\n\n`],
    ["no headers", BLOCK.replace(/Comment.*\n/, "")],
    ["no checksum", BLOCK.replace("=abcd\n", "")],
    ["no last line break", BLOCK.trimEnd()],
    ["too many hyphens at its end", `${BLOCK.trimEnd()}---\n`],
  ])("may have %s", (_, text) => {
    expect(readArmor(text)).toMatchObject({ kind: "MESSAGE", end: "whole" });
    expect(readArmor(text)?.bytes).toEqual(readArmor(BLOCK)?.bytes);
  });

  it("is cut wherever its last line is not all there", () => {
    const start = BLOCK.indexOf("\n") + 1;
    const last = BLOCK.trimEnd().length;
    for (let at = start; at < last; at++)
      expect([at, endOf(BLOCK.slice(0, at))]).toEqual([at, "cut"]);
  });

  it.each([
    ["text behind it", `${BLOCK}yours sincerely`],
    ["a second block behind it", BLOCK + BLOCK],
    ["another last line", BLOCK.replace("END PGP MESSAGE", "END PGP SIGNATURE")],
    ["no empty line under its headers", BLOCK.replace("\n\n", "\n")],
    ["bytes that are no base64", BLOCK.replace("AAAA", "AA<!")],
    ["padding in the middle", BLOCK.replace("AAAA", "AA==")],
  ])("is junk with %s", (_, text) => {
    expect(endOf(text)).toBe("junk");
  });

  it("does not begin in the middle of a text", () => {
    expect(readArmor(`Dear registrar,\n${BLOCK}`)).toBeNull();
  });

  it("is refused in no time when it is made to be slow", () => {
    const started = performance.now();
    const spaces = `-----BEGIN PGP MESSAGE-----\n\n${" ".repeat(3_000_000)}<\n-----END PGP MESSAGE-----`;
    expect(endOf(spaces)).toBe("junk");
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
