import { entityOf } from "../config.ts";
import { ageOf } from "../entity/registry/alerts.ts";
import { importIn } from "../ledger/registry.ts";
import { defineCommand } from "./frame/command.ts";
import { heldLine, importResult, waitingLines } from "./registering/shown.ts";
import { counted } from "./showing/spans.ts";
import { shownTime } from "./showing/times.ts";

export const command = defineCommand<object>({
  summary: "when the registry was imported, how much is in it, and how old it is",
  example: "registry status",
  async run({ context }) {
    const { registry, agency } = entityOf(await context.config());
    const ledger = await context.ledger();
    const current = await importIn(ledger, "CURRENT");
    const waiting = await importIn(ledger, "WAITING");
    const { timeZone } = agency;
    const rule = {
      at: context.now(),
      timeZone,
      warnWhenOlderThanDays: registry.warnWhenOlderThanDays,
    };
    const { days: ageDays, isOld } = ageOf(current, rule);
    const result = {
      ageDays,
      isOld,
      current: current && importResult(current),
      waiting: waiting && importResult(waiting),
    };
    if (!current) {
      const lines = ["Nothing was imported yet: packetboat registry import FILE --snapshot"];
      return { result, lines: [...lines, ...(waiting ? waitingLines(waiting) : [])] };
    }
    const begun = shownTime(new Date(current.begun_at), timeZone);
    const age = `${counted(ageDays ?? 0, "day")} old${isOld ? ", older than the config allows" : ""}`;
    return {
      result,
      lines: [
        `Last import: ${current.kind}, ${begun}, by ${current.by}; ${age}.`,
        heldLine(current),
        ...(waiting ? ["A newer snapshot waits.", ...waitingLines(waiting)] : []),
      ],
    };
  },
});
