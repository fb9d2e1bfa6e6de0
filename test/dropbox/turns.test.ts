import { describe, expect, it } from "vitest";
import { inTurn } from "../../daemon/dropbox/turns.ts";
import { isRefusal, PacketboatError, type ErrorCode } from "../../daemon/errors.ts";

const refusal = (code: ErrorCode): PacketboatError => new PacketboatError(code, "as the test says");

interface Case {
  /** How often serving each of them fails; none of the others fails. */
  readonly failures?: Readonly<Record<string, number>>;
  readonly code?: ErrorCode;
  readonly suspects?: string;
  readonly serverIsGone?: boolean;
}

/** Serve the letters of a word. @returns what happened, in order: `x` served, `x!` failed, and who is to blame */
async function serving(word: string, { failures = {}, code, suspects = "", serverIsGone }: Case) {
  const left = new Map(Object.entries(failures));
  const told: string[] = [];
  const suspected: string[] = [];
  const blamed: string[] = [];
  const end = await inTurn([...word], {
    serve: async (one) => {
      const failing = left.get(one) ?? 0;
      told.push(failing > 0 ? `${one}!` : one);
      left.set(one, failing - 1);
      if (failing > 0) throw refusal(code ?? "BOX_TIMEOUT");
    },
    mend: async () => {
      if (serverIsGone) throw refusal("BOX_UNREACHABLE");
    },
    isSuspect: (one) => suspects.includes(one),
    suspect: async (one) => void suspected.push(one),
    blame: async (one) => void blamed.push(one),
  }).then(
    () => "done",
    (error: unknown) => isRefusal(error) && error.code,
  );
  return [told.join(" "), suspected.join(""), blamed.join(""), end];
}

describe("serving one after the other", () => {
  it.each<[string, string, Case, [string, string, string, string]]>([
    ["all, when nothing fails", "abc", {}, ["a b c", "", "", "done"]],
    ["again, who lost it by chance", "abc", { failures: { a: 1 } }, ["a! a b c", "", "", "done"]],
    [
      "the others, when one fails each time",
      "abc",
      { failures: { a: 9 } },
      ["a! a! b c", "a", "a", "done"],
    ],
    ["nobody, when he is alone", "a", { failures: { a: 9 } }, ["a! a!", "a", "a", "done"]],
    [
      "the others, when two in a row fail each time",
      "abcd",
      { failures: { a: 9, b: 9 }, code: "BOX_FAILED" },
      ["a! a! b! b! c d", "ab", "ab", "done"],
    ],
    [
      "nobody more, when three in a row fail; they are remembered and not blamed",
      "abcd",
      { failures: { a: 9, b: 9, c: 9 } },
      ["a! a! b! b! c! c!", "abc", "", "BOX_TIMEOUT"],
    ],
    [
      "on, when three fail with others between them",
      "abxcd",
      { failures: { a: 9, b: 9, c: 9 } },
      ["a! a! b! b! x c! c! d", "abc", "abc", "done"],
    ],
    [
      "a suspect once, and no more of them when three failed",
      "xabcd",
      { failures: { a: 9, b: 9, c: 9 }, suspects: "abcd" },
      ["x a! b! c!", "abc", "abc", "done"],
    ],
    [
      "no more than three suspects, when there is nobody else",
      "abcd",
      { failures: { a: 9, b: 9, c: 9 }, suspects: "abcd" },
      ["a! b! c!", "abc", "", "BOX_TIMEOUT"],
    ],
    [
      "nobody, when the server is gone; nobody is blamed",
      "abc",
      { failures: { a: 1 }, serverIsGone: true },
      ["a!", "", "", "BOX_UNREACHABLE"],
    ],
    [
      "nobody more, when our own disk fails",
      "abc",
      { failures: { b: 1 }, code: "DISK_FULL" },
      ["a b!", "", "", "DISK_FULL"],
    ],
  ])("serves %s", async (_case, word, failing, expected) => {
    expect(await serving(word, failing)).toEqual(expected);
  });

  it("goes on with one that gets further each time, however often the line is lost", async () => {
    let done = 0;
    const blamed: string[] = [];
    await inTurn(["a"], {
      serve: async () => {
        done++;
        if (done < 20) throw refusal("BOX_UNREACHABLE");
      },
      mend: async () => undefined,
      progress: () => done,
      isSuspect: () => true,
      suspect: async () => undefined,
      blame: async (one) => void blamed.push(one),
    });
    expect([done, blamed]).toEqual([20, []]);
  });
});
