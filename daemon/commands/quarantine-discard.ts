import { discard, keptNamed } from "../desk/quarantine.ts";
import { PacketboatError } from "../errors.ts";
import { defineCommand } from "./frame/command.ts";
import { byWhom, quarantineOf, senderWords } from "./quarantined/quarantine.ts";
import { refreshed } from "./reporting/refresh.ts";

interface Typed {
  readonly args: [id: string];
  readonly options: { readonly yes?: boolean };
}

export const command = defineCommand<Typed>({
  summary: "delete a refused packet for good",
  example: "quarantine discard 7be6a835",
  syntax: (syntax) =>
    syntax.argument("<id>", "or its first or last six characters").option("--yes", "do not ask"),
  async run({ args: [typed], options, context }) {
    const quarantine = await quarantineOf(context);
    const kept = await keptNamed(quarantine, typed);
    if (context.isAttended && options.yes !== true) {
      const about = [`${kept.claim.file_name}, sender ${senderWords(kept)}: ${kept.code}`];
      if (!(await context.confirm(about, "Delete it for good?", ""))) {
        throw new PacketboatError("USAGE", "nothing was deleted");
      }
    }
    await discard(quarantine, kept, byWhom(context));
    const { id, code } = kept;
    return {
      result: { id, code },
      lines: [
        kept.original === null
          ? `Deleted ${id}; the file itself leaves the box with the next exchange.`
          : `Deleted ${id}.`,
        ...(await refreshed(context)),
      ],
    };
  },
});
