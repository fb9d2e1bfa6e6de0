import { defineCommand } from "./frame/command.ts";
import { standingNow } from "./standing/standing.ts";
import { standingLines } from "./standing/words.ts";

export const command = defineCommand<object>({
  summary: "how this home stands, on one screen",
  example: "status",
  async run({ context }) {
    const config = await context.config();
    const standing = await standingNow(config, await context.ledger(), context.now());
    return { result: standing, lines: standingLines(standing, config.agency.timeZone) };
  },
});
