/** What the handlers of a transfer tell with their alerts, and phrases that several sentences need. */
import type { AlertFacts } from "../transfer/effects.ts";
import type { AlertKind, Told } from "./kind.ts";
import { REASON_WORDS, wordFor } from "./reason-words.ts";
import { say, typed, type Sentence } from "./say.ts";

/** With an answer of the releaser. */
export interface AnswerFacts {
  readonly status?: string;
  readonly reason?: string;
  readonly holdUntil?: string;
  readonly hasComments?: boolean;
  /** The entity answers, from its registry. */
  readonly registry?: boolean;
}

/** With a refusal by the other side's receipt. */
export interface RefusalFacts {
  readonly code?: string;
  readonly cancellation?: boolean;
  readonly supplement?: boolean;
  readonly message?: string;
}

/** Handlers tell a record of anything; each entry knows its own. What is not told is not spoken of. */
export const kind = <Known extends object>(
  entry: AlertKind<AlertFacts & Partial<Known>>,
): AlertKind<AlertFacts & Partial<Known>> => entry;

/** `: final marks are still to come`, if a reason was given. */
export const because = ({ reason }: { readonly reason?: string }): Sentence =>
  reason === undefined ? [] : say`: ${[wordFor(REASON_WORDS, reason)]}`;

/** Where to read the comment that came with an answer, if one did. */
export const comment = ({ facts, reference }: Told<AlertFacts & AnswerFacts>): Sentence | null =>
  facts.hasComments === true
    ? say`A comment came with it: ${typed(`packetboat transfers show ${reference}`)}.`
    : null;

/** ` (RULE_BROKEN)`; the code is the other side's. */
export const withCode = ({ code }: RefusalFacts): Sentence =>
  code === undefined ? [] : say` (${code})`;
