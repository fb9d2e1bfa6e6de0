import { auditHead, verifyAudit } from "../ledger/audit.ts";
import { defineCommand } from "./frame/command.ts";

export const command = defineCommand<object>({
  summary: "read the audit from its first entry, and prove that none was changed",
  example: "audit verify",
  async run({ context }) {
    const ledger = await context.ledger();
    // One transaction: an exchange beside us may add entries meanwhile.
    const { entries, head } = await ledger.transaction().execute(async (db) => ({
      entries: await verifyAudit(db),
      head: await auditHead(db),
    }));
    return {
      result: { entries, head },
      lines: [
        `The audit holds: ${entries} ${entries === 1 ? "entry" : "entries"}, the last one ${head}.`,
        "Partners remember earlier heads from our receipts.",
      ],
    };
  },
});
