/**
 * A night in which much goes wrong: two daemons on a real sshd exchange many packets while their
 * processes are killed and their lines are cut, and in the end everything is where it belongs, once.
 */
import { copyFile, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { verifyAudit } from "../../daemon/ledger/audit.ts";
import { ChildDaemon, ShiftedClock } from "../child-daemons.ts";
import { type RoughLine, roughLine } from "../dropbox/rough-line.ts";
import {
  type District,
  drop,
  fixture,
  newWorld,
  office,
  requestTo,
  openAlerts,
  STUDENTS,
  withLedger,
  type World,
} from "../homes.ts";
import { startOpenSsh } from "../openssh.ts";
import { randomFrom } from "../random.ts";
import { configure, inBox, nightly, reachBy } from "../scene.ts";
import { watchBoxes } from "./watched.ts";

export interface Night {
  /** Requests, each in a packet of its own. */
  readonly requests: number;
  /** Of these, how many are answered with records and a document. */
  readonly releases: number;
  readonly kills: number;
  readonly cuts: number;
  readonly seed: number;
  readonly say?: (line: string) => void;
}

export interface Figures {
  readonly packets: number;
  readonly attachments: number;
  readonly kills: number;
  readonly cuts: number;
  readonly exchanges: number;
  /** Lines of both logs. */
  readonly steps: number;
  readonly uploadsOfPackets: number;
  readonly looksAtBoxes: number;
  readonly seconds: number;
  /** What is not as it must be; none if all is well. */
  readonly faults: readonly string[];
}

/** Half past ten in the evening; the exchange is two hours later. */
const EVENING = "2027-03-12T04:30:00Z";
const NIGHTS = ["2027-03-12T06:30:00Z", "2027-03-13T06:30:00Z"] as const;
const MINUTE_MS = 60_000;
/** A night that does not end has gone wrong. */
const MOST_ROUNDS = 400;

export async function spendNight(night: Night): Promise<Figures> {
  const begun = performance.now();
  await using world = await newWorld(EVENING, startOpenSsh);
  await using valleyLine = await lineOf(world, world.valley);
  await using prairieLine = await lineOf(world, world.prairie);
  const lines = [valleyLine, prairieLine];
  const folders = [world.valley, world.prairie].map(({ id }) =>
    join(world.folder, "server", "boxes", id, "test"),
  );
  const watched = watchBoxes(folders);
  await using shift = new Shift(world, lines, night);
  await shift.begin();

  await dropRequests(world, night.requests);
  await shift.workUntil("the requests are taken", async () => {
    return (await readdir(office(world.valley, "sent"))).length === night.requests * 2;
  });
  shift.itIs(NIGHTS[0]);
  await shift.workUntil("the requests are received", async () => {
    const received = await countIn(world.valley, "RequestReceived");
    return received === night.requests;
  });
  const references = await listed(world.prairie, "requests");
  await dropReleases(world, references.slice(0, night.releases));
  await shift.workUntil("the releases are taken", async () => {
    return (await countIn(world.prairie, "ReleasePending")) === night.releases;
  });
  shift.itIs(NIGHTS[1]);
  await shift.workUntil("the records are received", async () => {
    const delivered = await countIn(world.prairie, "Delivered");
    return delivered === night.releases && (await areBoxesEmpty(world));
  });
  await shift.end();
  await watched.end();

  const faults = [...(await faultsOf(world, night)), ...watched.faults, ...shift.complaints];
  return {
    ...(await traffic(world)),
    kills: shift.killed,
    cuts: lines.reduce((sum, { done }) => sum + done.harmed.cut, 0),
    exchanges: shift.exchanges,
    steps: shift.steps,
    looksAtBoxes: watched.looks,
    seconds: Math.round((performance.now() - begun) / 1000),
    faults,
  };
}

/** Between a home and the server stands a line that can be cut. */
async function lineOf({ server }: World, home: District): Promise<RoughLine> {
  const line = await roughLine(server.port);
  await reachBy(home, line);
  await configure(home, { at: ["limits", "messagesPerPacket"], value: 1 }, nightly("00:30"));
  return line;
}

/** The two daemons, whoever kills them, and whoever starts them again. */
class Shift implements AsyncDisposable {
  killed = 0;
  exchanges = 0;
  /** Steps of both that were seen, over all their lives. */
  steps = 0;
  readonly complaints: string[] = [];
  readonly #world: World;
  readonly #lines: readonly RoughLine[];
  readonly #night: Night;
  readonly #kills: number[];
  readonly #cuts: number[];
  #daemons: ChildDaemon[] = [];
  #clock: ShiftedClock | undefined;
  #now = Date.parse(EVENING);
  #counted = new Map<ChildDaemon, number>();

  constructor(world: World, lines: readonly RoughLine[], night: Night) {
    this.#world = world;
    this.#lines = lines;
    this.#night = night;
    // Packed, sealed, delivered, fetched …: so many steps until a request has its receipt and its answer.
    const steps = night.requests * 45;
    this.#kills = spread(night.kills, steps, night.seed);
    this.#cuts = spread(night.cuts, steps, night.seed + 1);
  }

  async begin(): Promise<void> {
    this.#clock = await ShiftedClock.at(this.#world.folder, EVENING);
    const { valley, prairie } = this.#world;
    this.#daemons = [valley, prairie].map((home) => this.#started(home));
  }

  /** Let a quarter of an hour pass, again and again, and do harm meanwhile. */
  async workUntil(what: string, isDone: () => Promise<boolean>): Promise<void> {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      if (await isDone()) {
        this.#night.say?.(`${what}, after ${round} rounds`);
        return;
      }
      await this.#clock?.set(new Date(this.#now).toISOString());
      await Promise.all(this.#daemons.map((_, index) => this.#round(index)));
      this.#now += 16 * MINUTE_MS;
    }
    throw new Error(`after ${MOST_ROUNDS} rounds it is not so that ${what}`);
  }

  /** The clocks go on to the next night, unless they have gone on further by themselves. */
  itIs(at: string): void {
    this.#now = Math.max(this.#now, Date.parse(at));
  }

  async end(): Promise<void> {
    for (const daemon of this.#daemons) {
      await daemon.end();
      this.#note(daemon);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const daemon of this.#daemons) await daemon[Symbol.asyncDispose]();
  }

  #started(home: District): ChildDaemon {
    return new ChildDaemon(home, this.#clock);
  }

  /** Wake one, and wait until it sleeps again; if it dies meanwhile, start it, as a service manager does. */
  async #round(index: number): Promise<void> {
    const { valley, prairie } = this.#world;
    let daemon = this.#daemons[index] as ChildDaemon;
    let heard = daemon.lines.length;
    let isAwake = false;
    daemon.signal("SIGUSR2");
    for (;;) {
      await sleep(20);
      this.#harm(daemon, index);
      if (daemon.isOver) {
        await daemon.ended();
        this.#note(daemon);
        daemon = this.#started(index === 0 ? valley : prairie);
        this.#daemons[index] = daemon;
        heard = 0;
        isAwake = false;
        continue;
      }
      // The first may be of a look that had begun before.
      const sleeps = daemon.lines.slice(heard).filter((line) => line.message === "Daemon sleeps");
      if (sleeps.length > 1) return;
      if (sleeps.length === 0 || isAwake) continue;
      isAwake = true;
      daemon.signal("SIGUSR2");
    }
  }

  #harm(daemon: ChildDaemon, index: number): void {
    const before = this.#counted.get(daemon) ?? 0;
    this.steps += daemon.lines.length - before;
    this.#counted.set(daemon, daemon.lines.length);
    if (isDue(this.#cuts, this.steps)) {
      // A moment later, in the middle of something.
      this.#lines[index]?.spoil({ harm: "cut", afterBytes: (this.steps * 7919) % 9000 });
    }
    if (isDue(this.#kills, this.steps)) {
      this.killed++;
      this.#night.say?.(`killed after ${this.steps} steps`);
      daemon.signal("SIGKILL");
    }
  }

  #note({ lines, complaints }: ChildDaemon): void {
    this.exchanges += lines.filter(({ message }) => message === "Exchange begun").length;
    if (complaints !== "") this.complaints.push(complaints);
  }
}

/** So many whole numbers below `end`, one in each of as many equal parts, in their order. */
export function spread(count: number, end: number, seed: number): number[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, (_, part) => Math.floor(((part + random()) * end) / count));
}

/** Take the first moment off the list, if it has come. */
function isDue(moments: number[], now: number): boolean {
  if (moments[0] === undefined || moments[0] > now) return false;
  moments.shift();
  return true;
}

/** As many requests; for the rules it is no matter that they are about one student. */
async function dropRequests({ valley, prairie }: World, count: number): Promise<void> {
  const request = await requestTo(prairie);
  for (let number = 0; number < count; number++) {
    const one = request.replace("<Comments>", `<Comments>Number ${number}. `);
    await drop(valley, `request-${String(number).padStart(5, "0")}.xml`, one);
  }
}

async function dropReleases({ prairie }: World, references: readonly string[]): Promise<void> {
  const release = await fixture("abrams-jenna.record.xml");
  for (const reference of references) {
    const about = `<Release><Reference>${reference}</Reference>`;
    const one = release.replace("<Release>", about).replaceAll("abrams-jenna.", `${reference}.`);
    for (const name of await readdir(STUDENTS)) {
      if (!name.endsWith(".pdf")) continue;
      const own = name.replace("abrams-jenna.", `${reference}.`);
      await copyFile(join(STUDENTS, name), office(prairie, "outbox", own));
    }
    await drop(prairie, `${reference}.xml`, one);
  }
}

const listed = async (home: District, kind: "requests" | "done" | "records"): Promise<string[]> =>
  (await readdir(office(home, kind))).toSorted();

const countIn = (
  home: District,
  state: "RequestReceived" | "ReleasePending" | "Delivered",
): Promise<number> =>
  withLedger(home, async (ledger) => {
    const rows = await ledger
      .selectFrom("transfers")
      .select("transfer_id")
      .where("state", "=", state)
      .execute();
    return rows.length;
  });

const areBoxesEmpty = async (world: World): Promise<boolean> => {
  for (const home of [world.valley, world.prairie]) {
    if ((await inBox(world, home)).length > 0) return false;
  }
  return true;
};

async function traffic({ valley, prairie }: World) {
  let [packets, uploadsOfPackets, attachments] = [0, 0, 0];
  for (const home of [valley, prairie]) {
    await withLedger(home, async (ledger) => {
      const rows = await ledger.selectFrom("packets_out").select("uploads").execute();
      packets += rows.length;
      uploadsOfPackets += rows.reduce((sum, row) => sum + row.uploads, 0);
      attachments += (await ledger.selectFrom("attachments_out").select("number").execute()).length;
    });
  }
  return { packets, uploadsOfPackets, attachments };
}

/** Everything that a night without harm would have left, and nothing else. */
async function faultsOf(world: World, { requests, releases }: Night): Promise<string[]> {
  const { valley, prairie } = world;
  const faults: string[] = [];
  const must = (what: string, found: unknown, wanted: unknown): void => {
    const [is, should] = [JSON.stringify(found), JSON.stringify(wanted)];
    if (is !== should) faults.push(`${what}: ${is}, not ${should}`);
  };
  must("documents taken", (await readdir(office(valley, "sent"))).length, requests * 2);
  // Those that were released by documents of their own have moved.
  const cases = [...(await listed(prairie, "requests")), ...(await listed(prairie, "done"))];
  must("cases", new Set(cases).size, requests);
  must("records", (await listed(valley, "records")).length, releases);
  const transcript = await readFile(join(STUDENTS, "abrams-jenna.transcript.pdf"));
  for (const reference of await listed(valley, "records")) {
    const folder = office(valley, "records", reference);
    const names = (await readdir(folder)).toSorted();
    must(`records/${reference}`, names.length, 4);
    const copy = await readFile(join(folder, names[0] ?? "")).catch(() => Buffer.alloc(0));
    must(`its transcript`, copy.equals(transcript), true);
  }
  const alerts = async (home: District): Promise<[codes: string[], count: number]> => {
    const codes = await openAlerts(home);
    return [[...new Set(codes)], codes.length];
  };
  must("alerts at the requester", await alerts(valley), [["RECORDS_RELEASED"], releases]);
  must("alerts at the releaser", await alerts(prairie), [
    ["REQUEST_TO_RELEASE"],
    requests - releases,
  ]);
  for (const home of [valley, prairie]) {
    must(`boxes of ${home.id}`, await inBox(world, home), []);
    for (const folder of ["state/staging", "state/intake", "quarantine"]) {
      must(`${home.id} ${folder}`, await readdir(join(home.folder, folder)), []);
    }
    for (const folder of ["requests", "records"]) {
      const hidden = (await readdir(office(home, folder))).filter((name) => name.startsWith("."));
      must(`${home.id} hidden folders`, hidden, []);
    }
    faults.push(...(await faultsInLedger(home, requests)));
  }
  return faults;
}

/** Nothing said twice, nothing refused, every number given once and every packet answered. */
const faultsInLedger = ({ id, ...home }: District, requests: number): Promise<string[]> =>
  withLedger(home, async (ledger) => {
    const faults: string[] = [];
    await verifyAudit(ledger).catch((error: unknown) => faults.push(`${id}: ${String(error)}`));
    const out = await ledger.selectFrom("messages_out").select(["kind", "state"]).execute();
    const heard = await ledger.selectFrom("messages_in").select(["kind", "state"]).execute();
    const undone = out.filter(({ kind, state }) => kind !== "Receipt" && state !== "CONFIRMED");
    if (undone.length > 0) faults.push(`${id}: ${undone.length} messages without a receipt`);
    const refused = heard.filter(({ state }) => state === "REFUSED");
    if (refused.length > 0) faults.push(`${id}: ${refused.length} messages refused`);
    const shown = await ledger.selectFrom("publications").select("state").execute();
    const hidden = shown.filter(({ state }) => state !== "PUBLISHED");
    if (hidden.length > 0) faults.push(`${id}: ${hidden.length} folders not shown`);
    const transfers = await ledger.selectFrom("transfers").select("transfer_id").execute();
    if (transfers.length !== requests) faults.push(`${id}: ${transfers.length} transfers`);
    const requested = await ledger
      .selectFrom("disclosures")
      .select("disclosure_id")
      .where("what", "=", "request")
      .execute();
    if (requested.length > requests) faults.push(`${id}: ${requested.length} requests registered`);
    return faults;
  });
