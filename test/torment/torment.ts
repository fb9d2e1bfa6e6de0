/**
 * Hostile inputs, thrown into a box, and the one exchange that meets them: a process of its own, measured
 * from without. After it the world is looked at: what became of each, what is kept of it, who was told what,
 * and that nothing else changed.
 */
import { open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { stagedPath } from "../../daemon/desk/staged.ts";
import type { Alert } from "../../daemon/ledger/alerts.ts";
import type { PacketInRow } from "../../daemon/ledger/tables.ts";
import { packetboat } from "../commands/in-memory.ts";
import { runAlone } from "../crowd/stages.ts";
import { leave, nameFrom, packetXml, sealed } from "../forge.ts";
import { boxOf, office } from "../homes.ts";
import { linesOf } from "../kills.ts";
import { alertsAt, claimOn, inBox, kept, readByIt } from "../scene.ts";
import { type Input, type Laid, type Made, type Odd, titleOf, type Trial } from "./kind.ts";
import { emptyBoxes, NAME, receiptsGiven, type Stage } from "./stage.ts";
import { claimsOn, fault, faultsOf, fileDigest, type Left, same, type Seen } from "./verdict.ts";

export interface Tried {
  readonly input: Input | Trial;
  /** From the claim to the verdict, as the log tells it, or the whole command: by the clock, and of the processors. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** What is not as it must be. */
  readonly faults: readonly string[];
}

export interface Tormented {
  readonly tried: readonly Tried[];
  /** Of the whole process. */
  readonly peakMegabytes: number;
  /** Of the world around the inputs. */
  readonly faults: readonly string[];
}

export interface Bounds {
  /** By the clock, or of the processors where other programs have them: the less of both. */
  readonly mostSeconds: number;
  readonly mostMegabytes: number;
}

/** What is promised of each input. */
export const BOUNDS: Bounds = { mostSeconds: 2, mostMegabytes: 300 };

/** An input that was met, or not. */
interface Met {
  readonly left: Left;
  readonly claim: PacketInRow | undefined;
}

/** How much is thrown into one exchange: more would measure how seldom Node tidies up. */
const MEGABYTES_AT_ONCE = 6;

/** Throw these in, in as many exchanges as they need. */
export async function torment(
  stage: Stage,
  inputs: readonly Input[],
  bounds: Bounds = BOUNDS,
  megabytesAtOnce = MEGABYTES_AT_ONCE,
): Promise<Tormented> {
  const met: Tormented[] = [];
  let left: Left[] = [];
  for (const [at, input] of inputs.entries()) {
    left.push(await lay(stage, input));
    const bytes = left.reduce((sum, each) => sum + each.bytes, 0);
    if (bytes < megabytesAtOnce * 2 ** 20 && at < inputs.length - 1) continue;
    met.push(await meet(stage, left, bounds));
    left = [];
  }
  return {
    tried: met.flatMap(({ tried }) => tried),
    peakMegabytes: worstOf(met.map(({ peakMegabytes }) => peakMegabytes)),
    faults: met.flatMap(({ faults }) => faults),
  };
}

/** One exchange that meets what lies in the box. */
async function meet(stage: Stage, left: readonly Left[], bounds: Bounds): Promise<Tormented> {
  const { world, reader, letter } = stage;
  const before = await lookAround(stage);
  await rm(join(reader.folder, "state", "packetboat.log"), { force: true });
  const honest = await leave(world, reader, await sealed(packetXml(letter), letter));
  const { exit, peakMegabytes, cpuAtLines } = await runAlone(world, reader, ["exchange"]);
  const told = (await linesOf(reader)).map(
    (line, at) => ({ ...line, cpuSeconds: cpuAtLines[at] ?? NaN }) as Line,
  );
  const after = await lookAround(stage);
  const seen: Seen = {
    alerts: after.alerts.filter(({ id }) => !before.alerts.some((other) => other.id === id)),
    receipts: await receiptsGiven(stage),
    shown: await shownSince(stage, before),
  };
  const met: Met[] = [];
  const tried: Tried[] = [];
  for (const each of left) {
    const claim = await claimOn(reader, each.name);
    met.push({ left: each, claim });
    const took =
      each.input.fate.becomes === "left alone" ? timesToFirst(told) : timesOf(claim, told);
    const faults = [...(await faultsOf(each, claim, seen, stage)), ...lateness(took, bounds)];
    tried.push({ input: each.input, ...took, faults });
  }
  const { mostMegabytes } = bounds;
  const size = `the exchange took ${peakMegabytes} MB, more than ${mostMegabytes}`;
  const faults = [
    ...fault(![0, 10].includes(exit), `the exchange ended with ${exit}`),
    ...fault(peakMegabytes > mostMegabytes, size),
    ...same("an honest packet beside them", (await claimOn(reader, honest))?.state, "RECORDED"),
    ...(await around(stage, met, { before, after, seen })),
    ...(await explained(stage, met)),
  ];
  await emptyBoxes(world);
  return { tried, peakMegabytes, faults };
}

const laid = (made: Made): Laid =>
  typeof made === "string" || made instanceof Uint8Array ? { file: made } : made;

/** Larger ones are not even looked at. */
const MOST_FETCHED_BYTES = 2 ** 30;

async function lay(stage: Stage, input: Input): Promise<Left> {
  const { world, reader } = stage;
  const { file, before = [], beside = [] } = laid(await input.make(stage));
  const names: string[] = [];
  for (const bytes of before) names.push(await leave(world, reader, bytes));
  let besideBytes = 0;
  for (const { name, bytes } of beside) {
    await leave(world, reader, bytes, name);
    besideBytes += bytes.length;
  }
  if (typeof file === "object" && "put" in file) return leaveOdd(stage, input, file);
  const isSparse = typeof file === "object" && "sparseBytes" in file;
  const name = isSparse ? await leaveSparse(stage, file) : await leave(world, reader, file);
  const path = boxOf(world, reader, name);
  const { size } = await stat(path);
  const isFetched = size <= MOST_FETCHED_BYTES;
  return {
    input,
    name,
    bytes: besideBytes + (isFetched ? size : 0),
    sha256: isFetched ? await fileDigest(path) : null,
    before: names,
  };
}

async function leaveOdd({ world, reader }: Stage, input: Input, { name, put }: Odd): Promise<Left> {
  const raw = Buffer.from(name ?? nameFrom(world.valley, reader));
  await put(Buffer.concat([Buffer.from(boxOf(world, reader, "/")), raw]));
  return { input, name: raw.toString(), bytes: 0, sha256: null, before: [] };
}

/** A file that has a size and, on the disk, nothing else. */
async function leaveSparse({ world, reader }: Stage, { sparseBytes }: { sparseBytes: number }) {
  const name = nameFrom(world.valley, reader);
  const hidden = boxOf(world, reader, `.${name}.part`);
  await using file = await open(hidden, "w");
  await file.truncate(sparseBytes);
  await rename(hidden, boxOf(world, reader, name));
  return name;
}

type Line = Record<string, unknown> & {
  readonly message: string;
  readonly time: string;
  readonly cpuSeconds: number;
};

const BEGUN = "Packet claimed";
/** Whichever comes last. */
const VERDICTS = [
  "Packet refused",
  "Packet waits",
  "Packet recorded",
  "Packet was taken before",
  "Partner stopped",
];

export type Times = Pick<Tried, "seconds" | "cpuSeconds">;

function timesOf(claim: PacketInRow | undefined, told: readonly Line[]): Times {
  const ours = told.filter(({ claimId }) => claimId === claim?.claim_id);
  const began = ours.find(({ message }) => message === BEGUN);
  const ended = ours.findLast(({ message }) => VERDICTS.includes(message));
  return timesBetween(began, ended);
}

/** Until the box was looked through, and the first packet's turn came. */
function timesToFirst(told: readonly Line[]): Times {
  const began = told.find(({ message }) => message === "Exchange begun");
  const ended = told.find(({ message }) => message === BEGUN);
  return timesBetween(began, ended);
}

function timesBetween(began: Line | undefined, ended: Line | undefined): Times {
  if (!began || !ended) return { seconds: Infinity, cpuSeconds: Infinity };
  return {
    seconds: (Date.parse(ended.time) - Date.parse(began.time)) / 1000,
    cpuSeconds: ended.cpuSeconds - began.cpuSeconds,
  };
}

export function lateness({ seconds, cpuSeconds }: Times, { mostSeconds }: Bounds): string[] {
  const took = Math.min(seconds, cpuSeconds);
  return fault(!(took <= mostSeconds), `it took ${took.toFixed(3)} s, more than ${mostSeconds}`);
}

/** What must not change by what is refused. */
interface Surroundings {
  readonly requests: readonly string[];
  readonly records: readonly string[];
  readonly alerts: readonly Alert[];
}

const lookAround = async ({ reader }: Stage): Promise<Surroundings> => ({
  requests: await readdir(office(reader, "requests")),
  records: await readdir(office(reader, "records")),
  alerts: await alertsAt(reader),
});

async function shownSince({ reader }: Stage, { requests }: Surroundings): Promise<string> {
  const folder = office(reader, "requests");
  const files = await readdir(folder, { recursive: true });
  const pages = files.filter(
    (path) => path.endsWith(".html") && !requests.some((known) => path.startsWith(known)),
  );
  return (await Promise.all(pages.map((path) => readFile(join(folder, path), "utf8")))).join("\n");
}

/** Everything but what was to become of the inputs is as it was. */
async function around(
  { reader, world, bait }: Stage,
  met: readonly Met[],
  { before, after, seen }: { before: Surroundings; after: Surroundings; seen: Seen },
): Promise<string[]> {
  const becoming = (...fates: readonly string[]): Met[] =>
    met.filter(({ left }) => fates.includes(left.input.fate.becomes));
  const shown = becoming("taken").filter(({ left }) => "shows" in left.input.fate);
  const staging = join(reader.folder, "state", "staging");
  const waiting = becoming("waiting").flatMap(({ claim }) =>
    claim ? [stagedPath(staging, claim)] : [],
  );
  const staged = (await readdir(staging)).map((name) => join(staging, name));
  // Documents that no accepted release names are swept when they are old.
  const isPacket = (name: string): boolean => name.endsWith(".xml.pgp");
  const packets = (await inBox(world, reader)).filter(isPacket);
  const lying = becoming("waiting", "refused unfetched", "left alone").filter(({ left }) =>
    isPacket(left.name),
  );
  return [
    ...same("new in requests/", after.requests.length - before.requests.length, shown.length),
    ...same("records/", after.records, before.records),
    ...same("left in staging/", staged.filter((path) => !waiting.includes(path)).length, 0),
    ...same("left in the box", packets.length, lying.length),
    ...same("other alerts", await otherAlerts(reader, met, seen), alertsBeside(met)),
    ...same("calls to an address in a packet", bait.visits(), 0),
    ...fault((await readByIt(reader)).includes(NAME), "IT is told what a packet said of a student"),
  ];
}

/** Of refusals that nobody expected. */
async function otherAlerts(
  reader: Stage["reader"],
  met: readonly Met[],
  { alerts }: Seen,
): Promise<string[]> {
  const before = await claimsOn(
    reader,
    met.flatMap(({ left }) => left.before),
  );
  const ours = new Set([...met.map(({ claim }) => claim), ...before].map((it) => it?.claim_id));
  return alerts
    .filter(({ code }) => /^(?:PACKET|MESSAGE|PARTNER)_/.test(code))
    .filter(({ subject }) => !ours.has(subject.split("/", 1)[0]))
    .map(({ code }) => code);
}

const alertsBeside = (met: readonly Met[]): string[] => [
  ...new Set(
    met.flatMap(({ left: { input } }) =>
      input.fate.becomes === "waiting" && input.fate.alert ? [input.fate.alert] : [],
    ),
  ),
];

/** Each code is explained in words, with a text to mail that says nothing of a student. */
async function explained({ reader }: Stage, met: readonly Met[]): Promise<string[]> {
  const examples = new Map<string, string>();
  for (const { claim } of met) {
    const reason = (await kept(reader, claim?.claim_id))?.reason;
    if (!claim || !reason) continue;
    const messages = (reason["refused"] ?? [reason]) as readonly { readonly code: string }[];
    for (const { code } of messages) examples.set(code, claim.claim_id);
  }
  const faults: string[] = [];
  for (const [code, claimId] of examples) {
    for (const command of ["show", "explain"]) {
      const words = ["quarantine", command, claimId, "--config", reader.configPath];
      const { exit, stdout, stderr } = await packetboat(words);
      const what = `quarantine ${command} of ${code}`;
      const hasMail = stdout.includes("To mail to the sender:");
      faults.push(
        ...same(what, exit, 0),
        ...fault(!stdout.includes(code), `${what} does not name it`),
        ...fault(`${stdout}${stderr}`.includes(NAME), `${what} names a student`),
        ...fault(command === "explain" && !hasMail, `${what} has no text to mail`),
      );
    }
  }
  return faults;
}

export const worstOf = (numbers: readonly number[]): number => Math.max(0, ...numbers);

/** Each fault with the input that it is about. */
export const faultsIn = ({ tried, faults }: Tormented): string[] => [
  ...tried.flatMap(({ input, faults: found }) => found.map((each) => `${titleOf(input)}: ${each}`)),
  ...faults,
];
