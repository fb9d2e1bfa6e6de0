import { decideAbout, EXCHANGE } from "./deciding/about.ts";
import { defineCommand } from "./frame/command.ts";
import { commentsIn } from "./typed/comments.ts";

interface Typed {
  readonly args: [reference: string];
  readonly options: { readonly comments?: string };
}

export const command = defineCommand<Typed>({
  summary: "take back a request: you no longer ask for the records",
  example: "cancel K7QM-3F2D",
  syntax: (syntax) =>
    syntax
      .argument("<reference>", "of the transfer, like K7QM-3F2D")
      .option("--comments <text>", "for the other registrar"),
  run({ args: [reference], options: { comments }, context }) {
    return decideAbout(
      context,
      reference,
      (about) => ({ kind: "cancel", about, ...commentsIn(comments) }),
      (partner, { transfer: { isOnPaper } }) =>
        isOnPaper
          ? {
              done: `Canceled. Packetboat does not tell ${partner}, which takes no part: call or write if the letter has left.`,
              next: [],
            }
          : {
              done: `Canceled: ${partner} hears of it with the next exchange.`,
              next: EXCHANGE,
            },
    );
  },
});
