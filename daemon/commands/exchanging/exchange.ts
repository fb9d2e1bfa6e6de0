/** One exchange, made by a command. */
import { setTimeout as sleep } from "node:timers/promises";
import { exchangeOf } from "../../daemon.ts";
import { exchange, type ExchangeResult } from "../../exchange.ts";
import { type Alert, listAlerts } from "../../ledger/alerts.ts";
import { wordsOf } from "../../alerts/catalogue.ts";
import type { Context } from "../frame/context.ts";

export interface Exchanged extends ExchangeResult {
  /** Open alerts that this exchange raised, or raised again. */
  readonly raised: readonly Alert[];
  readonly timeZone: string;
}

/**
 * @throws PacketboatError CONFIG_INVALID without a server, KEY_…, HOME_BUSY
 */
export async function exchangeNow(context: Context): Promise<Exchanged> {
  const { now } = context;
  const config = await context.config();
  const ledger = await context.ledger();
  const log = await context.log();
  const startedAt = now();
  const done = await exchange(await exchangeOf({ config, ledger, now, log, pause: sleep }));
  const { timeZone } = config.agency;
  const since = await listAlerts(ledger, { open: true, since: startedAt });
  const raised = since.filter((alert) => wordsOf(alert, timeZone).severity !== "info");
  return { ...done, raised, timeZone };
}
