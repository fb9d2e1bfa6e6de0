/**
 * A cohort: all the students of one school go to another district at once. One list asks for their records,
 * the records follow through the outbox, and every exchange is killed at several moments before it is let
 * live. In the end each student's records have moved, once, in packets within their bounds.
 */
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as passed } from "node:timers/promises";
import { verifyAudit } from "../../daemon/ledger/audit.ts";
import { account, type Account } from "../accounts.ts";
import { HEADER, row } from "../desk/csv.ts";
import { type Fate, start } from "../kills.ts";
import {
  type District,
  newWorld,
  office,
  outboxDocument,
  recordAlone,
  REGISTRAR,
  withLedger,
  type World,
} from "../homes.ts";
import { configure } from "../scene.ts";

export interface Cohort {
  readonly students: number;
  /** Fewer make more packets of a small cohort. */
  readonly messagesPerPacket: number;
  readonly say?: (line: string) => void;
}

/** Some exchanges of one home, the killed ones and the one that lived. */
export interface Leg {
  readonly name: string;
  readonly seconds: number;
  /** Of the largest process; 0 where the system does not tell. */
  readonly peakMegabytes: number;
  readonly kills: number;
}

export interface Figures {
  readonly legs: readonly Leg[];
  /** That carried requests or records, and the most that any of them held. */
  readonly packets: number;
  readonly mostMessages: number;
  readonly mostSealedBytes: number;
  readonly ends: Account;
  /** What is not as it must be; none if all is well. */
  readonly faults: readonly string[];
}

/** 8 MB of XML, with what sealing adds; armour is none. */
const MOST_SEALED_BYTES = 9 * 1024 * 1024;
const SAMPLE_MS = 100;

export async function moveCohort(cohort: Cohort): Promise<Figures> {
  await using world = await newWorld(new Date().toISOString());
  const { valley, prairie } = world;
  const { students, messagesPerPacket } = cohort;
  const packets = Math.ceil(students / messagesPerPacket);
  const half = (whole: number): number => Math.max(1, Math.floor(whole / 2));
  for (const home of [valley, prairie]) {
    await configure(home, { at: ["limits", "messagesPerPacket"], value: messagesPerPacket });
  }
  const compiled = await mkdtemp(join(tmpdir(), "packetboat-compiled-"));
  const legs: Leg[] = [];
  const leg = async (name: string, home: District, ...fates: Fate[]): Promise<void> => {
    const done = await liveThrough(world, home, { name, fates, compiled });
    legs.push(done);
    cohort.say?.(
      `${name}: ${done.seconds.toFixed(1)} s, ${done.peakMegabytes} MB, ${done.kills} kills`,
    );
  };
  const dying = (sentence: string, nth: number): Fate => ({ sentence, nth });

  await dropList(valley, students);
  await leg(
    "the list is taken, the requests leave",
    valley,
    { afterMs: students * 2 },
    { afterMs: students * 4 },
    dying("Message enclosed", half(students)),
    dying("Packet fixed", 2),
    dying("Packet sealed", 1),
    dying("Packet delivered", half(packets - 1)),
  );
  await leg(
    "the requests are received, and answered",
    prairie,
    dying("Packet fetched", 1),
    dying("Message taken", half(students)),
    dying("Packet recorded", 1),
    dying("Packet cleared", 1),
    dying("Packet delivered", 1),
  );
  await leg("the answers are received", valley, dying("Packet answered", 1));
  await dropReleases(world);
  await leg(
    "the records are taken, and leave",
    prairie,
    dying("Document taken", half(students)),
    dying("Message enclosed", half(students)),
    dying("Packet fixed", 1),
    dying("Packet sealed", 2),
    dying("Packet delivered", half(packets - 1)),
  );
  await leg(
    "the records are received",
    valley,
    dying("Message taken", half(students)),
    dying("Folder published", half(messagesPerPacket)),
    dying("Packet recorded", 1),
    dying("Packet cleared", 1),
  );
  await leg("the receipts are received", prairie, dying("Packet answered", 1));
  // What a command might still have needed is swept after an hour.
  world.clock.pass({ hours: 2 });
  await leg("all is quiet at who asked", valley);
  await leg("all is quiet at who was asked", prairie);

  await rm(compiled, { recursive: true });
  const ends = await account(world);
  const bounds = await boundsOf([valley, prairie]);
  const faults = await faultsOf(world, cohort, ends, bounds);
  return { legs, ...bounds, ends, faults };
}

/** Exchanges that are killed where they are told to, and one that lives. */
async function liveThrough(
  world: World,
  home: District,
  { name, fates, compiled }: { name: string; fates: readonly Fate[]; compiled: string },
): Promise<Leg> {
  const begun = performance.now();
  let peakMegabytes = 0;
  let kills = 0;
  for (const fate of [...fates, null]) {
    const mortal = start(world, home, { fate, compiled });
    const watching = new AbortController();
    const watched = watch(mortal.pid, watching.signal);
    if ((await mortal.end).wasKilled) kills++;
    watching.abort();
    peakMegabytes = Math.max(peakMegabytes, await watched);
  }
  return { name, seconds: (performance.now() - begun) / 1000, peakMegabytes, kills };
}

/** The most memory that a process has had, until it ends. */
async function watch(pid: number, over: AbortSignal): Promise<number> {
  let most = 0;
  while (!over.aborted) {
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    const [, kilobytes = "0"] = /^VmHWM:\s+([0-9]+) kB$/m.exec(status) ?? [];
    most = Math.max(most, Math.round(Number(kilobytes) / 1024));
    await passed(SAMPLE_MS);
  }
  return most;
}

/** Of the student in this row of the list. */
export const firstName = (number: number | string): string => `Jenna${number}`;

/**
 * A list that asks for so many students' records: one row for each, by one registrar.
 *
 * @param first the number of the first of them
 */
export async function dropList(home: District, students: number, first = 1): Promise<void> {
  const rows = Array.from({ length: students }, (_, index) => {
    const number = String(first + index);
    return [...row({ SourceReference: number, FirstName: firstName(number) }), REGISTRAR].join(",");
  });
  const text = [[...HEADER, "DecidedBy"].join(","), ...rows, ""].join("\r\n");
  const name = `requests-${first}.csv`;
  await writeFile(office(home, "outbox", `.${name}`), text);
  await rename(office(home, "outbox", `.${name}`), office(home, "outbox", name));
}

/** The records of each, as a student system writes them: one document for each student. */
async function dropReleases({ valley, prairie }: World): Promise<void> {
  const release = await recordAlone();
  for (const [number, reference] of await referencesAt(valley)) {
    const about = release
      .replaceAll("Jenna", firstName(number))
      .replace("<Release>", `<Release><Reference>${reference}</Reference>`);
    await writeFile(
      office(prairie, "outbox", `release-${number}.xml`),
      outboxDocument(about, number),
    );
  }
}

/** What each row of the list became: its number, and the reference of its transfer. */
export async function referencesAt(home: District): Promise<Map<string, string>> {
  const decisions = await withLedger(home, (ledger) =>
    ledger.selectFrom("decisions").select(["source_reference", "outcome"]).execute(),
  );
  return new Map(
    decisions.map(({ source_reference: number, outcome }) => {
      const { reference } = JSON.parse(outcome) as { reference: string };
      return [number ?? "", reference];
    }),
  );
}

interface Bounds {
  readonly packets: number;
  readonly mostMessages: number;
  readonly mostSealedBytes: number;
}

/** Of all packets that were sent and wanted a receipt. */
async function boundsOf(homes: readonly District[]): Promise<Bounds> {
  const rows = await Promise.all(
    homes.map((home) =>
      withLedger(home, (ledger) =>
        ledger
          .selectFrom("packets_out")
          .innerJoin("messages_out", "messages_out.packet_id", "packets_out.packet_id")
          .select(["packets_out.packet_id", "packets_out.sealed_size"])
          .select(({ fn }) => fn.countAll<number>().as("messages"))
          .where("packets_out.receipt_due", "=", 1)
          .groupBy("packets_out.packet_id")
          .execute(),
      ),
    ),
  );
  const packets = rows.flat();
  return {
    packets: packets.length,
    mostMessages: Math.max(...packets.map(({ messages }) => messages)),
    mostSealedBytes: Math.max(...packets.map(({ sealed_size: size }) => size ?? 0)),
  };
}

async function faultsOf(
  world: World,
  { students, messagesPerPacket }: Cohort,
  { valley, prairie }: Account,
  { mostMessages, mostSealedBytes }: Bounds,
): Promise<string[]> {
  const all = (what: string, found: readonly string[], wanted: string): string[] => {
    const { length } = found.filter((each) => each === wanted);
    const isWell = length === students && found.length === students;
    return isWell ? [] : [`${what}: ${length} of ${found.length} are ${wanted}, not ${students}`];
  };
  const of = (kind: string, messages: readonly string[]): string[] =>
    messages.filter((each) => each.startsWith(`${kind} `));
  const none = (what: string, found: readonly unknown[]): string[] =>
    found.length === 0 ? [] : [`${what}: ${found.length}`];
  const open = (messages: readonly string[]): string[] =>
    messages.filter((each) => !/ (?:CONFIRMED|TAKEN)$/.test(each) && !each.startsWith("Receipt "));
  const shown = await Promise.all(
    (await readdir(office(world.valley, "records"))).map((folder) =>
      readdir(office(world.valley, "records", folder)),
    ),
  );
  for (const home of [world.valley, world.prairie]) await withLedger(home, verifyAudit);
  return [
    ...all("transfers of who asked", valley.transfers, "Delivered received"),
    ...all("transfers of who was asked", prairie.transfers, "Delivered sent"),
    ...all("requests sent", of("SignedRequest", valley.said), "SignedRequest CONFIRMED"),
    ...all("requests taken", of("SignedRequest", prairie.heard), "SignedRequest TAKEN"),
    ...all("records sent", of("TransferRelease", prairie.said), "TransferRelease CONFIRMED"),
    ...all("records taken", of("TransferRelease", valley.heard), "TransferRelease TAKEN"),
    ...all("folders in records/", shown.map(String), String(shown[0])),
    ...[valley, prairie].flatMap((home) => [
      ...none("messages without their outcome", [...open(home.said), ...open(home.heard)]),
      ...none("in a box", home.box),
      ...none("left in a home", home.left),
      ...none("left in an outbox", home.outbox),
      ...none("in quarantine", home.quarantine),
      ...none("refused", home.refused),
      ...none("alerts of the post", home.alerts.filter(isOfPost)),
    ]),
    ...(mostMessages > messagesPerPacket ? [`a packet had ${mostMessages} messages`] : []),
    ...(mostSealedBytes > MOST_SEALED_BYTES ? [`a packet had ${mostSealedBytes} bytes`] : []),
  ];
}

const isOfPost = (code: string): boolean =>
  /^(?:DOCUMENT|PACKET|MESSAGE|SEQUENCE|PARTNER|SERVER|SENDER)_/.test(code);
