/** A home whose program is killed: not a line of it runs any more, and what was not committed is gone. */
import type { KyselyPlugin, QueryId } from "kysely";
import { homePaths, readConfig } from "../daemon/config.ts";
import { exchangeOf } from "../daemon/daemon.ts";
import { exchange, type Exchange } from "../daemon/exchange.ts";
import { type Ledger, openLedger } from "../daemon/ledger/connect.ts";
import { type District, withLedger, type World } from "./homes.ts";
import { silent } from "./logs.ts";

export interface Run extends AsyncDisposable {
  readonly died: boolean;
  /** Statements that the ledger carried out, of those that write. */
  readonly writes: number;
}

/** Kills the program. What is waited for from then on never comes, until the world is looked at no more. */
export type Die = () => Promise<never>;

/**
 * One exchange, killed when its ledger has carried out so many statements that write.
 *
 * @param at infinite, to let it live
 * @param change is told how to kill it at another point
 * @returns to be disposed of before the next: only then what the dead one held open is closed
 */
export async function exchangeUntil(
  world: World,
  home: District,
  at: number,
  change: (die: Die) => Partial<Exchange>,
): Promise<Run> {
  const config = await readConfig(home.configPath);
  const ledger = await openLedger(homePaths(config).ledger);
  const death = Promise.withResolvers<true>();
  const decay = Promise.withResolvers<never>();
  decay.promise.catch(() => undefined);
  const die: Die = () => {
    death.resolve(true);
    return decay.promise;
  };
  const dying = dyingAt(ledger, at, die);
  const { now, pause } = world.clock;
  const running = exchangeOf({ config, ledger: dying.ledger, log: silent, now, pause })
    .then((parts) =>
      exchange({ ...parts, remind: async () => undefined, report: async () => [], ...change(die) }),
    )
    .then(() => false);
  const died = await Promise.race([running, death.promise]);
  await ledger.destroy();
  if (died) await bury(home);
  return {
    died,
    writes: dying.writes(),
    [Symbol.asyncDispose]: async () => {
      decay.reject(new Error("the program was killed"));
      await running.catch(() => undefined);
    },
  };
}

/** From its last statement on no query comes back, so that nothing behind it is done or undone. */
function dyingAt(ledger: Ledger, at: number, die: Die) {
  const writing = new WeakSet<QueryId>();
  let writes = 0;
  const plugin: KyselyPlugin = {
    transformQuery({ node, queryId }) {
      if (node.kind !== "SelectQueryNode") writing.add(queryId);
      return node;
    },
    async transformResult({ result, queryId }) {
      if (writing.has(queryId)) writes++;
      return writes < at ? result : die();
    },
  };
  return { ledger: ledger.withPlugin(plugin), writes: () => writes };
}

/** The killed program was this one, which lives: its lock is to be that of a process that does not. */
const bury = (home: District): Promise<unknown> =>
  withLedger(home, (ledger) => ledger.updateTable("locks").set({ started_ticks: "0" }).execute());
