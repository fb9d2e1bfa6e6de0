/**
 * One exchange of a home in a process of its own, which ends itself by `kill -9` where it is told to.
 *
 * Run by `kills.ts` as `node test/mortal.ts ORDER`, ORDER being JSON. Its log is the home's; a step is
 * known by the sentence that tells of it. On stdout it says "begun" when the work begins, and what
 * happens then. Only what an exchange needs is imported: hundreds of these are started.
 */
import { writeSync } from "node:fs";
import { homePaths, readConfig } from "../daemon/config.ts";
import { exchangeOf } from "../daemon/daemon.ts";
import { isRefusal } from "../daemon/errors.ts";
import { exchange } from "../daemon/exchange.ts";
import { openLedger } from "../daemon/ledger/connect.ts";
import { openLog, type Level, type Log } from "../daemon/log.ts";

/** To die, or to stand still for good, when this sentence is said for the nth time. */
export interface Death {
  readonly sentence: string;
  readonly nth: number;
  readonly by?: "SIGKILL" | "SIGSTOP";
}

export interface Order {
  readonly configPath: string;
  /** Where its clock stands: ISO 8601. */
  readonly at: string;
  readonly death: Death | null;
}

/** How an exchange ends that was refused; the code of the refusal is said. */
export const REFUSED = 6;

/** The sentence is in the log, and nothing comes after it. */
function dyingAt(log: Log, { sentence: last, nth, by = "SIGKILL" }: Death): Log {
  let said = 0;
  const wrap = (inner: Log): Log => {
    const at =
      (level: Level) =>
      (...[sentence, fields]: Parameters<Log["info"]>): void => {
        inner[level](sentence, fields);
        if (sentence !== last || ++said !== nth) return;
        writeSync(1, `${by}\n`);
        process.kill(process.pid, by);
        if (by === "SIGKILL") throw new Error("a process has outlived its own kill -9");
      };
    return {
      debug: at("debug"),
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
      child: (fields) => wrap(inner.child(fields)),
    };
  };
  return wrap(log);
}

async function obey({ configPath, at, death }: Order): Promise<void> {
  const config = await readConfig(configPath);
  const log = openLog({ file: homePaths(config).log });
  const ledger = await openLedger(homePaths(config).ledger);
  let time = Date.parse(at);
  const now = (): Date => new Date(time);
  const pause = async (ms: number): Promise<void> => void (time += ms);
  try {
    const told = death ? dyingAt(log, death) : log;
    const parts = await exchangeOf({ config, ledger, log: told, now, pause });
    writeSync(1, "begun\n");
    await exchange(parts);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    writeSync(1, `${error.code}\n`);
    process.exitCode = REFUSED;
  } finally {
    await ledger.destroy();
    await log.close();
  }
}

if (import.meta.main) await obey(JSON.parse(process.argv[2] ?? "") as Order);
