import { entityOf } from "../config.ts";
import { proceed } from "../entity/registry/import.ts";
import { defineCommand } from "./frame/command.ts";
import { heldLine, importResult } from "./registering/shown.ts";
import { counted } from "./showing/spans.ts";

export const command = defineCommand<object>({
  summary: "let the snapshot that waits close as many enrollments as it does",
  example: "registry proceed",
  async run({ context }) {
    entityOf(await context.config());
    const row = await proceed(await context.ledger(), context.now());
    return {
      result: importResult(row),
      lines: [`Closed: ${counted(row.closed, "enrollment")}.`, heldLine(row)],
    };
  },
});
