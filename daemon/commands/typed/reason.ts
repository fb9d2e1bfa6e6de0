/** Why something is held, rejected or recalled: one of a closed list. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { REASON_WORDS } from "../../alerts/reason-words.ts";
import type { ReasonCode } from "../../packet/model.gen.ts";
import { nearestName } from "../../schema.ts";
import { DOUBTFUL_REASONS, FITTING_REASONS, type Reasoned } from "../../transfer/reasons.ts";

const REASONS = Object.keys(REASON_WORDS) as ReasonCode[];

/** Give a command `--reason`, which is owed, and its help the meaning of each code that fits the decision. */
export const withReason = (syntax: Command, decision: Reasoned): Command =>
  syntax
    .addOption(
      new Option("--reason <code>", "why: one of the codes below")
        .argParser((text) => reasonIn(text, FITTING_REASONS[decision]))
        .makeOptionMandatory(),
    )
    .addHelpText("after", `\nReasons:\n${FITTING_REASONS[decision].map(lineOf).join("\n")}`);

/** Capitals do not matter. One that fits another decision is the rules' to refuse. */
function reasonIn(text: string, fitting: readonly ReasonCode[]): ReasonCode {
  const reason = REASONS.find((code) => code.toLowerCase() === text.toLowerCase());
  if (reason !== undefined) return reason;
  const near = nearestName(text, fitting).replace(
    /^, (.)/,
    (_, first: string) => ` ${first.toUpperCase()}`,
  );
  throw new InvalidArgumentError(`It must be one of ${fitting.join(", ")}.${near}`);
}

/** What is to be said of a reason that the law of many states forbids; nothing of any other. */
export const reasonDoubts = (reason: ReasonCode): string[] => {
  const doubt = DOUBTFUL_REASONS[reason];
  return doubt === undefined ? [] : [`Warning: ${doubt}`];
};

const lineOf = (code: ReasonCode): string => {
  const width = Math.max(...REASONS.map(({ length }) => length));
  const mark = code in DOUBTFUL_REASONS ? "; not lawful in every state" : "";
  return `  ${code.padEnd(width)}  ${REASON_WORDS[code]}${mark}`;
};
