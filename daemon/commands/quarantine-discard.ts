import { discard, type InQuarantine, quarantinedNamed } from "../desk/quarantine.ts";
import { discardSetAside } from "../desk/recalled.ts";
import { discardUnrelayed } from "../desk/unrelayed.ts";
import { PacketboatError } from "../errors.ts";
import { defineCommand } from "./frame/command.ts";
import { byWhom, quarantineOf, senderWords } from "./quarantined/quarantine.ts";
import { refreshed } from "./reporting/refresh.ts";

interface Typed {
  readonly args: [id: string];
  readonly options: { readonly yes?: boolean };
}

export const command = defineCommand<Typed>({
  summary: "delete a refused packet or recalled records for good",
  example: "quarantine discard 7be6a835",
  syntax: (syntax) =>
    syntax.argument("<id>", "or its first or last six characters").option("--yes", "do not ask"),
  async run({ args: [typed], options, context }) {
    const quarantine = await quarantineOf(context);
    const found = await quarantinedNamed(quarantine, typed);
    if (context.isAttended && options.yes !== true) {
      if (!(await context.confirm([aboutOf(found)], "Delete it for good?", ""))) {
        throw new PacketboatError("USAGE", "nothing was deleted");
      }
    }
    if (found.kind === "recalled") {
      const { setAside } = found;
      await discardSetAside(quarantine, setAside, byWhom(context));
      const { id } = setAside;
      return { result: { id, code: "recalled" }, lines: [`Deleted ${id}.`] };
    }
    if (found.kind === "refused") await discard(quarantine, found.kept, byWhom(context));
    else await discardUnrelayed(quarantine, found.unrelayed, byWhom(context));
    const { id, code, original } = found.kind === "refused" ? found.kept : found.unrelayed;
    return {
      result: { id, code },
      lines: [
        original === null
          ? `Deleted ${id}; the file itself leaves the box with the next exchange.`
          : `Deleted ${id}.`,
        ...(await refreshed(context)),
      ],
    };
  },
});

const aboutOf = (found: InQuarantine): string => {
  if (found.kind === "recalled") {
    return `records ${found.setAside.folder}, recalled by ${senderWords(found.setAside)}`;
  }
  if (found.kind === "unrelayed") {
    const { row, code } = found.unrelayed;
    return `${row.file_name}, for another state: ${code}`;
  }
  const { kept } = found;
  return `${kept.claim.file_name}, sender ${senderWords(kept)}: ${kept.code}`;
};
