import type { ReasonCode } from "../packet/model.gen.ts";
import { decideAbout, EXCHANGE } from "./deciding/about.ts";
import { defineCommand } from "./frame/command.ts";
import { commentsIn } from "./typed/comments.ts";
import { withReason } from "./typed/reason.ts";

interface Typed {
  readonly args: [reference: string];
  readonly options: { readonly reason: ReasonCode; readonly comments?: string };
}

export const command = defineCommand<Typed>({
  summary: "ask for records back that were sent by mistake",
  example: "recall K7QM-3F2D --reason WrongStudent",
  syntax: (syntax) =>
    withReason(syntax.argument("<reference>", "of the transfer, like K7QM-3F2D"), "Recall").option(
      "--comments <text>",
      "for the other registrar",
    ),
  run({ args: [reference], options: { reason, comments }, context }) {
    return decideAbout(
      context,
      reference,
      (about) => ({ kind: "recall", about, recall: { reason, ...commentsIn(comments) } }),
      (partner) => ({
        done: `Recalled: ${partner} hears of it with the next exchange. Call them now.`,
        next: EXCHANGE,
      }),
    );
  },
});
