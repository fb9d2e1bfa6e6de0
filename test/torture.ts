/**
 * `npm run torture [-- --rounds N --seed S]`: the long form of the tests of kills. A journey is
 * killed by `kill -9` at every step of both ways for every packet, each time alone; then, for so many
 * rounds, at random moments and again at random while it takes up its work. Each must end in the world
 * of the unbroken journey. Prints a table and figures; ends with 1 if a world differed.
 */
import { randomInt } from "node:crypto";
import { inspect, isDeepStrictEqual, parseArgs } from "node:util";
import type { Account } from "./accounts.ts";
import { randomFrom } from "./random.ts";
import { LEGS, newTrial, type Fates, type Trial } from "./three-students.ts";
import type { Fate } from "./kills.ts";

interface Tally {
  /** Processes that were killed. */
  kills: number;
  journeys: number;
  /** What differed, in words. */
  readonly differences: string[];
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** A journey with these deaths, counted. */
async function endure(trial: Trial, fates: Fates, tally: Tally, what: string): Promise<void> {
  tally.journeys++;
  try {
    const { traces, ends } = await trial.journey(fates);
    tally.kills += traces.filter(({ wasKilled }) => wasKilled).length;
    const parts = differencesOf(ends, trial.expected);
    if (parts.length > 0) tally.differences.push(`${what}: ${parts.join(", ")}`);
  } catch (error) {
    // Whole: some errors have no message of their own.
    tally.differences.push(`${what}: ${inspect(error)}`);
  }
}

/** Which parts of the two accounts are not the same: `valley.shown`. */
function differencesOf(ends: Account, expected: Account): string[] {
  return (["valley", "prairie"] as const).flatMap((home) =>
    Object.entries(ends[home]).flatMap(([part, is]) =>
      isDeepStrictEqual(is, Object.entries(expected[home]).find(([name]) => name === part)?.[1])
        ? []
        : `${home}.${part} is ${JSON.stringify(is)}`,
    ),
  );
}

/** At each step, for each packet. */
async function stepByStep(trial: Trial, tally: Tally): Promise<void> {
  for (const [leg, { says }] of LEGS.entries()) {
    say(`\nWhen ${says}`);
    for (const { sentence, times } of trial.steps.filter((step) => step.leg === leg)) {
      const earlier = tally.differences.length;
      for (let nth = 1; nth <= times; nth++) {
        await endure(trial, new Map([[leg, [{ sentence, nth }]]]), tally, `${sentence} ${nth}`);
      }
      const differ = tally.differences.length - earlier;
      say(`  ${sentence.padEnd(24)}${String(times).padStart(4)} times, ${differ} differ`);
    }
  }
}

/** At random moments of one or more legs, once or twice on each. */
async function atRandom(trial: Trial, tally: Tally, rounds: number, seed: number): Promise<void> {
  const random = randomFrom(seed);
  for (let round = 1; round <= rounds; round++) {
    const fates = new Map<number, Fate[]>();
    for (const leg of LEGS.keys()) {
      const times = Math.floor(random() * 3);
      const moments = Array.from({ length: times }, () => ({
        afterMs: Math.round(random() * (trial.legMs[leg] ?? 0)),
      }));
      if (times > 0) fates.set(leg, moments);
    }
    if (fates.size === 0) continue;
    await endure(trial, fates, tally, `round ${round} ${JSON.stringify([...fates])}`);
  }
}

async function torture(): Promise<void> {
  const { values } = parseArgs({
    options: { rounds: { type: "string" }, seed: { type: "string" } },
  });
  const rounds = Number(values.rounds ?? 100);
  const seed = Number(values.seed ?? randomInt(2 ** 31));
  const begun = performance.now();
  await using trial = await newTrial();
  const named: Tally = { kills: 0, journeys: 0, differences: [] };
  await stepByStep(trial, named);
  const random: Tally = { kills: 0, journeys: 0, differences: [] };
  await atRandom(trial, random, rounds, seed);

  const differences = [...named.differences, ...random.differences];
  for (const difference of differences) say(`DIFFERS  ${difference}`);
  say(`\nnamed steps:    ${named.kills} kills in ${named.journeys} journeys`);
  say(`random moments: ${random.kills} kills in ${random.journeys} journeys, seed ${seed}`);
  const minutes = (performance.now() - begun) / 60_000;
  say(`worlds that differed: ${differences.length}; ${minutes.toFixed(1)} minutes`);
  process.exitCode = differences.length > 0 ? 1 : 0;
}

if (import.meta.main) await torture();
