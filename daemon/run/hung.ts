/**
 * Every step of an exchange leaves a line in the log, and every operation has a deadline of its own. So
 * an exchange of which nothing is heard for an hour hangs, and is ended (TRUST F26): first by asking, as
 * when the daemon is asked to end; if that does not help, the process ends, and what was begun is taken
 * up at the next start like after any crash.
 */
import type { Log } from "../log.ts";

/** Longer than any single operation may take. */
const HUNG_AFTER_MS = 60 * 60_000;
/** The service manager waits ten seconds before it kills. */
const ENDS_WITHIN_MS = 9_000;

export interface Heard {
  /** The same log. */
  readonly log: Log;
  /** Milliseconds since its last line. */
  readonly silentMs: () => number;
}

/** A log that notices when it is written to. */
export function noticing(log: Log): Heard {
  let last = performance.now();
  const wrapped = (inner: Log): Log => {
    const noted =
      (level: "debug" | "info" | "warn" | "error"): Log["info"] =>
      (sentence, fields) => {
        last = performance.now();
        inner[level](sentence, fields);
      };
    return {
      debug: noted("debug"),
      info: noted("info"),
      warn: noted("warn"),
      error: noted("error"),
      child: (fields) => wrapped(inner.child(fields)),
    };
  };
  return { log: wrapped(log), silentMs: () => performance.now() - last };
}

/**
 * When the daemon is asked to end, it ends in time: a look at a share that no longer answers is not
 * waited for.
 *
 * @throws NotEnded if `work` goes on for too long after `stop`
 */
export async function endInTime<T>(
  stop: AbortSignal,
  work: Promise<T>,
  { isParked = () => true }: { readonly isParked?: () => boolean } = {},
): Promise<T> {
  const late = Promise.withResolvers<never>();
  let patience: NodeJS.Timeout | undefined;
  const wait = (): void => {
    patience = setTimeout(() => late.reject(new NotEnded(isParked())), ENDS_WITHIN_MS);
  };
  stop.addEventListener("abort", wait);
  if (stop.aborted) wait();
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(patience);
    stop.removeEventListener("abort", wait);
  }
}

export interface Ending {
  /** Fires when the daemon is asked to end. */
  readonly stop: AbortSignal;
  readonly heard: Heard;
  readonly hungAfterMs?: number;
}

/** It could neither be waited for nor ended: the process must go. */
export class NotEnded extends Error {
  /** Was it asked to end, and is what it did taken up at the next start? */
  readonly isParked: boolean;

  constructor(isParked: boolean) {
    super("an exchange did not end when it was asked to");
    this.isParked = isParked;
  }
}

/**
 * @param work is given a signal that fires when it must end
 * @throws NotEnded if it does not end soon after that
 */
export async function endIfHung<T>(
  { stop, heard, hungAfterMs = HUNG_AFTER_MS }: Ending,
  work: (ending: AbortSignal) => Promise<T>,
): Promise<T> {
  const hung = new AbortController();
  const ending = AbortSignal.any([stop, hung.signal]);
  const listening = setInterval(() => {
    if (heard.silentMs() <= hungAfterMs || ending.aborted) return;
    heard.log.error("Exchange hangs, and is ended");
    hung.abort();
  }, hungAfterMs / 10);
  try {
    return await endInTime(ending, work(ending), { isParked: () => stop.aborted });
  } finally {
    clearInterval(listening);
  }
}
