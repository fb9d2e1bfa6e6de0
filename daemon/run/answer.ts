/** What a command is told of the exchange that the daemon made for it. */
import { ERRORS, type ErrorCode, type Facts, isRefusal, PacketboatError } from "../errors.ts";
import type { ExchangeResult } from "../exchange.ts";

interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly facts: Facts;
}

type Answer =
  | { readonly refusal: Refusal }
  | { readonly result: Omit<ExchangeResult, "failure">; readonly failure: Refusal | null };

/** @returns JSON */
export function answerOf(outcome: ExchangeResult | PacketboatError): string {
  if (isRefusal(outcome)) return JSON.stringify({ refusal: plain(outcome) } satisfies Answer);
  const { failure, ...result } = outcome;
  const answer: Answer = { result, failure: failure && plain(failure) };
  return JSON.stringify(answer);
}

/** @throws PacketboatError why the exchange could not begin */
export function readAnswer(json: string): ExchangeResult {
  const answer = JSON.parse(json) as Answer;
  if ("refusal" in answer) throw refusalOf(answer.refusal);
  return { ...answer.result, failure: answer.failure && refusalOf(answer.failure) };
}

const plain = ({ code, message, facts }: PacketboatError): Refusal => ({ code, message, facts });

/** A daemon of another version may know codes that we do not. */
const refusalOf = ({ code, message, facts }: Refusal): PacketboatError =>
  new PacketboatError(Object.hasOwn(ERRORS, code) ? code : "EXCHANGE_STOPPED", message, { facts });
