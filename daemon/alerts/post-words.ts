/** What the entries of the post's own alerts are made with. */
import { ERRORS, EXIT } from "../errors.ts";
import type { AlertFacts } from "../transfer/effects.ts";
import type { AlertKind, Severity } from "./kind.ts";
import { say, typed, type Sentence } from "./say.ts";

/** A refusal: its code, and its sentence if that is ours and names nobody. */
export interface Refusal {
  readonly code: string;
  readonly reason?: string;
}

/** An interface has no index; the facts of an alert are a plain record. */
export type Plain<Facts> = { readonly [Name in keyof Facts]: Facts[Name] };

export const kind = <Facts extends AlertFacts>(entry: AlertKind<Facts>): AlertKind<Facts> => entry;

/** What to do about a code, as the table of errors says; a partner's code may be none of ours. */
export const hintFor = (code: string): Sentence | null =>
  Object.hasOwn(ERRORS, code) ? withCommands(ERRORS[code as keyof typeof ERRORS].hint) : null;

/** Hints set what is to be typed between backticks. */
const withCommands = (hint: string): Sentence =>
  hint.split("`").map((part, index) => (index % 2 === 0 ? part : typed(part)));

/** Refused for security: somebody may be trying something. */
export const byDanger = ({ facts }: { readonly facts: { readonly code: string } }): Severity =>
  Object.hasOwn(ERRORS, facts.code) &&
  ERRORS[facts.code as keyof typeof ERRORS].exit === EXIT.security
    ? "urgent"
    : "attention";

/** `: the packet carries no signature (PACKET_NOT_SIGNED)` */
export const why = ({ code, reason }: Refusal): Sentence =>
  reason === undefined ? say` (${code})` : say`: ${reason} (${code})`;

export const from = (partner: Sentence): Sentence =>
  partner.length === 0 ? [] : say` from ${partner}`;
