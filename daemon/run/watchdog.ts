/**
 * A second thread that looks whether the first still moves. A loop that stalls for a minute, in a
 * library or in our own code, can neither be waited for nor ended from within: the whole process is
 * killed, the service manager starts it again, and the packet that did it counts a death (TRUST F31).
 */
import { Worker } from "node:worker_threads";

export interface WatchdogSettings {
  /** How often the loop shows that it moves, and the watchdog looks. */
  readonly everyMs: number;
  /** After so many looks at a loop that has not moved the process is killed. */
  readonly looks: number;
}

const EVERY_20_S: WatchdogSettings = { everyMs: 20_000, looks: 3 };

/** Counted in looks, not in time: a machine that slept has not stalled. */
const WORKER = `
const { workerData: { beats, everyMs, looks } } = process.getBuiltinModule("node:worker_threads");
const { writeSync } = process.getBuiltinModule("node:fs");
let last = -1;
let still = 0;
for (;;) {
  Atomics.wait(beats, 1, 0, everyMs);
  if (Atomics.load(beats, 1) === 1) break;
  const now = Atomics.load(beats, 0);
  still = now === last ? still + 1 : 0;
  last = now;
  if (still < looks) continue;
  const line = { time: new Date().toISOString(), level: "error", message: "Loop stalled, process killed" };
  try { writeSync(1, JSON.stringify(line) + "\\n"); } catch {}
  process.kill(process.pid, "SIGKILL");
}
`;

/** Watch this process until disposed of. */
export function startWatchdog({ everyMs, looks }: WatchdogSettings = EVERY_20_S): AsyncDisposable {
  // How often the loop has moved; and whether it is over.
  const beats = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(WORKER, {
    eval: true,
    execArgv: [],
    workerData: { beats, everyMs, looks },
  });
  worker.unref();
  const heart = setInterval(() => void Atomics.add(beats, 0, 1), everyMs);
  heart.unref();
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(heart);
      Atomics.store(beats, 1, 1);
      Atomics.notify(beats, 1);
      await worker.terminate();
    },
  };
}
