import type { ReasonCode } from "../packet/model.gen.ts";
import { decideAbout, EXCHANGE } from "./deciding/about.ts";
import { defineCommand } from "./frame/command.ts";
import { commentsIn } from "./typed/comments.ts";
import { reasonDoubts, withReason } from "./typed/reason.ts";

interface Typed {
  readonly args: [reference: string];
  readonly options: { readonly reason: ReasonCode; readonly comments?: string };
}

export const command = defineCommand<Typed>({
  summary: "tell the district that asks that it will not get the records",
  example: "reject K7QM-3F2D --reason NotOurStudent",
  syntax: (syntax) =>
    withReason(
      syntax.argument("<reference>", "of the transfer, like K7QM-3F2D"),
      "Rejected",
    ).option("--comments <text>", "for the other registrar"),
  run({ args: [reference], options: { reason, comments }, context }) {
    const answer = { status: "Rejected", reason, ...commentsIn(comments) } as const;
    return decideAbout(
      context,
      reference,
      (about) => ({ kind: "answer", about, answer }),
      (partner) => ({
        done: `Rejected: ${partner} hears of it with the next exchange.`,
        warnings: reasonDoubts(reason),
        next: EXCHANGE,
      }),
    );
  },
});
