import { parseAlertId } from "../ids.ts";
import { resolveAlert } from "../ledger/alerts.ts";
import { ownAccount } from "../people.ts";
import { defineCommand } from "./frame/command.ts";
import { refreshed } from "./reporting/refresh.ts";

export const command = defineCommand<{ args: [id: string] }>({
  summary: "close an alert that you have seen to",
  example: "alerts resolve 7XK2QD",
  syntax: (syntax) => syntax.argument("<id>", "six letters and digits, from alerts list"),
  async run({ args: [typed], context }) {
    const id = parseAlertId(typed);
    const by = context.as ?? ownAccount() ?? "unknown";
    const change = await resolveAlert(await context.ledger(), id, by, context.now());
    return {
      result: { id, change, by },
      lines: [
        change === "resolved" ? `Alert ${id} is settled.` : `Alert ${id} was settled before.`,
        ...(await refreshed(context)),
      ],
    };
  },
});
