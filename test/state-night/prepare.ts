/** A state before its night: the entity founded on a server of its own, every district settled, and all asked for. */
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { editConfig } from "../../daemon/config.ts";
import { type AgencyId, parseAgencyId } from "../../daemon/ids.ts";
import type { Home } from "../commands/home.ts";
import { type Founding, foundState, STATE } from "../founded.ts";
import { addCards } from "./cards.ts";
import { districtsOf, type Move, movesAmong, registryLines } from "./plan.ts";
import type { Settling } from "./town.ts";
import { Town } from "./towns.ts";

export interface StateNight {
  readonly districts: number;
  /** At least so many are to cross the server; they decide how many students move. */
  readonly packets: number;
  /** Who stay where they are, for the registry to be as long as in life. */
  readonly otherStudents: number;
  readonly jitterMinutes: number;
  readonly collectEveryMinutes: number;
  /** After so many it is morning, whatever is left to do. */
  readonly hours: number;
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

/** Everybody is there and has called once; their requests wait for the night. */
export interface Prepared {
  readonly founding: Founding;
  readonly entity: Home;
  readonly districts: readonly AgencyId[];
  readonly moves: readonly Move[];
  readonly towns: readonly Town[];
  /** How long each stage took, in seconds. */
  readonly stages: Readonly<Record<string, number>>;
  /** How long the first exchange of a district took, in which it reads the directory of all. */
  readonly firstExchangeMs: number;
}

/** What one student's move sends over the server, if every message is a packet of its own. */
export const PACKETS_PER_MOVE = 14;

export const TIME_ZONE = "America/Chicago";
/** When the nightly exchanges begin, on the clock of the time zone. */
export const NIGHT = "03:15";

/** @param stack ends and removes all that is made */
export async function prepare(night: StateNight, stack: AsyncDisposableStack): Promise<Prepared> {
  const stages = new Stages(night.say);
  const founding = stack.use(await foundState());
  const homes = stack.use(await folderIn(night.homes ?? founding.folder));
  const entity = await founding.makeEntity();
  await sendEachAlone(entity);
  const districts = districtsOf(night.districts);
  const moves = movesAmong(districts, Math.ceil(night.packets / PACKETS_PER_MOVE), night.seed);
  const towns = Array.from({ length: night.towns }, () => stack.use(new Town()));

  const settling = settlingOf(night, founding, entity, homes.path);
  const cards = await askAll(towns, (town, index) => {
    const here = districts.filter((_, number) => number % night.towns === index);
    return town.ask("settle", { ...settling, here });
  });
  stages.passed("homes made");
  await addMembers(founding, entity, cards.flat());
  stages.passed("cards added");
  await founding.runAccounts(entity);
  stages.passed("accounts made");
  await importRegistry(founding, entity, registryLines(moves, districts, night.otherStudents));
  stages.passed("registry imported");
  await founding.atEntity(entity, "directory", "publish");
  stages.passed("directory published");
  const firstExchanges = await askAll(towns, (town) => town.ask("spendDay"));
  stages.passed("first exchange of every district");
  const firstExchangeMs = Math.round(Math.max(...firstExchanges));
  return { founding, entity, districts, moves, towns, stages: stages.seconds, firstExchangeMs };
}

/** The same of every town, at once. */
export const askAll = <T>(
  towns: readonly Town[],
  asking: (town: Town, index: number) => Promise<T>,
): Promise<T[]> => Promise.all(towns.map(asking));

/** A folder of our own, gone in the end. */
async function folderIn(parent: string): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(parent, "packetboat-districts-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Each message of the entity is a packet of its own, too. */
async function sendEachAlone({ config }: Home): Promise<void> {
  const change = { at: ["limits", "messagesPerPacket"], value: 1 };
  await writeFile(config, editConfig(await readFile(config, "utf8"), [change]));
}

const settlingOf = (
  { jitterMinutes, collectEveryMinutes, packets, districts, seed }: StateNight,
  { server }: Founding,
  entity: Home,
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
  moves: Math.ceil(packets / PACKETS_PER_MOVE),
  seed,
  nightly: { at: NIGHT, jitterMinutes },
  collectEveryMinutes,
  timeZone: TIME_ZONE,
});

/** The entity knows the cards of its districts, and its ledger is its service's again. */
async function addMembers(
  { server }: Founding,
  { home }: Home,
  cards: readonly string[],
): Promise<void> {
  await addCards({ folder: home }, cards, new Date());
  await server.asRoot("chown", ["-R", "packetboat:packetboat", join(home, "state")]);
}

const PIECE_CHARACTERS = 1_000_000;

async function importRegistry(
  founding: Founding,
  entity: Home,
  lines: Iterable<string>,
): Promise<void> {
  const path = join(founding.folder, "students.csv");
  {
    await using file = await open(path, "w", 0o644);
    let piece = "";
    for (const line of lines) {
      piece += `${line}\n`;
      if (piece.length < PIECE_CHARACTERS) continue;
      await file.write(piece);
      piece = "";
    }
    await file.write(piece);
  }
  await founding.atEntity(entity, "registry", "import", path, "--snapshot");
}

/** How long each stage took, in whole seconds. */
class Stages {
  readonly seconds: Record<string, number> = {};
  readonly #say: StateNight["say"];
  #since = performance.now();

  constructor(say: StateNight["say"]) {
    this.#say = say;
  }

  passed(stage: string): void {
    const now = performance.now();
    const seconds = Math.round((now - this.#since) / 1000);
    this.seconds[stage] = seconds;
    this.#since = now;
    this.#say?.(`${stage}: ${seconds} s`);
  }
}
