/**
 * A night of records over a real sshd, side by side in one run: packetboat, the script that districts use today, and
 * the floor below both. Every way is measured in every round, each round beginning with another, so that whatever
 * else the machine does meets all of them; ratios are taken within a round, and the median counts.
 *
 * - night: documents in one outbox, as many messages in a packet as the config says; measured to the receipts.
 * - single: the same, with one record in each packet.
 * - per-file script: `script.sh send` and `receive`: for each file xmllint, gpg and a connection of sftp, at both ends.
 * - tar script: xmllint for each file, one tar, one gpg and one sftp each way.
 * - floor: `floor.ts`.
 *
 * What costs the same for each file, however many there are, is measured on fewer of them.
 */
import { generateKeyPairSync, type KeyPairKeyObjectResult } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hindrance } from "../openssh.ts";
import {
  type Bench,
  type Benched,
  type Goal,
  medianOf,
  type Ran,
  runGauged,
  sorted,
  type Wanted,
} from "./bench.ts";
import { emptyBoxes, Evening, type Files } from "./evening.ts";
import { entriesFor, type Exported, exported } from "./exports.ts";
import type { FloorOrder, FloorSide } from "./floor.ts";
import { ServerMeter, settleDisk } from "./meter.ts";
import {
  fillOutbox,
  missingPrograms,
  Script,
  skippedScripts,
  type Side,
  sidesOn,
} from "./script.ts";

interface Case {
  readonly name: string;
  readonly bytes: number;
  readonly messages: number;
  /** Messages of the ways that take a packet for each. */
  readonly single: number;
  readonly perFile: number;
}

const KB = 1024;
const CASES: readonly Case[] = [
  { name: "8 KB", bytes: 8 * KB, messages: 1000, single: 300, perFile: 100 },
  { name: "40 KB", bytes: 40 * KB, messages: 500, single: 200, perFile: 80 },
  { name: "200 KB", bytes: 200 * KB, messages: 200, single: 100, perFile: 60 },
  { name: "a cohort, 8 KB", bytes: 8 * KB, messages: 5000, single: 300, perFile: 100 },
];
const FEW: readonly Case[] = [{ name: "8 KB", bytes: 8 * KB, messages: 12, single: 3, perFile: 2 }];

/** What is compared. */
export const WAYS = ["night", "single", "per-file script", "tar script", "floor"] as const;
type Way = (typeof WAYS)[number];

interface Measurement extends Ran {
  readonly messages: number;
  /** Of sshd and all its sessions. */
  readonly serverSeconds: number;
}

type Round = Partial<Record<Way, Measurement>>;

const RATIOS = {
  perFileScript: ["night", "per-file script"],
  tarScript: ["night", "tar script"],
  single: ["single", "per-file script"],
  floor: ["night", "floor"],
} as const;
type Ratio = keyof typeof RATIOS;

export const exchange: Bench = async (wanted) => {
  const about = "records of so many bytes, from one outbox to checked records at the other side";
  if (hindrance !== null) {
    return { about, figures: [], skipped: [`all of it: ${hindrance}`], faults: [] };
  }
  const rows: Record<string, string | number>[] = [];
  const parts: Record<string, string | number>[] = [];
  const faults: string[] = [];
  const lowest: Partial<Record<Ratio, number>> = {};
  for (const each of casesOf(wanted)) {
    const measured = await measuredCase(each, wanted);
    faults.push(...measured.faults.map((fault) => `${each.name}: ${fault}`));
    rows.push(...rowsOf(each, measured.rounds));
    parts.push({ case: each.name, ...measured.steps });
    for (const [name, value] of Object.entries(ratiosOf(measured.rounds))) {
      const ratio = name as Ratio;
      lowest[ratio] = Math.min(lowest[ratio] ?? Infinity, value);
    }
  }
  return {
    about,
    figures: [],
    grids: [
      { title: "records", rows },
      { title: "a night's exchanges, s", rows: parts },
    ],
    ratios: lowest,
    goals: goalsOf(lowest),
    skipped: skippedScripts,
    faults,
  };
};

const casesOf = ({ quick, rows }: Wanted): readonly Case[] =>
  (quick ? FEW : CASES).map((each) => ({
    ...each,
    messages: rows ?? each.messages,
    single: Math.min(rows ?? Infinity, each.single),
    perFile: Math.min(rows ?? Infinity, each.perFile),
  }));

function goalsOf(ratios: Benched["ratios"] & object): Goal[] {
  const wants: readonly (readonly [Ratio, number, string])[] = [
    ["perFileScript", 10, "a night is ten times as quick as a script with a process per packet"],
    ["tarScript", 1, "a night is as quick as a script with one tar"],
    ["single", 4, "one message per packet is four times as quick as that script"],
  ];
  return wants.flatMap(([name, least, sentence]) => {
    const value = ratios[name];
    return value === undefined ? [] : [{ wants: sentence, value, isMet: value >= least }];
  });
}

async function measuredCase(
  each: Case,
  wanted: Wanted,
): Promise<{ rounds: Round[]; steps: Readonly<Record<string, number>>; faults: string[] }> {
  await using evening = await Evening.before(each.messages);
  const { server, world } = evening;
  wanted.say(`${each.name}: asked for by ${each.messages} requests`);
  const sides = await sidesOn(server, world.folder);
  await using script = missingPrograms.length === 0 ? await Script.start(server, sides) : null;
  const documents = await documentsFor(each, evening);
  const meter = new ServerMeter(server.port);
  const floorSides = { sender: floorSide(sides.sender), receiver: floorSide(sides.receiver) };
  const faults: string[] = [];
  let steps: Readonly<Record<string, number>> = {};
  let packets = 1;

  const night = async (messages: number, messagesPerPacket?: number): Promise<Ran> => {
    const files = new Map(
      documents.slice(0, messages).map(({ outbox }, nth) => [`release-${nth}.xml`, outbox]),
    );
    const more = messagesPerPacket === undefined ? {} : { messagesPerPacket };
    const done = await evening.spend({ messages, files, ...more, profiles: wanted.profiles });
    faults.push(...done.faults);
    if (messagesPerPacket === undefined) ({ steps, packets } = done);
    return done;
  };
  const scripted = async (form: "" | "-tar", messages: number): Promise<Ran> => {
    if (!script) throw new Error("no script");
    await fillOutbox(sides, packetsOf(documents.slice(0, messages)));
    await settleDisk();
    const ran = await script.run(form);
    const arrived = await script.arrived();
    if (arrived !== messages) faults.push(`script${form}: ${arrived} of ${messages} arrived`);
    return ran;
  };
  const floor = async (): Promise<Ran> => {
    const paths = await fillOutbox(sides, packetsOf(documents));
    const most = Math.ceil(paths.length / packets);
    const order: FloorOrder = {
      host: server.host,
      port: server.port,
      ...floorSides,
      packets: Array.from({ length: packets }, (_, nth) =>
        paths.slice(nth * most, (nth + 1) * most),
      ),
    };
    await settleDisk();
    const ran = await floorOf(order, world.folder);
    await emptyBoxes(world, [sides.sender.id, sides.receiver.id]);
    return ran;
  };

  const work: Record<Way, { readonly messages: number; readonly run: () => Promise<Ran> }> = {
    night: { messages: each.messages, run: () => night(each.messages) },
    single: { messages: each.single, run: () => night(each.single, 1) },
    "per-file script": { messages: each.perFile, run: () => scripted("", each.perFile) },
    "tar script": { messages: each.messages, run: () => scripted("-tar", each.messages) },
    floor: { messages: each.messages, run: floor },
  };
  const ways = script ? WAYS : WAYS.filter((way) => !way.endsWith("script"));
  const rounds: Round[] = [];
  for (let nth = 0; nth < wanted.rounds; nth++) {
    const round: Round = {};
    // The floor goes by the packets of a night, so the first round begins with one.
    for (const way of [...ways.slice(nth), ...ways.slice(0, nth)]) {
      const { messages, run } = work[way];
      const before = await meter.seconds();
      const ran = await run();
      round[way] = { ...ran, messages, serverSeconds: (await meter.seconds()) - before };
      wanted.say(`${each.name}, ${way}: ${(messages / ran.seconds).toFixed(1)} messages/s`);
    }
    rounds.push(round);
  }
  return { rounds, steps, faults };
}

const packetsOf = (documents: readonly Exported[]): Files =>
  new Map(documents.map(({ packet }, nth) => [`release-${nth}.xml`, packet]));

async function documentsFor({ bytes, messages }: Case, evening: Evening): Promise<Exported[]> {
  const entries = entriesFor(bytes);
  const letter = await evening.letter();
  return Array.from({ length: messages }, (_, index) => {
    const reference = evening.references.get(String(index + 1)) ?? "";
    return exported(index + 1, entries, { reference, letter });
  });
}

const FLOOR = join(import.meta.dirname, "floor.ts");

function floorSide({ account, box, privateKeyFile, base }: Side): FloorSide {
  const signing = pemsOf(generateKeyPairSync("ed25519"));
  const encryption = pemsOf(generateKeyPairSync("x25519"));
  return {
    account,
    box,
    privateKeyFile,
    base,
    signing,
    encryption,
  };
}

const pemsOf = ({ privateKey, publicKey }: KeyPairKeyObjectResult) => ({
  secret: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  open: publicKey.export({ type: "spki", format: "pem" }).toString(),
});

async function floorOf(order: FloorOrder, folder: string): Promise<Ran> {
  const path = join(folder, "floor.json");
  await writeFile(path, JSON.stringify(order));
  const whole = { seconds: 0, cpuSeconds: 0, peakMegabytes: 0 };
  for (const step of ["send", "receive", "close"]) {
    const ran = await runGauged(folder, [FLOOR, step, path]);
    whole.seconds += ran.seconds;
    whole.cpuSeconds += ran.cpuSeconds;
    whole.peakMegabytes = Math.max(whole.peakMegabytes, ran.peakMegabytes);
  }
  return whole;
}

const rateOf = ({ messages, seconds }: Measurement): number => messages / seconds;

function ratiosOf(rounds: readonly Round[]): Partial<Record<Ratio, number>> {
  const found: Partial<Record<Ratio, number>> = {};
  for (const [name, [ours, theirs]] of Object.entries(RATIOS)) {
    const values = rounds.flatMap((round) => {
      const [one, other] = [round[ours], round[theirs]];
      return one && other ? [rateOf(one) / rateOf(other)] : [];
    });
    if (values.length > 0) found[name as Ratio] = medianOf(sorted(values));
  }
  return found;
}

/** A row for each way: the medians of all rounds. */
function rowsOf({ name }: Case, rounds: readonly Round[]): Record<string, string | number>[] {
  return WAYS.flatMap((way) => {
    const all = rounds.flatMap((round) => round[way] ?? []);
    const [first] = all;
    if (!first) return [];
    const median = (of: (each: Measurement) => number): number => medianOf(sorted(all.map(of)));
    const perThousand = 1000 / first.messages;
    return [
      {
        way: `${name}, ${way}`,
        messages: first.messages,
        "messages/s": median(rateOf),
        "CPU s per 1,000": median(({ cpuSeconds }) => cpuSeconds) * perThousand,
        "sshd CPU s per 1,000": median(({ serverSeconds }) => serverSeconds) * perThousand,
        "peak MB": median(({ peakMegabytes }) => peakMegabytes),
      },
    ];
  });
}
