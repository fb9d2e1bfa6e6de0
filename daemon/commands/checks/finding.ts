import { type ErrorCode, isRefusal } from "../../errors.ts";

/** One thing that `check` looked at. */
export interface Finding {
  readonly level: "ok" | "warning" | "error";
  /** What it is about: config, keys, a folder. */
  readonly subject: string;
  readonly sentence: string;
  /** What to do about it. */
  readonly hint: string | null;
  readonly code: ErrorCode | null;
}

export const ok = (subject: string, sentence: string): Finding => ({
  level: "ok",
  subject,
  sentence,
  hint: null,
  code: null,
});

export const warning = (subject: string, sentence: string, hint: string): Finding => ({
  level: "warning",
  subject,
  sentence,
  hint,
  code: null,
});

export const wrong = (subject: string, sentence: string, hint: string): Finding => ({
  level: "error",
  subject,
  sentence,
  hint,
  code: null,
});

/** What a part of the program refused, as findings; a bug is thrown on. */
export function refused(subject: string, error: unknown): Finding[] {
  if (!isRefusal(error)) throw error;
  const { faults } = error.facts;
  const sentences = Array.isArray(faults) ? faults.map(String) : [error.message];
  return sentences.map((sentence) => ({
    level: "error",
    subject,
    sentence,
    hint: error.hint,
    code: error.code,
  }));
}
