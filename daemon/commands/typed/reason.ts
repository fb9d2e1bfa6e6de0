/** Why something is held, rejected or recalled: one of a closed list. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { REASON_WORDS } from "../../alerts/reason-words.ts";
import type { ReasonCode } from "../../packet/model.gen.ts";
import { nearestName } from "../../schema.ts";

const REASONS = Object.keys(REASON_WORDS) as ReasonCode[];

/** Give a command `--reason`, which is owed, and its help the meaning of each code. */
export const withReason = (syntax: Command): Command =>
  syntax
    .addOption(
      new Option("--reason <code>", "why: one of the codes below")
        .argParser(reasonIn)
        .makeOptionMandatory(),
    )
    .addHelpText("after", `\nReasons:\n${REASONS.map(lineOf).join("\n")}`);

/** Capitals do not matter. */
function reasonIn(text: string): ReasonCode {
  const reason = REASONS.find((code) => code.toLowerCase() === text.toLowerCase());
  if (reason !== undefined) return reason;
  const near = nearestName(text, REASONS).replace(
    /^, (.)/,
    (_, first: string) => ` ${first.toUpperCase()}`,
  );
  throw new InvalidArgumentError(`It must be one of ${REASONS.join(", ")}.${near}`);
}

const lineOf = (code: ReasonCode): string =>
  `  ${code.padEnd(Math.max(...REASONS.map(({ length }) => length)))}  ${REASON_WORDS[code]}`;
