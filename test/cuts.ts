/** At how many points a step is cut off: a few in the suite, every one with `PACKETBOAT_CUTS=every`. */
const IS_EVERY = process.env.PACKETBOAT_CUTS === "every";

/** For the cuts of one step. */
export const PATIENCE = { timeout: IS_EVERY ? 3_600_000 : 240_000 };

/** @param few in the suite */
export const cutsOf = (few: number): number => (IS_EVERY ? Infinity : few);

/** So many whole numbers from one to the last, spread evenly; the last is one of them. */
export function spread(count: number, last: number): number[] {
  const most = Math.min(count, last);
  return Array.from({ length: most }, (_, index) => Math.ceil(((index + 1) * last) / most));
}
