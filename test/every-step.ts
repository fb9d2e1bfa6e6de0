/** Every step that a good journey has, and the journeys that die of them. */
import { expect } from "vitest";
import type { Death } from "./mortal.ts";
import { LEGS, RECORDS, RELEASES, type Trial } from "./three-students.ts";

type Deaths = ReadonlyMap<number, readonly Death[]>;

/** First, middle or last of so many: each by turns, from step to step. `npm run torture` takes every one. */
const positionOf = (step: number, times: number): number =>
  [1, Math.ceil(times / 2), times][step % 3] ?? 1;

/**
 * Each step is died of for one of its packets on the leg where it is first taken; and for its last once more where the
 * packets carry something else: records with documents.
 */
function deathsOn({ steps }: Trial, leg: number): Death[] {
  return steps
    .filter((step) => step.leg === leg)
    .flatMap(({ sentence, times }, index) => {
      const isNew = !steps.some((step) => step.leg < leg && step.sentence === sentence);
      if (isNew) return [{ sentence, nth: positionOf(index, times) }];
      const isWorthIt = (leg === RELEASES || leg === RECORDS) && times > 1;
      return isWorthIt ? [{ sentence, nth: times }] : [];
    });
}

/** One journey dies once on each leg at most, so that no packet is taken for poison. */
export function dyingJourneys(trial: Trial): Deaths[] {
  const deaths = LEGS.map((_, leg) => deathsOn(trial, leg));
  const longest = Math.max(...deaths.map(({ length }) => length));
  return Array.from({ length: longest }, (_, index) => {
    const fates = deaths.map((onLeg, leg) => [leg, onLeg.slice(index, index + 1)] as const);
    return new Map(fates.filter(([, death]) => death.length > 0));
  });
}

/** Every other one of them, so that two workers share them. */
export const everyOther = (which: "even" | "odd", journeys: readonly Deaths[]): Deaths[] =>
  journeys.filter((_, index) => index % 2 === (which === "even" ? 0 : 1));

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
