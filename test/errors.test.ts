import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ERRORS, type ErrorCode, EXIT, isRefusal, PacketboatError } from "../daemon/errors.ts";

const rows = readFileSync(new URL("../daemon/CODES.md", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| `"));

const codeIn = (row: string): string => /`([^`]*)`/.exec(row)?.[1] ?? "";
const meaningIn = (row: string): string => row.split(/(?<!\\)\|/)[2]?.trim() ?? "";
const codes = Object.keys(ERRORS) as ErrorCode[];

/** The row as it must stand in CODES.md; the meaning is written by hand, and taken from there. */
function rowOf(code: ErrorCode): string {
  const { disposition, exit, hint } = ERRORS[code];
  const written = rows.find((row) => codeIn(row) === code);
  const meaning = written === undefined ? "(say what it means)" : meaningIn(written);
  return `| \`${code}\` | ${meaning} | ${disposition} | ${exit} | ${hint.replaceAll("|", "\\|")} |`;
}

describe("daemon/CODES.md", () => {
  it("has the row of every code", () => {
    const missing = codes.map(rowOf).filter((row) => !rows.includes(row));
    expect(missing, `put into daemon/CODES.md:\n${missing.join("\n")}\n`).toEqual([]);
  });

  it("has no other code, and none twice", () => {
    expect(rows.map(codeIn).toSorted()).toEqual(codes.toSorted());
  });

  it("says in one sentence what each code means", () => {
    const vague = rows.filter((row) => !/^[A-Z`][^|]{10,}[A-Za-z`]\.$/.test(meaningIn(row)));
    expect(vague).toEqual([]);
  });
});

describe("an error", () => {
  it("takes hint, disposition and exit code from the table", () => {
    const error = new PacketboatError("BOX_HOST_KEY_CHANGED", "the server showed another key");
    expect(error).toMatchObject({
      name: "PacketboatError",
      message: "the server showed another key",
      disposition: "stop",
      exit: EXIT.security,
      facts: {},
    });
    expect(error.hint).toBe(ERRORS.BOX_HOST_KEY_CHANGED.hint);
  });

  it("keeps its cause and its facts", () => {
    const cause = new Error("ENOSPC");
    const error = new PacketboatError("DISK_FULL", "no room", { cause, facts: { free: 0 } });
    expect(error.cause).toBe(cause);
    expect(error.facts).toEqual({ free: 0 });
    expect("cause" in new PacketboatError("DISK_FULL", "no room")).toBe(false);
  });

  it("hints in a sentence for a person", () => {
    const vague = codes.filter((code) => !/^[A-Z][^\n]{15,200}\.$/.test(ERRORS[code].hint));
    expect(vague).toEqual([]);
  });

  it("is told from a bug, and from another refusal", () => {
    const error = new PacketboatError("DISK_FULL", "no room");
    expect(isRefusal(error)).toBe(true);
    expect(isRefusal(error, "DISK_FULL")).toBe(true);
    expect(isRefusal(error, "DISK_FAILED")).toBe(false);
    expect(isRefusal(new Error("no room"))).toBe(false);
  });
});
