/**
 * A night of a whole state: an entity as `config/entity.md` founds it, on a real sshd with the limits of
 * `config/openssh/`, and as many districts as are wanted, each with a home, a daemon and an account of its
 * own. They call by the jitter of their own plans, on a clock that runs faster than the real one.
 *
 * Every message is a packet of its own, which is the hardest for the server, and the registrars release at
 * once what they are asked for: all that would fill two nights falls into one.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseAgencyId } from "../../daemon/ids.ts";
import { comingRuns, DAYS } from "../../daemon/schedule.ts";
import { ChildDaemon } from "../child-daemons.ts";
import { type Founding, STATE } from "../founded.ts";
import { type FastTime, keepTime, shownBy } from "./clock.ts";
import {
  type DistrictsExchanges,
  type EntitysExchange,
  exchangesOf,
  faultsOf,
  summaryOf,
} from "./figures.ts";
import { askAll, NIGHT, prepare, type Prepared, type StateNight, TIME_ZONE } from "./prepare.ts";
import { type Standing, standingOf, together } from "./standing.ts";
import { type Strain, Watch } from "./watch.ts";

export interface StateFigures {
  readonly districts: number;
  readonly moves: number;
  readonly packets: number;
  readonly packetsByKind: Readonly<Record<string, number>>;
  readonly uploads: number;
  readonly preparing: Readonly<Record<string, number>>;
  readonly firstExchangeMs: number;
  /** From the first nightly exchange that was due until every box was empty and everything confirmed. */
  readonly minutesOfTheNight: number;
  readonly realSeconds: number;
  readonly packetsPerSecond: number;
  readonly districtsExchanges: DistrictsExchanges;
  readonly entitysExchanges: readonly EntitysExchange[];
  readonly strain: Strain;
  readonly transfers: Readonly<Record<string, number>>;
  readonly alerts: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
}

/** A night that is over, of which all that matters is in the homes. */
interface Lived {
  readonly lastedMs: number;
  readonly strain: Strain;
  readonly exchanges: DistrictsExchanges;
  readonly entitysExchanges: readonly EntitysExchange[];
  readonly standing: Standing;
  /** What the entity's daemon said on stderr. */
  readonly complaints: string;
}

const FAST_CLOCK = join(import.meta.dirname, "fast-clock.ts");
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Of real time: between the start of the last daemon and the night. */
const START_MS = 5000;
const LOOK_MS = 1000;
/** By the night's clock. */
const TELL_MS = 5 * MINUTE_MS;

/** @throws Error if something fails of which no daemon may fail */
export async function spendStateNight(night: StateNight): Promise<StateFigures> {
  await using stack = new AsyncDisposableStack();
  const state = await prepare(night, stack);
  const { lastedMs, strain, exchanges, entitysExchanges, standing, complaints } = await live(
    night,
    state,
  );
  const { moves, districts, stages, firstExchangeMs } = state;
  const packets = Object.values(standing.packets).reduce((sum, count) => sum + count, 0);
  const realSeconds = lastedMs / 1000 / night.factor;
  return {
    districts: districts.length,
    moves: moves.length,
    packets,
    packetsByKind: standing.packets,
    uploads: standing.uploads,
    preparing: stages,
    firstExchangeMs,
    minutesOfTheNight: Math.round(lastedMs / MINUTE_MS),
    realSeconds: Math.round(realSeconds),
    packetsPerSecond: Math.round((packets / realSeconds) * 10) / 10,
    districtsExchanges: exchanges,
    entitysExchanges,
    strain,
    transfers: standing.transfers,
    alerts: standing.alerts,
    faults: [
      ...standing.faults,
      ...faultsOf(standing, moves.length),
      ...(lastedMs < night.hours * HOUR_MS ? [] : ["in the morning the night was not over"]),
      ...(complaints === "" ? [] : [complaints]),
    ],
  };
}

/** From the start of all daemons to their end. */
async function live(night: StateNight, state: Prepared): Promise<Lived> {
  const { founding, entity, districts, towns } = state;
  const begins = beginOf();
  const shows = begins - night.collectEveryMinutes * MINUTE_MS - START_MS * night.factor;
  const clock = join(founding.folder, "clock");
  await keepTime(clock, { shows, began: Date.now(), factor: 0 });
  await using daemon = new ChildDaemon(
    { configPath: entity.config },
    {
      start: { args: ["--import", FAST_CLOCK], env: { FAST_CLOCK: clock } },
      through: founding.asService,
    },
  );
  await using _ = endingOf(founding);
  await daemon.says("Daemon sleeps");
  const time: FastTime = { shows, began: Date.now(), factor: night.factor };
  await keepTime(clock, time);
  await askAll(towns, (town) => town.ask("begin", time));
  using watch = new Watch(founding.server, [STATE, ...districts], entity.config);
  using ringing = ringingOf(founding, time);
  const ended = async (): Promise<boolean> => {
    const atWork = await askAll(towns, (town) => town.ask("atWork"));
    return atWork.every((count) => count === 0);
  };
  const lastBusy = await spent(night, { begins, time, daemon, watch, ended });
  ringing[Symbol.dispose]();
  const strain = watch.strain();
  const ends = await askAll(towns, (town) => town.ask("end"));
  await founding.server.asRoot("pkill", ["-TERM", "-u", "packetboat"]).catch(() => undefined);
  await daemon.ended();
  const entitys = { id: parseAgencyId(STATE), folder: entity.home };
  const standings = [await standingOf(entitys, ["quarantine"]), ...ends.map((end) => end.standing)];
  return {
    lastedMs: lastBusy - begins,
    strain,
    exchanges: summaryOf(ends.flatMap(({ seen }) => seen)),
    entitysExchanges: exchangesOf(daemon, night.factor),
    standing: together(standings),
    complaints: daemon.complaints,
  };
}

/** When the nightly exchanges of the coming night begin, in milliseconds since 1970. */
function beginOf(): number {
  const plan = { at: NIGHT, days: DAYS, jitterMinutes: 0, timeZone: TIME_ZONE, agencyId: STATE };
  const soon = new Date(Date.now() + HOUR_MS);
  return comingRuns(plan, soon, 1)[0]?.at.getTime() ?? 0;
}

interface Spending {
  readonly begins: number;
  readonly time: FastTime;
  readonly daemon: ChildDaemon;
  readonly watch: Watch;
  /** Is every district at rest? */
  readonly ended: () => Promise<boolean>;
}

/**
 * Let the night go by until all districts have called, all boxes are empty and nobody has anything to do, or
 * until the morning.
 *
 * @returns when anybody was last at work, by the night's clock
 */
async function spent(
  { jitterMinutes, hours, say }: StateNight,
  { begins, time, daemon, watch, ended }: Spending,
): Promise<number> {
  const allHaveCalled = begins + jitterMinutes * MINUTE_MS;
  let lastBusy = begins;
  let toldAt = 0;
  while (lastBusy < begins + hours * HOUR_MS) {
    await sleep(LOOK_MS);
    if (daemon.isOver) throw new Error(`the entity's daemon has ended: ${daemon.complaints}`);
    const waiting = await watch.look();
    const now = shownBy(time).getTime();
    if (waiting === 0 && now > allHaveCalled && (await ended())) return lastBusy;
    lastBusy = now;
    if (now - toldAt < TELL_MS) continue;
    toldAt = now;
    say?.(`${new Date(now).toISOString()} in the night: ${waiting} packets lie in the boxes`);
  }
  return lastBusy;
}

/** The entity's daemon looks at its clock once a minute. */
function ringingOf({ server }: Founding, { factor }: FastTime): Disposable {
  const timer = setInterval(() => {
    server.asRoot("pkill", ["-USR2", "-u", "packetboat"]).catch(() => undefined);
  }, MINUTE_MS / factor);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** The entity's daemon runs on the server, behind the program that led there. */
const endingOf = ({ server }: Founding): AsyncDisposable => ({
  [Symbol.asyncDispose]: async () => {
    await server.asRoot("pkill", ["-KILL", "-u", "packetboat"]).catch(() => undefined);
  },
});
