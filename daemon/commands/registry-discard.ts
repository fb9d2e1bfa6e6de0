import { entityOf } from "../config.ts";
import { discard } from "../entity/registry/import.ts";
import { defineCommand } from "./frame/command.ts";
import { importResult } from "./registering/shown.ts";

export const command = defineCommand<object>({
  summary: "throw away the snapshot that waits",
  example: "registry discard",
  async run({ context }) {
    entityOf(await context.config());
    const row = await discard(await context.ledger(), context.now());
    return { result: importResult(row), lines: ["Discarded: the registry stays as it was."] };
  },
});
