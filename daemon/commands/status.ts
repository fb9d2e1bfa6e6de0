import { nightlyPlanOf } from "../config/calendar.ts";
import { isRefusal, PacketboatError } from "../errors.ts";
import { firstBegin } from "../ledger/runs.ts";
import { defineCommand, type Outcome } from "./frame/command.ts";
import type { Context } from "./frame/context.ts";
import { agesOf, nagiosLine, STATE_EXITS, type Verdict, verdictOn } from "./standing/nagios.ts";
import { standingNow } from "./standing/standing.ts";
import { standingLines } from "./standing/words.ts";

interface Typed {
  readonly options: {
    readonly nagios?: boolean;
    readonly warning?: string;
    readonly critical?: string;
  };
}

const HOUR_SECONDS = 3600;

export const command = defineCommand<Typed>({
  summary: "how this home stands, on one screen or for a monitoring system",
  example: "status --nagios --warning 26 --critical 50",
  syntax: (syntax) =>
    syntax
      .option("--nagios", "one line, and the exit codes 0, 1, 2, 3 of monitoring plugins")
      .option("--warning <hours>", "with --nagios: since the last exchange (else: a night missed)")
      .option("--critical <hours>", "with --nagios: since the last exchange (else: two missed)"),
  async run({ options, context }) {
    if (options.nagios === true) return await monitored(options, context);
    if (options.warning !== undefined || options.critical !== undefined) {
      throw new PacketboatError("USAGE", "--warning and --critical belong to --nagios");
    }
    const config = await context.config();
    const standing = await standingNow(config, await context.ledger(), context.now());
    return { result: standing, lines: standingLines(standing, config.agency.timeZone) };
  },
});

/** Whoever watches gets a line whatever happens: what cannot be read is UNKNOWN. A bug stays one. */
async function monitored(options: Typed["options"], context: Context): Promise<Outcome> {
  const verdict = await verdictNow(options, context).catch((error: unknown): Verdict => {
    if (!isRefusal(error)) throw error;
    return { state: "UNKNOWN", sentence: `${error.message} [${error.code}]`, figures: [] };
  });
  return { result: verdict, lines: [nagiosLine(verdict)], exit: STATE_EXITS[verdict.state] };
}

/** @throws PacketboatError what keeps us from knowing */
async function verdictNow(
  { warning, critical }: Typed["options"],
  context: Context,
): Promise<Verdict> {
  const [warningHours, criticalHours] = [hoursIn(warning), hoursIn(critical)];
  const config = await context.config();
  const ledger = await context.ledger();
  const at = context.now();
  const standing = await standingNow(config, ledger, at);
  const planned = agesOf(nightlyPlanOf(config), at);
  const ages = {
    warning: warningHours === null ? planned.warning : warningHours * HOUR_SECONDS,
    critical: criticalHours === null ? planned.critical : criticalHours * HOUR_SECONDS,
  };
  return verdictOn(standing, { ages, firstExchange: await firstBegin(ledger), at });
}

/** Not refused by the parser, whose exit code 2 would mean CRITICAL here. */
function hoursIn(typed: string | undefined): number | null {
  if (typed === undefined) return null;
  if (/^[0-9]{1,4}$/.test(typed) && Number(typed) > 0) return Number(typed);
  throw new PacketboatError("USAGE", `${JSON.stringify(typed)} is no number of hours, like 26`);
}
