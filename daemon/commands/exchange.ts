import { EXIT } from "../errors.ts";
import { isIdle } from "../exchange/outcome.ts";
import { endReconciling } from "../ledger/settings.ts";
import { exchangeNow, type Exchanged } from "./exchanging/exchange.ts";
import { brokenOff } from "./exchanging/failure.ts";
import { exchangeLines } from "./exchanging/words.ts";
import { defineCommand } from "./frame/command.ts";
import { alertResult } from "./showing/alert.ts";

/** So long nobody wonders. */
const SILENT_MS = 5000;
const PATIENCE =
  "Still at it. What was saved just now must first hold still: a list for seconds, a decision for two minutes.";

export const command = defineCommand<{
  options: { readonly exitCode?: boolean; readonly proceed?: boolean };
}>({
  summary: "one exchange now: take, collect, send, report",
  example: "exchange",
  syntax: (syntax) =>
    syntax
      .option("--exit-code", "end with 3 if nothing waited and nothing came")
      .option("--proceed", "after a restore: what is missing has been looked after"),
  async run({ options, context }) {
    if (options.proceed === true) await endReconciling(await context.ledger());
    const patience = setTimeout(() => context.say(PATIENCE), SILENT_MS);
    const done = await exchangeNow(context).finally(() => clearTimeout(patience));
    if (done.failure) {
      for (const line of exchangeLines(done)) context.say(line);
      throw brokenOff(done, done.failure);
    }
    const isNothing = options.exitCode === true && isIdle(done.counts) && done.exit === EXIT.done;
    return {
      result: resultOf(done),
      lines: exchangeLines(done),
      exit: isNothing ? EXIT.nothingWaiting : done.exit,
    };
  },
});

const resultOf = ({ runId, counts, reports, raised, raisedCount, timeZone }: Exchanged) => ({
  runId,
  counts,
  reports,
  raisedCount,
  raised: raised.map((alert) => alertResult(alert, timeZone)),
});
