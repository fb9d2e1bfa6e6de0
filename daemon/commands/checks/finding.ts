import type { Config } from "../../config.ts";
import { type ErrorCode, isRefusal, type PacketboatError } from "../../errors.ts";
import type { Ledger } from "../../ledger/connect.ts";

/** What every part of `check` is given. */
export interface Checking {
  readonly config: Config;
  readonly now: () => Date;
  /** `null` if it is not begun yet, or cannot be opened; and then why. */
  readonly ledger: Ledger | PacketboatError | null;
  /** Whom to send a test mail. */
  readonly mailTo?: string;
}

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

/** @param code of the refusal that it would be in an exchange */
export const wrong = (
  subject: string,
  sentence: string,
  hint: string,
  code: ErrorCode | null = null,
): Finding => ({
  level: "error",
  subject,
  sentence,
  hint,
  code,
});

/** What a part of the program refused, as findings; a bug is thrown on. */
export function refused(subject: string, error: unknown): Finding[] {
  if (!isRefusal(error)) throw error;
  const { faults } = error.facts;
  const sentences = Array.isArray(faults) ? faults.map(String) : [error.message];
  return sentences.map((sentence) => wrong(subject, sentence, error.hint, error.code));
}
