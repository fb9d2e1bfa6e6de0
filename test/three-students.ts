/**
 * The records of three students go from one district to the other, each message in a packet of its own,
 * so that first, middle and last packets differ; one of the releases has two documents. The boxes are a
 * local folder. The journey is told exchange by exchange, to be broken off and taken up at each.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { account, type Account } from "./accounts.ts";
import { exchangeUntil } from "./dying.ts";
import {
  type District,
  drop,
  dropRelease,
  newWorld,
  office,
  recordAlone,
  requestTo,
  type World,
} from "./homes.ts";
import { configure } from "./scene.ts";
import { type Fate, type Life, linesOf, type Mortal, start } from "./kills.ts";
import { type Snapshot, snapshot } from "./snapshots.ts";

interface Student {
  readonly last: string;
  readonly first: string;
}

/** The fixture's student first: hers are the documents. */
const PUPILS: readonly Student[] = [
  { last: "Abrams", first: "Jenna" },
  { last: "Birnbaum", first: "Tova" },
  { last: "Castellano", first: "Rafael" },
];

const named = (text: string, { last, first }: Student): string =>
  text.replaceAll("Abrams", last).replaceAll("Jenna", first);

async function dropRequests({ valley, prairie }: World): Promise<void> {
  const request = await requestTo(prairie);
  for (const [index, pupil] of PUPILS.entries()) {
    await drop(valley, `request-${index + 1}.xml`, named(request, pupil));
  }
}

/** Each case is answered with the record of its student. */
async function dropReleases(world: World): Promise<void> {
  const { prairie } = world;
  const record = await recordAlone();
  for (const reference of await readdir(office(prairie, "requests"))) {
    const page = await readFile(office(prairie, "requests", reference, "request.html"), "utf8");
    const [pupil = -1] = [...PUPILS.keys()].filter((at) => page.includes(PUPILS[at]?.last ?? "?"));
    const student = PUPILS[pupil];
    if (!student) throw new Error("a case of nobody");
    if (pupil === 0) await dropRelease(world, reference);
    else {
      const about = `<Release><Reference>${reference}</Reference>`;
      const release = named(record, student).replace("<Release>", about);
      await drop(prairie, `release-${pupil + 1}.xml`, release);
    }
  }
}

export interface Leg {
  readonly says: string;
  readonly home: (world: World) => District;
  /** What people do before this exchange. */
  readonly people?: (world: World) => Promise<void>;
}

const valley = ({ valley: home }: World): District => home;
const prairie = ({ prairie: home }: World): District => home;

/** Until both homes are quiet. */
export const LEGS: readonly Leg[] = [
  { says: "the requests leave", home: valley, people: dropRequests },
  { says: "the requests are received", home: prairie },
  { says: "the records leave", home: prairie, people: dropReleases },
  { says: "the records are received", home: valley },
  { says: "the receipts are received", home: prairie },
];

/** The legs by what happens on them. */
export const [REQUESTS, CASES, RELEASES, RECORDS] = [0, 1, 2, 3] as const;

/** Whose exchange a leg is. */
export const homeOf = (leg: number, world: World): District => (LEGS[leg]?.home ?? valley)(world);

/** A step of one leg, with how often it is taken there when nothing hinders. */
export interface NamedStep {
  readonly leg: number;
  readonly sentence: string;
  readonly times: number;
}

/** What becomes of one leg's exchange, each time that it is started, before it is let live. */
export type Fates = ReadonlyMap<number, readonly Fate[]>;

/** A process that was started, and what it was to die of. */
export interface Trace extends Life {
  readonly leg: number;
  readonly fate: Fate;
  /** The last sentence in its home's log. */
  readonly last: string | undefined;
}

export interface Trial extends AsyncDisposable {
  readonly world: World;
  /** What an unbroken journey ends in. */
  readonly expected: Account;
  readonly steps: readonly NamedStep[];
  /** How long the work of each leg takes in a process of its own. */
  readonly legMs: readonly number[];
  /** Before a leg, its people having done their part. */
  restore(leg: number): Promise<void>;
  /** The leg's exchange, in a process of its own. */
  begin(leg: number, fate: Fate): Mortal;
  /** From the first leg that has a fate to the end, with all of these. @returns what it ends in */
  journey(fates: Fates): Promise<{ readonly traces: readonly Trace[]; readonly ends: Account }>;
  /** The leg once more, and all that follows, without any hindrance. @returns what it ends in */
  goOn(leg: number): Promise<Account>;
}

/** The world, and the unbroken journey, remembered before each of its exchanges. */
export async function newTrial(): Promise<Trial> {
  const world = await newWorld(new Date().toISOString());
  const compiled = await mkdtemp(join(tmpdir(), "packetboat-compiled-"));
  for (const home of [world.valley, world.prairie]) {
    await configure(
      home,
      { at: ["limits", "messagesPerPacket"], value: 1 },
      { at: ["server", "address"], value: `file://${world.folder}/server/boxes/${home.id}` },
    );
  }
  const before: Snapshot[] = [];
  const steps: NamedStep[] = [];
  const legMs: number[] = [];
  for (const [leg, { home, people }] of LEGS.entries()) {
    await people?.(world);
    before.push(await snapshot(world));
    const { length: earlier } = await linesOf(home(world));
    const { livedMs } = await start(world, home(world), { fate: null, compiled }).end;
    legMs.push(livedMs);
    const sentences = (await linesOf(home(world))).slice(earlier).map(({ message }) => message);
    for (const sentence of new Set(sentences)) {
      const times = sentences.filter((other) => other === sentence).length;
      steps.push({ leg, sentence, times });
    }
  }
  const expected = await ending(world);
  const begin = (leg: number, fate: Fate): Mortal =>
    start(world, homeOf(leg, world), { fate, compiled });
  const restore = async (leg: number): Promise<void> => before[leg]?.restore();
  const journeyFrom = async (from: number, fates: Fates) => {
    const traces: Trace[] = [];
    for (const [leg, { home, people }] of LEGS.entries()) {
      if (leg < from) continue;
      if (leg > from) await people?.(world);
      for (const fate of fates.get(leg) ?? []) {
        const life = await begin(leg, fate).end;
        const last = (await linesOf(home(world))).at(-1)?.message;
        traces.push({ ...life, leg, fate, last });
      }
      await livingOn(world, home(world));
    }
    return { traces, ends: await ending(world) };
  };
  return {
    world,
    expected,
    steps,
    legMs,
    restore,
    begin,
    journey: async (fates) => {
      const from = Math.min(...fates.keys());
      await restore(from);
      return journeyFrom(from, fates);
    },
    goOn: async (leg) => (await journeyFrom(leg, new Map())).ends,
    [Symbol.asyncDispose]: async () => {
      for (const each of before) await each[Symbol.asyncDispose]();
      await rm(compiled, { recursive: true });
      await world[Symbol.asyncDispose]();
    },
  };
}

/** In this process, which is quicker. */
async function livingOn(world: World, home: District): Promise<void> {
  await using run = await exchangeUntil(world, home, Infinity, () => ({}));
  if (run.died) throw new Error("it was not told to die");
}

/** When what a command might still have needed is swept, after an hour, and all is quiet. */
async function ending(world: World): Promise<Account> {
  world.clock.pass({ hours: 2 });
  for (const home of [world.prairie, world.valley, world.prairie]) await livingOn(world, home);
  return account(world);
}
