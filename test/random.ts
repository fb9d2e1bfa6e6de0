/** Chance that can be had again: the same numbers from the same seed. */

/** A generator of numbers from 0 up to 1: a linear congruence of 32 bits, with its upper bits used. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}
