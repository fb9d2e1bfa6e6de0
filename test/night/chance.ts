/** Chance that can be repeated: the same seed, the same night. */

/** From 0 to below 1, by the mulberry32 generator. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** So many whole numbers below `end`, one in each of as many equal parts, in their order. */
export function spread(count: number, end: number, seed: number): number[] {
  const random = chance(seed);
  return Array.from({ length: count }, (_, part) => Math.floor(((part + random()) * end) / count));
}
