/** Every step that a good journey has, and the journeys that die of them. */
import { expect } from "vitest";
import type { Death } from "./mortal.ts";
import { RECORDS, RELEASES, type Trial } from "./three-students.ts";

type Deaths = ReadonlyMap<number, readonly Death[]>;

/** First, middle and last of so many. */
const positions = (times: number): number[] => [...new Set([1, Math.ceil(times / 2), times])];

/**
 * Each step is died of for its first, middle and last packet on the leg where it is first taken; and for
 * its last once more where the packets carry something else: records with documents.
 */
function deathsOn({ steps }: Trial, leg: number): Death[] {
  return steps
    .filter((step) => step.leg === leg)
    .flatMap(({ sentence, times }) => {
      const isNew = !steps.some((step) => step.leg < leg && step.sentence === sentence);
      if (isNew) return positions(times).map((nth) => ({ sentence, nth }));
      const isWorthIt = (leg === RELEASES || leg === RECORDS) && times > 1;
      return isWorthIt ? [{ sentence, nth: times }] : [];
    });
}

/**
 * Until every step of these legs has been died of. One journey dies once on each leg at most, so that no
 * packet is taken for poison.
 */
export function dyingJourneys(trial: Trial, legs: readonly number[]): Deaths[] {
  const deaths = legs.map((leg) => [leg, deathsOn(trial, leg)] as const);
  const longest = Math.max(...deaths.map(([, { length }]) => length));
  return Array.from({ length: longest }, (_, index) => {
    const fates = deaths.map(([leg, onLeg]) => [leg, onLeg.slice(index, index + 1)] as const);
    return new Map(fates.filter(([, death]) => death.length > 0));
  });
}

/** Each of them dies where it is to, and ends as one that nothing hindered. */
export async function expectSameEnds(trial: Trial, journeys: readonly Deaths[]): Promise<void> {
  for (const fates of journeys) {
    const { traces, ends } = await trial.journey(fates);
    const about = [...fates.values()].flat();
    const deaths = traces.map(({ wasKilled, last }) => [wasKilled, last]);
    expect({ about, deaths }).toEqual({
      about,
      deaths: about.map(({ sentence }) => [true, sentence]),
    });
    expect({ about, ends }).toEqual({ about, ends: trial.expected });
  }
}
