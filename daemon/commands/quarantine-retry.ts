import { lookAgain, quarantinedNamed } from "../desk/quarantine.ts";
import { relayAgain } from "../desk/unrelayed.ts";
import { PacketboatError } from "../errors.ts";
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
    const found = await quarantinedNamed(quarantine, typed);
    if (found.kind === "recalled") {
      const sentence = `${found.setAside.id} are recalled records: nothing is tried again with them`;
      throw new PacketboatError("QUARANTINE_UNKNOWN", sentence);
    }
    if (found.kind === "refused") await lookAgain(quarantine, found.kept, byWhom(context));
    else await relayAgain(quarantine, found.unrelayed, byWhom(context));
    const { id, code } = found.kind === "refused" ? found.kept : found.unrelayed;
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
