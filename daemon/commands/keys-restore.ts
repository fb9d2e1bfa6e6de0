import { restore } from "./home/backup.ts";
import { defineCommand } from "./frame/command.ts";

export const command = defineCommand<{ args: [dir: string] }>({
  summary: "put a home back from a backup",
  example: "keys restore /srv/backup/packetboat",
  syntax: (syntax) => syntax.argument("<dir>", "what `keys backup` wrote"),
  async run({ args: [dir], context }) {
    const { madeAgain, ...restored } = await restore(context.path(dir), context.now());
    const emptyFolders = madeAgain.map((path) => `  ${path}`);
    return {
      result: restored,
      lines: [
        `Restored the home in ${restored.home}.`,
        ...(madeAgain.length === 0
          ? []
          : ["These folders are new and empty: give them their groups again.", ...emptyFolders]),
        "What happened since the backup is not in it. Compare `packetboat transfers list` with the",
        "folders requests and records, and call the partners about what is missing. Then:",
        `packetboat exchange --proceed --config ${restored.config}`,
      ],
    };
  },
});
