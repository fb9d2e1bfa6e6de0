import { SEVERITIES, wordsOf } from "../alerts/catalogue.ts";
import { listAlerts } from "../ledger/alerts.ts";
import { defineCommand } from "./frame/command.ts";
import { alertLines, alertResult } from "./showing/alert.ts";

export const command = defineCommand<{ options: { readonly all?: boolean } }>({
  summary: "what somebody must know or do, the most urgent first",
  example: "alerts list",
  syntax: (syntax) => syntax.option("--all", "also those that are settled"),
  async run({ options, context }) {
    const { agency } = await context.config();
    const { timeZone } = agency;
    const ledger = await context.ledger();
    const alerts = await listAlerts(ledger, options.all === true ? {} : { open: true });
    const urgency = (alert: (typeof alerts)[number]): number =>
      alert.resolvedAt === null
        ? SEVERITIES.indexOf(wordsOf(alert, timeZone).severity)
        : SEVERITIES.length;
    const sorted = alerts.toSorted((one, other) => urgency(one) - urgency(other));
    return {
      result: sorted.map((alert) => alertResult(alert, timeZone)),
      lines:
        sorted.length === 0
          ? ["Nobody has to do anything now."]
          : [
              ...sorted.flatMap((alert) => [...alertLines(alert, timeZone), ""]),
              "Done with one? packetboat alerts resolve ID",
            ],
    };
  },
});
