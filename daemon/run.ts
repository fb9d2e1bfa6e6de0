/**
 * The daemon. One thing at a time: it sleeps until something wakes it, sees what is due, makes one
 * exchange for all of that, and looks again. What wakes it (a tick, a change in a folder, a command, a
 * signal) decides nothing; what is due is read from the ledger, the outboxes and the clock, so that
 * nothing is forgotten by a restart and nothing is done twice.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "./config.ts";
import { dropFolderPaths, serverOf } from "./config.ts";
import { errnoOf } from "./disk.ts";
import { shareAt } from "./disk/share.ts";
import { exchangeOf, type ExchangeParts } from "./daemon.ts";
import { isRefusal, PacketboatError } from "./errors.ts";
import { exchange, type ExchangeResult } from "./exchange.ts";
import { raisePostAlert } from "./alerts/raise.ts";
import { resolveAlerts } from "./ledger/alerts.ts";
import { answerAsks, openAsks } from "./ledger/asks.ts";
import type { Ledger } from "./ledger/connect.ts";
import { takeLock } from "./ledger/locks.ts";
import { nightIsMade, noteNight } from "./ledger/nights.ts";
import { mayNowLeave } from "./ledger/outgoing.ts";
import type { Scope } from "./ledger/tables.ts";
import type { Log } from "./log.ts";
import { Alarm } from "./run/alarm.ts";
import { answerOf } from "./run/answer.ts";
import { endIfHung, endInTime, noticing } from "./run/hung.ts";
import { MailRounds } from "./run/mailing.ts";
import { nightDue } from "./run/nights.ts";
import { Outboxes } from "./run/outboxes.ts";
import { restMs } from "./run/rest.ts";
import { everyMinute, type PlannedRun } from "./schedule.ts";
import { watchFolders, type Watching } from "./watch.ts";

export interface Running {
  /** As it stands in the file now. */
  readonly readConfig: () => Promise<Config>;
  readonly ledger: Ledger;
  readonly log: Log;
  readonly now: () => Date;
  readonly random: () => number;
  /** Fires when packetboat is asked to end. */
  readonly stop: AbortSignal;
  /** Wants the two called: the config was changed; a command asks for something. */
  readonly listen: (calls: { readonly reload: () => void; readonly look: () => void }) => void;
  /** An exchange of which nothing is heard for so long is ended. */
  readonly hungAfterMs?: number;
}

/** What is due now, all of it in one exchange. */
interface Errand {
  readonly scope: Scope;
  /** Ids of the commands that asked. */
  readonly asks: readonly string[];
  readonly night: PlannedRun | null;
}

/**
 * Run until asked to end; then what is under way is finished, or parked so that the next start goes on.
 *
 * @returns how many exchanges were made
 * @throws PacketboatError HOME_BUSY if a daemon runs in this home already; CONFIG_INVALID, KEY_… if it
 *   cannot even begin. Anything that is not a PacketboatError is a bug, or an exchange that could not be ended.
 */
export async function run(running: Running): Promise<number> {
  const { ledger, log, now, stop, listen } = running;
  const alarm = new Alarm();
  const daemon = new Daemon(running, await running.readConfig(), alarm);
  // Whoever sees the lock may call: the calls are heard first.
  listen({ reload: daemon.wantReload, look: alarm.ring });
  stop.addEventListener("abort", alarm.ring);
  const giveBack = await takeLock(ledger, "run", now());
  try {
    await daemon.begin();
    await endInTime(stop, daemon.untilStopped());
  } finally {
    await daemon[Symbol.asyncDispose]();
    stop.removeEventListener("abort", alarm.ring);
    await giveBack();
    log.info("Daemon ended", { exchanges: daemon.exchanges });
  }
  return daemon.exchanges;
}

class Daemon implements AsyncDisposable {
  exchanges = 0;
  readonly #running: Running;
  readonly #alarm: Alarm;
  readonly #outboxes = new Outboxes();
  readonly #mail: MailRounds;
  #config: Config;
  #watching: Watching | undefined;
  #endTicks: (() => void) | undefined;
  #isReloadWanted = false;
  /** Until then the server is left in peace: it did not answer. */
  #restUntil = 0;
  #failures = 0;
  #collectAt = 0;
  /** What became due after this has not been offered to the server yet. */
  #sentAt = new Date(0);
  #lookAgainAt = Infinity;

  constructor(running: Running, config: Config, alarm: Alarm) {
    this.#running = running;
    this.#config = config;
    this.#alarm = alarm;
    this.#mail = new MailRounds(running, alarm.ring);
  }

  readonly wantReload = (): void => {
    this.#isReloadWanted = true;
    this.#alarm.ring();
  };

  /** @throws PacketboatError what would hinder every exchange hinders the start */
  async begin(): Promise<void> {
    const { log, ledger, now } = this.#running;
    serverOf(this.#config);
    await this.#parts();
    const { agency, mode } = this.#config;
    log.info("Daemon begun", { agencyId: agency.id, mode, processId: process.pid });
    // Whatever was wrong with the file while another one ran: it was read now.
    const refused = { code: "CONFIG_REFUSED", subject: "config" };
    await resolveAlerts(ledger, { ...refused, by: "packetboat", at: now() });
    this.#endTicks = await everyMinute(agency.id, this.#alarm.ring);
    await this.#watch();
  }

  async untilStopped(): Promise<void> {
    const { stop, now, log } = this.#running;
    // The ledger's disk is full, or another process holds it: that passes, and is seen at the next tick.
    const hindered = (error: unknown): "hindered" => {
      if (!isRefusal(error) || error.disposition !== "retry") throw error;
      log.error("Daemon hindered", { code: error.code });
      return "hindered";
    };
    while (!stop.aborted) {
      const done = await this.#doWhatIsDue().catch(hindered);
      if (done === "more") continue;
      const forMs = done === "hindered" ? Infinity : this.#wakeAt() - now().getTime();
      log.debug("Daemon sleeps", { forMs });
      await this.#alarm.sleep(forMs);
    }
  }

  async #doWhatIsDue(): Promise<"more" | "nothing"> {
    if (this.#isReloadWanted) await this.#reload();
    await this.#watching?.rearm();
    const errand = await this.#errand();
    if (errand) await this.#make(errand);
    await this.#mail.look(this.#config);
    return errand ? "more" : "nothing";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#endTicks?.();
    await this.#watching?.[Symbol.asyncDispose]();
    await this.#mail[Symbol.asyncDispose]();
  }

  /** The most that is due; `null` if nothing is. */
  async #errand(): Promise<Errand | null> {
    const { ledger, now } = this.#running;
    const config = this.#config;
    const { watch } = config.exchanges;
    const at = now();
    this.#putOffNoLonger(at, watch.collectEveryMinutes);
    const asks = await openAsks(ledger);
    const isResting = at.getTime() < this.#restUntil;
    const night = isResting ? null : await nightDue(ledger, config, at);
    if (asks.length > 0 || night) return { scope: "everything", asks, night };
    const { isNew, lookAgainAt } = await this.#outboxes.look(ledger, config, at);
    this.#lookAgainAt = lookAgainAt;
    const errand = (scope: Scope): Errand => ({ scope, asks: [], night: null });
    if (isResting) return isNew ? errand("take") : null;
    if (watch.sendOnArrival) {
      const span = { since: this.#sentAt, until: at };
      if (isNew || (await mayNowLeave(ledger, span))) return errand("everything");
    }
    if (at.getTime() >= this.#collectAt) return errand("collect");
    return isNew ? errand("take") : null;
  }

  /** Neither a clock that was set back nor an older config makes anything wait longer than that (TRUST F23). */
  #putOffNoLonger(at: Date, collectEveryMinutes: number): void {
    const latest = at.getTime() + collectEveryMinutes * 60_000;
    this.#collectAt = Math.min(this.#collectAt, latest);
    this.#restUntil = Math.min(this.#restUntil, latest);
    if (this.#sentAt > at) this.#sentAt = at;
  }

  /** What comes first of what can be foreseen; the tick covers the rest. */
  #wakeAt(): number {
    return Math.min(this.#lookAgainAt, Math.max(this.#collectAt, this.#restUntil));
  }

  async #make(errand: Errand): Promise<void> {
    const { ledger, now, log } = this.#running;
    const { asks, night } = errand;
    const at = now();
    if (night) {
      await noteNight(ledger, { night: night.date, plannedAt: night.at, state: "tried", at });
    }
    const result = await this.#exchange(errand).catch((error: unknown) => {
      if (!isRefusal(error)) throw error;
      log.error("Exchange not begun", { code: error.code });
      return error;
    });
    this.exchanges++;
    this.#mail.want();
    if (night && !isRefusal(result) && result.isComplete) await nightIsMade(ledger, night.date);
    if (asks.length > 0) await answerAsks(ledger, asks, answerOf(result));
    this.#settle(errand, at, result);
  }

  /** When the server may be called again. */
  #settle({ scope }: Errand, at: Date, result: ExchangeResult | PacketboatError): void {
    const { now, random, stop } = this.#running;
    const { collectEveryMinutes } = this.#config.exchanges.watch;
    this.#outboxes.taken();
    // What could not even begin comes again after a rest, whatever it was for.
    if ((scope === "take" && !isRefusal(result)) || stop.aborted) return;
    this.#collectAt = at.getTime() + collectEveryMinutes * 60_000;
    const isComplete = !isRefusal(result) && result.isComplete;
    this.#failures = isComplete ? 0 : this.#failures + 1;
    const rest = restMs({ failures: this.#failures, mostMinutes: collectEveryMinutes, random });
    this.#restUntil = isComplete ? 0 : now().getTime() + rest;
    if (!isComplete) this.#collectAt = this.#restUntil;
    if (isComplete && scope === "everything") this.#sentAt = at;
  }

  /** @throws PacketboatError HOME_BUSY, HOME_RECONCILING, KEY_…: it could not begin */
  async #exchange({ scope, asks }: Errand): Promise<ExchangeResult> {
    const isAskedFor = asks.length > 0;
    const { log, stop, hungAfterMs } = this.#running;
    const heard = noticing(log);
    return endIfHung({ stop, heard, ...(hungAfterMs ? { hungAfterMs } : {}) }, async (ending) =>
      // Whoever asked has dropped something and waits for it; by ourselves we come again.
      exchange(await this.#parts(heard.log, isAskedFor ? pauseUntil(ending) : null), {
        scope,
        stop: ending,
      }),
    );
  }

  #parts(log: Log = this.#running.log, pause: ExchangeParts["pause"] = null) {
    const { ledger, now } = this.#running;
    return exchangeOf({ config: this.#config, ledger, now, log, pause });
  }

  async #watch(): Promise<void> {
    const { log } = this.#running;
    await this.#watching?.[Symbol.asyncDispose]();
    const { dropFolders, registry } = this.#config;
    const names = new Map(
      Object.entries(dropFolders).map(([name, folder]) => [dropFolderPaths(folder).outbox, name]),
    );
    if (registry?.dropFolder !== undefined) names.set(registry.dropFolder, "registry");
    this.#watching = await watchFolders([...names.keys()], {
      hint: this.#alarm.ring,
      failed: (error) => log.warn("Folder not watched, only looked at", { errno: errnoOf(error) }),
      shareAt,
      passedOver: (folder, share) =>
        log.info("Folder on a share, only looked at", { dropFolder: names.get(folder), share }),
    });
  }

  /** A config with a fault changes nothing; a person hears of it until it is mended. */
  async #reload(): Promise<void> {
    const { readConfig, ledger, log, now } = this.#running;
    this.#isReloadWanted = false;
    const alert = { code: "CONFIG_REFUSED", subject: "config", at: now() } as const;
    try {
      const config = await readConfig();
      assertSameHome(config, this.#config);
      serverOf(config);
      this.#config = config;
      log.info("Config read again");
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const { code } = error;
      const { faults } = error.facts;
      const count = Array.isArray(faults) ? faults.length : 1;
      await raisePostAlert(ledger, { ...alert, facts: { code, faults: count } });
      log.error("Config refused, the one before stays in force", { code, faults: count });
      return;
    }
    await this.#watch();
    await resolveAlerts(ledger, { ...alert, by: "packetboat" });
  }
}

const pauseUntil =
  (signal: AbortSignal) =>
  (ms: number): Promise<unknown> =>
    sleep(ms, undefined, { signal }).catch(() => undefined);

/** The ledger is open and locked, and is that of one agency. */
function assertSameHome(config: Config, before: Config): void {
  const moved = (["home", "role", "mode"] as const).find((name) => config[name] !== before[name]);
  const setting = moved ?? (config.agency.id === before.agency.id ? undefined : "agency.id");
  if (setting === undefined) return;
  const faults = [`${setting}: cannot change while packetboat runs; end it and start it again`];
  throw new PacketboatError("CONFIG_INVALID", "packetboat.yaml belongs to another home", {
    facts: { faults },
  });
}
