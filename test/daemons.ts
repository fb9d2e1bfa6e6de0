/** A daemon in this process, over a home of a test's world: woken by hand, at the test's own time. */
import { homePaths, readConfig } from "../daemon/config.ts";
import { type Ledger, openLedger } from "../daemon/ledger/connect.ts";
import { run, type Running } from "../daemon/run.ts";
import type { District, World } from "./homes.ts";
import { keepingLog, type Said } from "./logs.ts";
import { until } from "./until.ts";

export interface RunningDaemon extends AsyncDisposable {
  readonly said: readonly Said[];
  /** Scopes of the exchanges so far. */
  scopes(): string[];
  /** Wake it, and wait until it has seen that nothing more is due. */
  look(): Promise<void>;
  /** As SIGHUP does. */
  reload(): Promise<void>;
  /** As SIGTERM does. @returns how many exchanges were made */
  end(): Promise<number>;
}

/** @param changes parts of the daemon that the test spoils */
export async function startDaemon(
  { clock }: Pick<World, "clock">,
  { configPath, folder }: District,
  changes: Partial<Running> = {},
): Promise<RunningDaemon> {
  const said: Said[] = [];
  const stopping = new AbortController();
  const ledger: Ledger = await openLedger(homePaths({ home: folder }).ledger);
  let calls = { reload: (): void => undefined, look: (): void => undefined };
  const running = run({
    readConfig: () => readConfig(configPath),
    ledger,
    log: keepingLog(said),
    now: clock.now,
    random: () => 1,
    stop: stopping.signal,
    listen: (heard) => (calls = heard),
    ...changes,
  });
  const ended = (async () => {
    try {
      return await running;
    } finally {
      await ledger.destroy();
    }
  })();
  ended.catch(() => undefined);
  const sleeps = (): number => said.filter(({ sentence }) => sentence === "Daemon sleeps").length;
  const asleepAfter = async (call: () => void): Promise<void> => {
    // Twice: it may have been on its way to bed when it was called.
    for (let times = 0; times < 2; times++) {
      const before = sleeps();
      call();
      await Promise.race([until("it sleeps again", () => sleeps() > before), ended]);
    }
  };
  const end = (): Promise<number> => {
    stopping.abort();
    return ended;
  };
  await Promise.race([until("it sleeps", () => sleeps() > 0), ended]);
  return {
    said,
    scopes: () =>
      said.flatMap(({ sentence, scope }) => (sentence === "Exchange begun" ? [String(scope)] : [])),
    look: () => asleepAfter(calls.look),
    reload: () => asleepAfter(calls.reload),
    end,
    [Symbol.asyncDispose]: async () => void (await end().catch(() => undefined)),
  };
}
