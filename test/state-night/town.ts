/** A process in which some of the state's districts live, with a daemon each; `night.ts` starts several. */
import pLimit from "p-limit";
import { join } from "node:path";
import { type Entity, settle } from "../../daemon/commands/demo/world.ts";
import type { BoxServer } from "../../daemon/dropbox/server.ts";
import type { AgencyId } from "../../daemon/ids.ts";
import { configure, nightly } from "../scene.ts";
import { DAYS } from "../../daemon/schedule.ts";
import { addCards } from "./cards.ts";
import { type FastTime, realMsUntil } from "./clock.ts";
import { copyDirectory, knownDirectory } from "./directory-copied.ts";
import { Household, type Seen } from "./household.ts";
import { movesAmong } from "./plan.ts";
import { type Standing, standingOf, together } from "./standing.ts";

/** What is settled before anything begins. */
export interface Settling {
  readonly folder: string;
  readonly server: Pick<BoxServer, "host" | "port" | "hostKey">;
  readonly entity: Entity;
  /** All of the state, and those of them who live here. */
  readonly districts: readonly AgencyId[];
  readonly here: readonly AgencyId[];
  readonly moves: number;
  readonly seed: number;
  readonly nightly: { readonly at: string; readonly jitterMinutes: number };
  readonly collectEveryMinutes: number;
  readonly timeZone: string;
}

/** What a town is asked to do, in this order. */
export interface TownCalls {
  /** Homes are made, and know the entity's card. @returns the paths of theirs */
  settle(settling: Settling): Promise<string[]>;
  /**
   * Accounts and directory are there: every district calls its server for the first time. Two of them read the
   * directory; the others are given what those have understood, for that takes its time.
   *
   * @returns how many milliseconds the first exchange of the first took
   */
  spendDay(): Promise<number>;
  begin(time: FastTime): Promise<void>;
  /** How many are not at rest. */
  atWork(): Promise<number>;
  end(): Promise<{ readonly seen: readonly Seen[]; readonly standing: Standing }>;
}

const PLACE = { city: "Example City", state: "MN", zip: "55001", phone: "555-555-0140" };
/** So many work at once while nothing is measured yet. */
const turn = pLimit(8);
const MINUTE_MS = 60_000;

let settled: Settling | undefined;
let households: Household[] = [];
let ticking: NodeJS.Timeout | undefined;

const calls: TownCalls = {
  settle: async (settling) => {
    settled = settling;
    const { folder, server, entity, timeZone, collectEveryMinutes } = settling;
    const now = { now: () => new Date(), pause: () => Promise.resolve() };
    const closed = (): Promise<void> => Promise.resolve();
    // The entity's own script makes the accounts, all of them at once.
    const noAccounts = { ...server, admit: closed, close: closed, [Symbol.asyncDispose]: closed };
    const made = settling.here.map((id) =>
      turn(async () => {
        const named = { ...PLACE, id, name: `Example District ${id}`, timeZone };
        const home = await settle(noAccounts, join(folder, id), named, now);
        const { at, jitterMinutes } = settling.nightly;
        const alone = { at: ["limits", "messagesPerPacket"], value: 1 };
        const often = { at: ["exchanges", "watch"], value: { collectEveryMinutes } };
        await configure(home, alone, often, nightly(at, { jitterMinutes, days: DAYS }));
        await addCards(home, [entity.card], new Date());
        return new Household(home);
      }),
    );
    households = await Promise.all(made);
    return households.map(({ home }) => home.card);
  },
  spendDay: async () => {
    const { districts, moves, seed } = settled as Settling;
    const byAsking = Map.groupBy(movesAmong(districts, moves, seed), ({ to }) => to);
    const spendDay = (household: Household): Promise<void> =>
      household.spendDay(byAsking.get(household.home.id) ?? []);
    const [first, second, ...others] = households;
    if (!first || !second) throw new Error("a town has at least two districts");
    const begun = performance.now();
    await spendDay(first);
    const firstReadMs = performance.now() - begun;
    await spendDay(second);
    const known = await knownDirectory([first.home, second.home]);
    const spent = others.map((household) =>
      turn(async () => {
        await copyDirectory(household.home, known);
        await spendDay(household);
      }),
    );
    await Promise.all(spent);
    return firstReadMs;
  },
  begin: async (time) => {
    // Their machines were not switched on in the same minute, so that their calls are spread.
    const { collectEveryMinutes } = settled as Settling;
    const begun = households.map(async (household, index) => {
      const at = time.shows + (collectEveryMinutes * MINUTE_MS * index) / households.length;
      await new Promise((come) => setTimeout(come, realMsUntil(time, at)));
      await household.begin(time);
    });
    Promise.all(begun).catch(fail);
    let next = 0;
    // Each looks at its clock once a minute, at a second of its own.
    const everyMs = MINUTE_MS / time.factor / Math.max(households.length, 1);
    ticking = setInterval(() => households[next++ % households.length]?.tick(), everyMs);
    return Promise.resolve();
  },
  atWork: () => Promise.resolve(households.filter(({ isAtRest }) => !isAtRest).length),
  end: async () => {
    clearInterval(ticking);
    await Promise.all(households.map((household) => household[Symbol.asyncDispose]()));
    const standings: Standing[] = [];
    for (const { home } of households) standings.push(await standingOf(home));
    return { seen: households.flatMap(({ seen }) => seen), standing: together(standings) };
  },
};

/** What nobody expected ends the town; whoever started it hears of it. */
function fail(error: unknown): never {
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
}

interface Asked {
  readonly id: number;
  readonly call: keyof TownCalls;
  readonly about: never;
}

process.on("message", ({ id, call, about }: Asked) => {
  calls[call](about).then((answer) => process.send?.({ id, answer }), fail);
});
process.on("disconnect", () => process.exit());
