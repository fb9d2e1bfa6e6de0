/** Logs for tests: one that keeps every line, and one that says nothing to anybody. */
import type { Fields, Log } from "../daemon/log.ts";

/** A line of a log, with the facts of those that it is a child of. */
export interface Said extends Fields {
  readonly sentence: string;
}

/** Keeps every line, the debug ones too. */
export function keepingLog(said: Said[], own: Fields = {}): Log {
  const keep = (sentence: string, fields?: Fields): void =>
    void said.push({ ...own, ...fields, sentence });
  return {
    debug: keep,
    info: keep,
    warn: keep,
    error: keep,
    child: (fields) => keepingLog(said, { ...own, ...fields }),
  };
}

export const silent: Log = {
  child: () => silent,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
