import { longDate } from "../alerts/when.ts";
import type { ReasonCode } from "../packet/model.gen.ts";
import { given } from "../transfer/given.ts";
import { decideAbout, EXCHANGE } from "./deciding/about.ts";
import { defineCommand } from "./frame/command.ts";
import { commentsIn } from "./typed/comments.ts";
import { dayIn } from "./typed/day.ts";
import { reasonDoubts, withReason } from "./typed/reason.ts";

interface Typed {
  readonly args: [reference: string];
  readonly options: {
    readonly reason: ReasonCode;
    readonly until?: string;
    readonly comments?: string;
  };
}

export const command = defineCommand<Typed>({
  summary: "tell the district that asks that you need more time",
  example: "hold K7QM-3F2D --reason AwaitingFinalMarks --until 2026-06-15",
  syntax: (syntax) =>
    withReason(syntax.argument("<reference>", "of the transfer, like K7QM-3F2D"), "Hold")
      .option("--until <day>", "when you will look at it again, like 2026-06-15")
      .option("--comments <text>", "for the other registrar"),
  run({ args: [reference], options, context }) {
    const { reason, comments } = options;
    const until = options.until === undefined ? undefined : dayIn(options.until, "--until");
    const answer = {
      status: "Hold",
      reason,
      ...given({ until }),
      ...commentsIn(comments),
    } as const;
    return decideAbout(
      context,
      reference,
      (about) => ({ kind: "answer", about, answer }),
      (partner, { transfer: { holdUntil } }) => ({
        done: `On hold${holdUntil === null ? "" : ` until ${longDate(holdUntil)}`}: ${partner} hears of it with the next exchange.`,
        warnings: reasonDoubts(reason),
        next: EXCHANGE,
      }),
    );
  },
});
