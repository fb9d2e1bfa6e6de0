/** One exchange for a command: by the daemon of this home if it runs, or else by the command itself. */
import { setTimeout as sleep } from "node:timers/promises";
import { exchangeOf, mailNow } from "../../daemon.ts";
import { exchange, type ExchangeResult } from "../../exchange.ts";
import { NEVER } from "../../exchange/parking.ts";
import { type Alert, manyAlerts } from "../../ledger/alerts.ts";
import { wordsOf } from "../../alerts/catalogue.ts";
import { ask, takeAnswer, withdrawAsk } from "../../ledger/asks.ts";
import type { Ledger } from "../../ledger/connect.ts";
import { lockHolder } from "../../ledger/locks.ts";
import { readAnswer } from "../../run/answer.ts";
import type { Context } from "../frame/context.ts";

export interface Exchanged extends ExchangeResult {
  /** Open alerts that this exchange raised, or raised again, for somebody to see to; of thousands the first. */
  readonly raised: readonly Alert[];
  /** How many there are altogether. */
  readonly raisedCount: number;
  readonly timeZone: string;
}

/**
 * @throws PacketboatError CONFIG_INVALID without a server, KEY_…, HOME_BUSY, HOME_RECONCILING
 */
export async function exchangeNow(context: Context): Promise<Exchanged> {
  const config = await context.config();
  const ledger = await context.ledger();
  const startedAt = context.now();
  const done = (await byDaemon(ledger, startedAt)) ?? (await byOurselves(context));
  const { timeZone } = config.agency;
  return { ...done, ...(await raisedSince(ledger, startedAt, timeZone)), timeZone };
}

/** `packetboat alerts list` has them all. */
const MOST_RAISED = 1000;

async function raisedSince(
  ledger: Ledger,
  since: Date,
  timeZone: string,
): Promise<Pick<Exchanged, "raised" | "raisedCount">> {
  const raised: Alert[] = [];
  let raisedCount = 0;
  for await (const page of (await manyAlerts(ledger, { open: true, since })).pages()) {
    const pressing = page.filter((alert) => wordsOf(alert, timeZone).severity !== "info");
    raised.push(...pressing.slice(0, MOST_RAISED - raised.length));
    raisedCount += pressing.length;
  }
  return { raised, raisedCount };
}

async function byOurselves(context: Context): Promise<ExchangeResult> {
  const { now } = context;
  const config = await context.config();
  const ledger = await context.ledger();
  const log = await context.log();
  const done = await exchange(await exchangeOf({ config, ledger, now, log, pause: sleep }));
  await mailNow({ config, ledger, now, log, random: Math.random, stop: NEVER });
  return done;
}

/** How often we look for the daemon's answer. */
const LOOK_MS = 100;

/**
 * Ask the daemon for an exchange now, and wait for it (PROTOCOL 9).
 *
 * @returns `null` if none runs, or if it ended before it answered
 */
async function byDaemon(ledger: Ledger, at: Date): Promise<ExchangeResult | null> {
  const daemon = await lockHolder(ledger, "run");
  if (!daemon) return null;
  const id = await ask(ledger, at);
  wake(daemon.process_id);
  try {
    while (await lockHolder(ledger, "run")) {
      const answer = await takeAnswer(ledger, id);
      if (answer !== null) return readAnswer(answer);
      await sleep(LOOK_MS);
    }
    const answer = await takeAnswer(ledger, id);
    return answer === null ? null : readAnswer(answer);
  } finally {
    await withdrawAsk(ledger, id);
  }
}

/** If it cannot be woken, it sees the question at its next tick. */
function wake(processId: number): void {
  try {
    process.kill(processId, "SIGUSR2");
  } catch {
    // It has just ended, or belongs to another account.
  }
}
