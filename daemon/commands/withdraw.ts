import { decideAbout } from "./deciding/about.ts";
import { defineCommand } from "./frame/command.ts";

export const command = defineCommand<{ args: [reference: string] }>({
  summary: "take back a release that has not left yet",
  example: "withdraw K7QM-3F2D",
  syntax: (syntax) => syntax.argument("<reference>", "of the transfer, like K7QM-3F2D"),
  run({ args: [reference], context }) {
    return decideAbout(
      context,
      reference,
      (about) => ({ kind: "withdraw", about }),
      (partner) => ({ done: `Withdrawn: ${partner} never hears of it.`, next: [] }),
    );
  },
});
