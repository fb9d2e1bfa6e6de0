/** How far a long work is, for who sits at the terminal. The only door to cli-progress. */
import type { Writable } from "node:stream";
import progress from "cli-progress";

/** What is told of a work that has several phases. */
export interface Progress {
  /** In one or two words: `carrying over`. */
  readonly phase: string;
  readonly done: number;
  /** Of the phase; 0 if it is not known how long that is. */
  readonly total: number;
  /** Rows of the file so far. */
  readonly rows: number;
}

export interface Bar extends Disposable {
  /** May be called as often as one likes: little of it is drawn. */
  readonly show: (progress: Progress) => void;
}

const SILENT: Bar = { show: () => undefined, [Symbol.dispose]: () => undefined };

/** Of the widest phase's name. */
const PHASE_COLUMNS = 13;
const BAR_COLUMNS = 24;

/**
 * A bar that is drawn over itself, and is gone when it is disposed of.
 *
 * @param stream a terminal; `null` if nothing is to be shown
 */
export function barOn(stream: Writable | null): Bar {
  if (stream === null) return SILENT;
  const startedAt = performance.now();
  let last: Progress = { phase: "reading", done: 0, total: 0, rows: 0 };
  const bar = new progress.SingleBar(
    {
      stream,
      barsize: BAR_COLUMNS,
      clearOnComplete: true,
      emptyOnZero: true,
      // A terminal that is left in the middle of it is as it was before.
      linewrap: true,
      format: (options, { progress: share }) =>
        lineOf(progress.Format.BarFormat(share, options), last, performance.now() - startedAt),
    },
    progress.Presets.shades_classic,
  );
  bar.start(0, 0);
  return {
    show: (told) => {
      last = told;
      bar.setTotal(told.total);
      bar.update(told.done);
    },
    [Symbol.dispose]: () => bar.stop(),
  };
}

/** `reading        ████████░░░░░░░░  48 %   480,000 rows  21,300/s`: it fits into 80 columns. */
function lineOf(bar: string, { phase, done, total, rows }: Progress, tookMs: number): string {
  const share = total === 0 ? "" : `${Math.floor((done / total) * 100)} %`;
  const isReading = phase === "reading" && tookMs > 0;
  const rate = isReading ? `${english(Math.round((rows / tookMs) * 1000))}/s` : "";
  const read = `${english(rows)} rows`;
  return `${phase.padEnd(PHASE_COLUMNS)}  ${bar} ${share.padStart(5)}  ${read.padStart(15)}  ${rate}`;
}

const english = (count: number): string => count.toLocaleString("en-US");
