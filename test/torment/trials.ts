/**
 * What is met elsewhere than in a box, in a state: a key in a card, a directory, a config. Each by one command,
 * a process of its own that is measured as a whole; and no key is trusted after it that was not before.
 */
import { spread } from "../directories.ts";
import { runAlone } from "../crowd/stages.ts";
import { type District, withLedger } from "../homes.ts";
import { alertsWithCause } from "../scene.ts";
import { snapshot } from "../snapshots.ts";
import { newState, type State } from "../states.ts";
import type { Trial } from "./kind.ts";
import { daysFromNow } from "./stage.ts";
import { type Bounds, BOUNDS, lateness, type Tormented, type Tried, worstOf } from "./torment.ts";
import { fault, same } from "./verdict.ts";

export interface Grounds extends AsyncDisposable {
  readonly state: State;
  /** As it was at first. */
  readonly restore: () => Promise<void>;
}

/** A state since yesterday, of which two districts have read the directory. */
export async function newGrounds(): Promise<Grounds> {
  const state = await newState(daysFromNow(-1).toISOString());
  await spread(state, state.valley, state.prairie);
  const atFirst = await snapshot(state);
  return {
    state,
    restore: () => atFirst.restore(),
    [Symbol.asyncDispose]: async () => {
      await atFirst[Symbol.asyncDispose]();
      await state[Symbol.asyncDispose]();
    },
  };
}

export async function tryAll(
  grounds: Grounds,
  trials: readonly Trial[],
  bounds: Bounds = BOUNDS,
): Promise<Tormented> {
  const tried: Tried[] = [];
  const megabytes: number[] = [];
  for (const trial of trials) {
    await grounds.restore();
    const { peakMegabytes, ...each } = await meet(grounds.state, trial, bounds);
    megabytes.push(peakMegabytes);
    tried.push(each);
  }
  return { tried, peakMegabytes: worstOf(megabytes), faults: [] };
}

async function meet(state: State, trial: Trial, bounds: Bounds) {
  const { home, words } = await trial.lay(state);
  const before = await trustedBy(home);
  const ran = await runAlone(state, home, [...words, "--json"]);
  const { mostMegabytes } = bounds;
  const size = `it took ${ran.peakMegabytes} MB, more than ${mostMegabytes}`;
  const faults = [
    ...(await outcomeFaults(trial, home, ran.stdout)),
    ...same("the keys that are trusted", await trustedBy(home), before),
    ...lateness(ran, bounds),
    ...fault(ran.peakMegabytes > mostMegabytes, size),
  ];
  const { seconds, cpuSeconds, peakMegabytes } = ran;
  return { input: trial, seconds, cpuSeconds, peakMegabytes, faults };
}

/** What a command says by `--json`; an exchange, how much it did. */
interface Answer {
  readonly error?: { readonly code: string };
  readonly result?: { readonly counts?: { readonly taken: number; readonly sent: number } };
}

async function outcomeFaults(
  { outcome: { ends, alert, says, taken } }: Trial,
  home: District,
  stdout: string,
): Promise<string[]> {
  const { error, result } = JSON.parse(stdout) as Answer;
  const isSaid = says === undefined || stdout.includes(JSON.stringify(says).slice(1, -1));
  return [
    ...same("its code", error?.code ?? null, ends ?? null),
    ...(alert === undefined
      ? []
      : same("alerts", await alertsWithCause(home), alert === null ? [] : [alert])),
    ...(taken === undefined ? [] : same("taken", result?.counts?.taken, taken)),
    ...(taken === undefined ? [] : same("receipts", result?.counts?.sent, taken)),
    ...fault(!isSaid, `not said: ${says}`),
  ];
}

const trustedBy = (home: District): Promise<unknown> =>
  withLedger(home, async (ledger) => [
    await ledger
      .selectFrom("agencies")
      .select(["agency_id", "fingerprint"])
      .orderBy("agency_id")
      .execute(),
    await ledger
      .selectFrom("agency_keys")
      .select(["agency_id", "fingerprint", "standing"])
      .where("standing", "!=", "Held")
      .orderBy("agency_id")
      .orderBy("fingerprint")
      .execute(),
  ]);
