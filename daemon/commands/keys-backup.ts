import { backUp } from "./home/backup.ts";
import { defineCommand } from "./frame/command.ts";

export const command = defineCommand<{ args: [dir: string] }>({
  summary: "copy keys, ledger and config to a folder",
  example: "keys backup /srv/backup/packetboat",
  syntax: (syntax) => syntax.argument("<dir>", "a folder that is not there, or empty"),
  async run({ args: [dir], context }) {
    const config = await context.config();
    const folder = context.path(dir);
    const { configPath, now } = context;
    await backUp({ config, configPath, ledger: await context.ledger(), at: now() }, folder);
    return {
      result: { folder },
      lines: [
        `Backed up to ${folder}.`,
        "It holds the secret keys and students' data: keep it where nobody else can read.",
        `To put it back on an empty machine: packetboat keys restore ${dir}`,
      ],
    };
  },
});
