import { describe, expect, it } from "vitest";
import type { TransferState } from "../../daemon/packet/model.gen.ts";
import * as words from "../../daemon/reports/code-words.ts";
import { statusWords } from "../../daemon/reports/status-words.ts";
import { definitionAt } from "../../daemon/schema.ts";

const codesOf = (name: string): string[] => [
  ...(definitionAt("transfer.schema.json", `#/$defs/${name}`).schema.enum ?? []),
];

describe("a status", () => {
  it.each([
    ["RequestReceived", "Request received"],
    ["OnHold", "On hold"],
    ["ReleasePending", "Release pending"],
    ["NoRecord", "No record"],
    ["MultipleMatch", "Multiple match"],
    ["Delivered", "Delivered"],
  ] as const)("%s is called %s", (state, label) => {
    expect(statusWords(state, "requester").label).toBe(label);
    expect(statusWords(state, "releaser").label).toBe(label);
  });

  it("has one sentence for what it means, on either side", () => {
    for (const side of ["requester", "releaser"] as const) {
      for (const state of codesOf("TransferState") as TransferState[]) {
        expect(statusWords(state, side).meaning).toMatch(/^[A-Z][^.]*\.$/);
      }
    }
  });
});

describe("every code of the format has words", () => {
  it.each([
    ["EntryType", words.ENTRY_WORDS],
    ["ExitOrWithdrawalType", words.EXIT_WORDS],
    ["GradeLevel", words.GRADE_WORDS],
    ["Race", words.RACE_WORDS],
    ["SectionName", words.SECTION_WORDS],
    ["UserAuthentication", words.AUTHENTICATION_WORDS],
  ] as const)("%s", (name, known) => {
    expect(Object.keys(known).toSorted()).toEqual(codesOf(name).toSorted());
  });

  it("but for relationships, whose free codes stay codes", () => {
    const form = /^(?:17[2-7][0-9]|178[0-2])$/;
    expect(Object.keys(words.RELATIONSHIP_WORDS).filter((code) => !form.test(code))).toEqual([]);
  });
});
