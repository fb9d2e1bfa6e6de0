import { keptNamed, lookAgain } from "../desk/quarantine.ts";
import { defineCommand } from "./frame/command.ts";
import { byWhom, quarantineOf } from "./quarantined/quarantine.ts";
import { refreshed } from "./reporting/refresh.ts";

export const command = defineCommand<{ args: [id: string] }>({
  summary: "have the next exchange look at a refused packet again",
  example: "quarantine retry 7be6a835",
  syntax: (syntax) =>
    syntax
      .argument("<id>", "or its first or last six characters")
      .addHelpText(
        "after",
        "\nOnly where the sender was not told: mend the cause first, for instance by partner add.",
      ),
  async run({ args: [typed], context }) {
    const quarantine = await quarantineOf(context);
    const kept = await keptNamed(quarantine, typed);
    await lookAgain(quarantine, kept, byWhom(context));
    const { id, code } = kept;
    return {
      result: { id, code },
      lines: [
        `The next exchange looks at ${id} again.`,
        "Next: packetboat exchange",
        ...(await refreshed(context)),
      ],
    };
  },
});
