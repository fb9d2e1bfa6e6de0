/**
 * A night of a whole state: an entity as `config/entity.md` founds it, on a real sshd with the limits of
 * `config/openssh/`, and as many districts as are wanted, each with a home, a daemon and an account of its
 * own. They call by the jitter of their own plans, on a clock that runs faster than the real one.
 *
 * Every message is a packet of its own, which is the hardest for the server, and the registrars release at
 * once what they are asked for: all that would fill two nights falls into one.
 */
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { editConfig } from "../../daemon/config.ts";
import { parseAgencyId } from "../../daemon/ids.ts";
import { comingRuns, DAYS } from "../../daemon/schedule.ts";
import { ChildDaemon } from "../child-daemons.ts";
import type { Home } from "../commands/home.ts";
import { type Founding, foundState, STATE } from "../founded.ts";
import { addCards } from "./cards.ts";
import { type FastTime, shownBy } from "./clock.ts";
import type { Seen } from "./household.ts";
import { districtsOf, type Move, movesAmong, registryLines } from "./plan.ts";
import { type Standing, standingOf, tally, together } from "./standing.ts";
import type { Settling } from "./town.ts";
import { Town } from "./towns.ts";
import { type Strain, Watch } from "./watch.ts";

export interface StateNight {
  readonly districts: number;
  /** At least so many are to cross the server; they decide how many students move. */
  readonly packets: number;
  /** Who stay where they are, for the registry to be as long as in life. */
  readonly otherStudents: number;
  readonly jitterMinutes: number;
  readonly collectEveryMinutes: number;
  /** How many seconds of the night pass in one. */
  readonly factor: number;
  /**
   * Where the districts' homes are made, instead of beside the entity's: in life each has a disk of its own, and
   * here they would all wait for one.
   */
  readonly homes?: string;
  /** Processes in which the districts live. */
  readonly towns: number;
  readonly seed: number;
  readonly say?: (line: string) => void;
}

export interface StateFigures {
  readonly districts: number;
  readonly moves: number;
  readonly packets: number;
  readonly packetsByKind: Readonly<Record<string, number>>;
  readonly uploads: number;
  readonly preparing: Readonly<Record<string, number>>;
  /** The first exchange of one district, in which it reads the directory of all. */
  readonly firstExchangeMs: number;
  /** From the first nightly exchange that was due until every box was empty and everything confirmed. */
  readonly minutesOfTheNight: number;
  readonly realSeconds: number;
  readonly packetsPerSecond: number;
  readonly districtsExchanges: ReturnType<typeof summaryOf>;
  readonly entitysExchanges: readonly EntitysExchange[];
  readonly strain: Strain;
  readonly transfers: Readonly<Record<string, number>>;
  readonly alerts: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
}

interface EntitysExchange {
  readonly collected: number;
  readonly sent: number;
  readonly realSeconds: number;
}

/** What one student's move sends over the server, if every message is a packet of its own. */
export const PACKETS_PER_MOVE = 14;

const TIME_ZONE = "America/Chicago";
const NIGHT = "03:15";
const MINUTE_MS = 60_000;
/** By then it must be over. */
const LONGEST_MS = 6 * 60 * MINUTE_MS;

const LOOK_MS = 1000;
/** By the night's clock. */
const TELL_MS = 5 * MINUTE_MS;

/** Alerts that people are to have: the records came. */
const DESERVED = ["RECORDS_RELEASED"];

/** @throws Error if something fails of which no daemon may fail */
export async function spendStateNight(night: StateNight): Promise<StateFigures> {
  const say = night.say ?? (() => undefined);
  const preparing = new Stages(say);
  await using founding = await foundState();
  await using homes = await foldersFor(night.homes);
  await using towns = new AsyncDisposableStack();
  const entity = await founding.makeEntity();
  const districts = districtsOf(night.districts);
  const moves = movesAmong(districts, Math.ceil(night.packets / PACKETS_PER_MOVE), night.seed);
  const running = Array.from({ length: night.towns }, () => towns.use(new Town()));
  const askAll = <T>(asking: (town: Town, index: number) => Promise<T>): Promise<T[]> =>
    Promise.all(running.map(asking));

  await alone(entity);
  const settling = settlingOf(night, founding, entity, moves, homes.path ?? founding.folder);
  const cards = await askAll((town, index) =>
    town.ask("settle", {
      ...settling,
      here: districts.filter((_, number) => number % night.towns === index),
    }),
  );
  preparing.passed("homes made");
  await addCards({ folder: entity.home }, cards.flat(), new Date());
  // Whoever added them was not the entity's service.
  await founding.server.asRoot("chown", [
    "-R",
    "packetboat:packetboat",
    join(entity.home, "state"),
  ]);
  preparing.passed("cards added");
  await founding.runAccounts(entity);
  preparing.passed("accounts made");
  await importRegistry(founding, entity, { moves, districts, others: night.otherStudents });
  preparing.passed("registry imported");
  await founding.atEntity(entity, "directory", "publish");
  preparing.passed("directory published");
  const firstReadMs = await askAll((town) => town.ask("spendDay"));
  preparing.passed("first exchange of every district");

  const plan = { at: NIGHT, days: DAYS, jitterMinutes: 0, timeZone: TIME_ZONE, agencyId: STATE };
  // By then each daemon has been started, and has called once.
  const beforeMs = night.collectEveryMinutes * MINUTE_MS;
  const begins = comingRuns(plan, new Date(Date.now() + beforeMs), 1)[0]?.at.getTime() ?? 0;
  const time: FastTime = { shows: begins - beforeMs, began: Date.now(), factor: night.factor };
  const start = { args: ["--import", FAST_CLOCK], env: { FAST_CLOCK: JSON.stringify(time) } };
  await using daemon = new ChildDaemon(
    { configPath: entity.config },
    { start, through: founding.asService },
  );
  await using _ = endingOf(founding);
  await daemon.says("Daemon sleeps");
  await askAll((town) => town.ask("begin", time));
  const watch = new Watch(founding.server, [STATE, ...districts], entity.config);
  const ringing = ringEntity(founding, time);
  const ended = async (): Promise<boolean> => {
    const atWork = await askAll((town) => town.ask("atWork"));
    return atWork.every((count) => count === 0);
  };
  const lastBusy = await spent(night, { begins, time, daemon, watch, ended });
  clearInterval(ringing);
  const strain = await watch.end();
  const ends = await askAll((town) => town.ask("end"));
  await founding.server.asRoot("pkill", ["-TERM", "-u", "packetboat"]).catch(() => undefined);
  await daemon.ended();
  preparing.passed("the night itself, and looking at every home");

  const entitys = await standingOf({ id: parseAgencyId(STATE), folder: entity.home }, [
    "quarantine",
  ]);
  const standing = together([entitys, ...ends.map((end) => end.standing)]);
  const packets = Object.values(standing.packets).reduce((sum, count) => sum + count, 0);
  const realSeconds = (lastBusy - begins) / 1000 / night.factor;
  return {
    districts: districts.length,
    moves: moves.length,
    packets,
    packetsByKind: standing.packets,
    uploads: standing.uploads,
    preparing: preparing.seconds,
    firstExchangeMs: Math.round(Math.max(...firstReadMs)),
    minutesOfTheNight: Math.round((lastBusy - begins) / MINUTE_MS),
    realSeconds: Math.round(realSeconds),
    packetsPerSecond: Math.round((packets / realSeconds) * 10) / 10,
    districtsExchanges: summaryOf(ends.flatMap(({ seen }) => seen)),
    entitysExchanges: exchangesOf(daemon, night.factor),
    strain,
    transfers: standing.transfers,
    alerts: standing.alerts,
    faults: [
      ...standing.faults,
      ...faultsOf(standing, moves.length),
      ...(lastBusy < begins + LONGEST_MS ? [] : ["in the morning the night was not over"]),
      ...(daemon.complaints === "" ? [] : [daemon.complaints]),
    ],
  };
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
 * @returns when the last box was emptied, by the night's clock
 */
async function spent(
  { jitterMinutes, say }: StateNight,
  { begins, time, daemon, watch, ended }: Spending,
): Promise<number> {
  const allHaveCalled = begins + jitterMinutes * MINUTE_MS;
  let lastBusy = begins;
  let toldAt = 0;
  while (lastBusy < begins + LONGEST_MS) {
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

const FAST_CLOCK = join(import.meta.dirname, "fast-clock.ts");

/** A folder of our own in the one that is named, gone in the end. */
async function foldersFor(
  homes: string | undefined,
): Promise<AsyncDisposable & { path: string | null }> {
  const path = homes === undefined ? null : await mkdtemp(join(homes, "packetboat-districts-"));
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      if (path !== null) await rm(path, { recursive: true, force: true });
    },
  };
}

const settlingOf = (
  { jitterMinutes, collectEveryMinutes, seed, districts }: StateNight,
  { server }: Founding,
  entity: Home,
  moves: readonly Move[],
  folder: string,
): Omit<Settling, "here"> => ({
  folder,
  server: { host: server.host, port: server.port, hostKey: server.hostKey },
  entity: {
    id: parseAgencyId(STATE),
    name: STATE,
    folder: entity.home,
    configPath: entity.config,
    card: entity.card,
  },
  districts: districtsOf(districts),
  moves: moves.length,
  seed,
  nightly: { at: NIGHT, jitterMinutes },
  collectEveryMinutes,
  timeZone: TIME_ZONE,
});

/** Each message of the entity travels alone, too. */
async function alone(entity: Home): Promise<void> {
  const text = await readFile(entity.config, "utf8");
  const change = { at: ["limits", "messagesPerPacket"], value: 1 };
  await writeFile(entity.config, editConfig(text, [change]));
}

async function importRegistry(
  founding: Founding,
  entity: Home,
  about: { moves: readonly Move[]; districts: Settling["districts"]; others: number },
): Promise<void> {
  const path = join(founding.folder, "students.csv");
  {
    await using file = await open(path, "w", 0o644);
    let lines = "";
    for (const line of registryLines(about.moves, about.districts, about.others)) {
      lines += `${line}\n`;
      if (lines.length < 1_000_000) continue;
      await file.write(lines);
      lines = "";
    }
    await file.write(lines);
  }
  await founding.atEntity(entity, "registry", "import", path, "--snapshot");
}

/** Its daemon looks at its clock once a minute. */
const ringEntity = ({ server }: Founding, { factor }: FastTime): NodeJS.Timeout =>
  setInterval(() => {
    server.asRoot("pkill", ["-USR2", "-u", "packetboat"]).catch(() => undefined);
  }, MINUTE_MS / factor);

/** The entity's daemon runs on the server, behind the program that led there. */
const endingOf = ({ server }: Founding): AsyncDisposable => ({
  [Symbol.asyncDispose]: async () => {
    await server.asRoot("pkill", ["-KILL", "-u", "packetboat"]).catch(() => undefined);
  },
});

const exchangesOf = ({ lines }: ChildDaemon, factor: number): EntitysExchange[] =>
  lines
    .filter(({ message }) => message === "Exchange ended")
    .map(({ collected, sent, tookMs }) => ({
      collected: Number(collected),
      sent: Number(sent),
      realSeconds: Math.round(Number(tookMs) / factor / 100) / 10,
    }))
    .filter(({ collected, sent }) => collected + sent > 0);

function summaryOf(seen: readonly Seen[]) {
  const logins = seen.flatMap(({ loginMs }) => loginMs ?? []);
  return {
    made: seen.length,
    byScope: tally(seen.map(({ scope }) => scope)),
    troubles: tally(seen.flatMap(({ codes }) => codes)),
    tookMs: spreadOf(seen.filter(({ scope }) => scope === "everything").map((one) => one.tookMs)),
    loginMs: spreadOf(logins),
  };
}

function spreadOf(numbers: readonly number[]) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
  return { half: at(0.5), most: at(0.95), longest: at(1) };
}

/** Every move came to its end at all three, and nobody heard of anything else. */
function faultsOf({ transfers, alerts }: Standing, moves: number): string[] {
  const sides = ["requester", "releaser", "entity"];
  const wanted = Object.fromEntries(sides.toSorted().map((side) => [`${side} Delivered`, moves]));
  const found = Object.entries(transfers).filter(([word, count]) => wanted[word] !== count);
  const missing = Object.keys(wanted).filter((word) => !(word in transfers));
  const strange = Object.entries(alerts).filter(([code]) => !DESERVED.includes(code));
  return [
    ...found.map(([word, count]) => `${count} transfers are ${word}, of ${moves}`),
    ...missing.map((word) => `no transfer is ${word}, of ${moves}`),
    ...strange.map(([code, count]) => `${count} alerts ${code}`),
    ...(alerts["RECORDS_RELEASED"] === moves ? [] : ["not everybody heard of the records"]),
  ];
}

/** How long each stage took, in whole seconds. */
class Stages {
  readonly seconds: Record<string, number> = {};
  readonly #say: (line: string) => void;
  #since = performance.now();

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  passed(stage: string): void {
    const now = performance.now();
    this.seconds[stage] = Math.round((now - this.#since) / 1000);
    this.#since = now;
    this.#say(`${stage}: ${this.seconds[stage]} s`);
  }
}
