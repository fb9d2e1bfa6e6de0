/** A clock that runs faster than the real one, the same in every process that knows when it began. */
import { rename, writeFile } from "node:fs/promises";

export interface FastTime {
  /** What it showed when it began, in milliseconds since 1970. */
  readonly shows: number;
  /** When it began by the real clock, in milliseconds since 1970. */
  readonly began: number;
  /** How many of its seconds pass in one; 0 if it stands still. */
  readonly factor: number;
}

/** Write it for `fast-clock.ts` to read. */
export async function keepTime(file: string, time: FastTime): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(time), { mode: 0o644 });
  await rename(`${file}.new`, file);
}

/** What the clock shows now. */
export const shownBy = ({ shows, began, factor }: FastTime): Date =>
  new Date(shows + (Date.now() - began) * factor);

/** Milliseconds of real time until the clock shows a moment; none if it has. */
export const realMsUntil = (time: FastTime, at: number): number =>
  Math.max(0, (at - shownBy(time).getTime()) / time.factor);
