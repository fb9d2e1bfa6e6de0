/** A clock that runs faster than the real one, the same in every process that knows when it began. */
export interface FastTime {
  /** What it showed when it began, in milliseconds since 1970. */
  readonly shows: number;
  /** When it began by the real clock, in milliseconds since 1970. */
  readonly began: number;
  /** How many of its seconds pass in one. */
  readonly factor: number;
}

/** What the clock shows now. */
export const shownBy = ({ shows, began, factor }: FastTime): Date =>
  new Date(shows + (Date.now() - began) * factor);

/** Milliseconds of real time until the clock shows a moment; none if it has. */
export const realMsUntil = (time: FastTime, at: number): number =>
  Math.max(0, (at - shownBy(time).getTime()) / time.factor);
