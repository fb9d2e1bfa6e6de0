/**
 * Many at once: documents, packets, receipts, records, through two homes and a server, each exchange a
 * process of its own that is measured by itself. After each, the world is looked at: nothing lost,
 * doubled or out of order, and what is bad among them harms none.
 */
import { spawn } from "node:child_process";
import { readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { newRandomPart } from "../../daemon/ids.ts";
import { listAlerts } from "../../daemon/ledger/alerts.ts";
import { sealedName } from "../../daemon/packet/names.ts";
import { leave, packetXml, sealed, stranger, writerAt } from "../forge.ts";
import {
  boxOf,
  type District,
  newWorld,
  office,
  outboxDocument,
  recordAlone,
  requestTo,
  withLedger,
  type World,
} from "../homes.ts";
import { PROGRAM } from "../program.ts";
import { configure } from "../scene.ts";
import type { Measured } from "./gauge.ts";

export interface Crowd {
  readonly documents: number;
  /** In how many packets they are to leave. */
  readonly packets: number;
  /** Are records to go back for each? */
  readonly releases: boolean;
  /** Called after each stage. */
  readonly passed?: (stage: Stage) => void;
  /** A folder for a CPU profile of each process. */
  readonly profiles?: string;
}

/** One process, and what was wrong with the world after it. */
export interface Stage extends Measured {
  readonly name: string;
  /** How many things it was to bring on their way. */
  readonly items: number;
  readonly seconds: number;
  readonly faults: readonly string[];
}

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const ROOT = at("../..");
const GAUGE = at("gauge.ts");

/** What follows on a stage that went wrong would tell of nothing new. */
class WentWrong extends Error {
  override readonly name = "WentWrong";
}

/**
 * Everything, from an outbox full of documents to an idle exchange.
 *
 * @returns each stage, in its order, up to the first that has faults
 */
export async function crowd(wanted: Crowd): Promise<Stage[]> {
  const stages: Stage[] = [];
  try {
    await inStages(wanted, stages);
  } catch (error) {
    if (!(error instanceof WentWrong)) throw error;
  }
  return stages;
}

async function inStages(wanted: Crowd, stages: Stage[]): Promise<void> {
  await using world = await newWorld(new Date().toISOString());
  const { documents: count } = wanted;
  const good = count - 1;
  const perPacket = Math.ceil(count / wanted.packets);
  await configure(world.valley, { at: ["limits", "messagesPerPacket"], value: perPacket });

  const stage = async (
    name: string,
    home: District,
    items: number,
    inspect: () => Promise<readonly string[]>,
    words: readonly string[] = ["exchange"],
  ): Promise<void> => {
    const run = await runAlone(world, home, words, wanted.profiles);
    const { exit, ...measured } = run;
    const crash = exit > 10 || exit === 1 ? [`it ended with ${exit}`] : [];
    const done = { ...measured, name, items, faults: [...crash, ...(await inspect())] };
    stages.push(done);
    wanted.passed?.(done);
    if (done.faults.length > 0) throw new WentWrong();
  };

  const { valley, prairie } = world;
  await dropRequests(world, count);
  await stage("documents taken, packed and delivered", valley, count, () => asked(world, count));
  const bad = await spoilBox(world);
  const lying = (await readdir(boxOf(world, prairie))).length;
  await stage("packets taken, receipts given", prairie, lying, () => received(world, good, bad));
  await stage("receipts collected", valley, good, () => confirmed(valley, good));
  await stage("receipts of the answers collected", prairie, good, () => confirmed(prairie, good));
  await stage("idle exchange of who asked", valley, 0, () => atRest(valley));
  await stage("idle exchange of who is asked", prairie, 0, () => atRest(prairie));
  const nothing = (): Promise<string[]> => Promise.resolve([]);
  await stage("status of who is asked", prairie, 0, nothing, ["status", "--json"]);
  if (wanted.releases) {
    await dropReleases(world);
    await stage("records taken, packed and delivered", prairie, good, () =>
      released(prairie, good),
    );
    await stage("records shown, receipts given", valley, good, () => shown(world, good));
    await stage("receipts of the records collected", prairie, good, () => confirmed(prairie, good));
  }
}

/** A command of a home, in a process of its own that is measured. */
export async function runAlone(
  { folder }: Pick<World, "folder">,
  home: Pick<District, "configPath">,
  words: readonly string[],
  profiles?: string,
): Promise<Measured & { seconds: number; exit: number; stdout: string }> {
  const file = join(folder, "gauge.json");
  const profiling = profiles === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profiles}`];
  const began = performance.now();
  const child = spawn(
    process.execPath,
    [...profiling, "--import", GAUGE, ...PROGRAM, ...words, "--config", home.configPath, "--quiet"],
    {
      cwd: ROOT,
      env: { ...process.env, PACKETBOAT_GAUGE: file },
      // A document tells of errors too.
      stdio: ["ignore", "pipe", words.includes("--json") ? "ignore" : "inherit"],
    },
  );
  const told = textOf(child.stdout);
  const exit = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 128));
  });
  const seconds = (performance.now() - began) / 1000;
  return {
    ...(JSON.parse(await readFile(file, "utf8")) as Measured),
    seconds,
    exit,
    stdout: await told,
  };
}

/** Which document it is, as it stands in file names and references: `000017`. */
const numbered = (number: number): string => String(number).padStart(6, "0");

const named = (decision: string, number: number): string =>
  decision.replaceAll("<MiddleName>Marie</MiddleName>", `<MiddleName>M${number}</MiddleName>`);

/** The number of the document that is broken: the one in the middle. */
const middle = (count: number): number => Math.ceil(count / 2);

/**
 * Requests, the first the oldest. Their names say another order than their times, and a folder lists
 * them in a third.
 */
async function dropRequests({ valley, prairie }: World, count: number): Promise<void> {
  const request = await requestTo(prairie);
  const start = Date.now() / 1000 - count;
  for (let number = 1; number <= count; number++) {
    const text = outboxDocument(named(request, number), numbered(number));
    const path = office(valley, "outbox", `request-${numbered(count - number)}.xml`);
    await writeFile(path, number === middle(count) ? text.slice(0, -60) : text);
    await utimes(path, start + number, start + number);
  }
}

/** Records for every request, without documents beside them. */
async function dropReleases({ valley, prairie }: World): Promise<void> {
  const release = await recordAlone();
  const decisions = await withLedger(valley, (ledger) =>
    ledger
      .selectFrom("decisions")
      .select(["source_reference", "outcome"])
      .orderBy("source_reference")
      .execute(),
  );
  const start = Date.now() / 1000 - decisions.length;
  for (const { source_reference, outcome } of decisions) {
    const number = Number(source_reference);
    const { reference } = JSON.parse(outcome) as { reference: string };
    const about = named(release, number).replace(
      "<Release>",
      `<Release><Reference>${reference}</Reference>`,
    );
    const path = office(prairie, "outbox", `release-${numbered(number)}.xml`);
    await writeFile(path, outboxDocument(about, numbered(number)));
    await utimes(path, start + number, start + number);
  }
}

/** Files that lie in the middle of a box and are no good, by what is to become of each. */
interface Bad {
  readonly garbage: string;
  readonly cutShort: string;
  readonly strange: string;
}

async function spoilBox(world: World): Promise<Bad> {
  const { valley, prairie } = world;
  const names = (await readdir(boxOf(world, prairie))).toSorted();
  const sequence = Math.ceil(names.length / 2);
  const nameBeside = (): string =>
    sealedName({ from: valley.id, to: prairie.id, sequence, random: newRandomPart() });
  const honest = await readFile(boxOf(world, prairie, names[sequence - 1] ?? ""));
  const now = new Date();
  const letter = {
    from: await stranger("5500001", now),
    to: await writerAt(prairie),
    at: now,
  };
  const foreign = await sealed(packetXml(letter), letter);
  return {
    garbage: await leave(world, prairie, "no packet at all", nameBeside()),
    cutShort: await leave(world, prairie, honest.subarray(0, honest.length / 2), nameBeside()),
    strange: await leave(world, prairie, foreign, nameBeside()),
  };
}

const fault = (isFault: boolean, sentence: string): string[] => (isFault ? [sentence] : []);

const counted = (what: string, found: number, wanted: number): string[] =>
  fault(found !== wanted, `${what}: ${found}, not ${wanted}`);

/** Does each follow the one before it? */
function inOrder(what: string, numbers: readonly number[]): string[] {
  const place = numbers.findIndex(
    (number, index) => index > 0 && number <= (numbers[index - 1] ?? 0),
  );
  return fault(place > 0, `${what}: ${numbers[place]} came after ${numbers[place - 1]}`);
}

/** The requests have left, in the order in which they were dropped; the broken one came back. */
async function asked({ valley }: World, count: number): Promise<string[]> {
  const good = count - 1;
  const files = (folder: string, ending: string): Promise<string[]> =>
    readdir(office(valley, folder)).then((names) => names.filter((name) => name.endsWith(ending)));
  const refused = await files("refused", ".faults.txt");
  const broken = `request-${numbered(count - middle(count))}.xml.faults.txt`;
  return withLedger(valley, async (ledger) => {
    const decisions = await ledger
      .selectFrom("decisions")
      .selectAll()
      .orderBy("document_id")
      .execute();
    const messages = await ledger
      .selectFrom("messages_out")
      .innerJoin("packets_out", "packets_out.packet_id", "messages_out.packet_id")
      .innerJoin("transfers", (join_) =>
        join_.onRef("transfers.transfer_id", "=", "messages_out.transfer_id"),
      )
      .select(["sequence", "position", "packets_out.state", "reference"])
      .orderBy("sequence")
      .orderBy("position")
      .execute();
    const byReference = new Map(
      decisions.map(({ outcome, source_reference }) => {
        const { reference } = JSON.parse(outcome) as { reference: string };
        return [reference.replace("-", ""), Number(source_reference)];
      }),
    );
    const sent = messages.filter(({ state }) => state === "SENT");
    return [
      ...counted("documents left in the outbox", (await files("outbox", "")).length, 0),
      ...counted("documents in sent/", (await files("sent", ".xml")).length, good),
      ...counted("results in sent/", (await files("sent", ".result.json")).length, good),
      ...fault(refused.join() !== broken, `refused: ${refused.join() || "none"}, not ${broken}`),
      ...counted("decisions", decisions.length, good),
      ...inOrder(
        "documents",
        decisions.map(({ source_reference }) => Number(source_reference)),
      ),
      ...counted("requests sent", sent.length, good),
      ...inOrder(
        "requests",
        sent.map(({ reference }) => byReference.get(reference) ?? 0),
      ),
      ...(await alertsOf(valley, ["DOCUMENT_REFUSED"])),
    ];
  });
}

/** All requests are shown, oldest first; the bad ones have one alert each, and harmed none. */
async function received(world: World, good: number, bad: Bad): Promise<string[]> {
  const { prairie } = world;
  const cases = (await readdir(office(prairie, "requests"))).length;
  const box = await readdir(boxOf(world, prairie));
  return withLedger(prairie, async (ledger) => {
    const heard = await ledger
      .selectFrom("messages_in")
      .innerJoin("packets_in", "packets_in.claim_id", "messages_in.claim_id")
      .innerJoin("transfer_events", (join_) =>
        join_
          .onRef("transfer_events.transfer_id", "=", "messages_in.transfer_id")
          .onRef("transfer_events.requester_id", "=", "messages_in.requester_id"),
      )
      .select(({ fn }) => fn.min("transfer_events.event_id").as("first"))
      .select(["packets_in.sequence", "messages_in.position", "messages_in.state"])
      .groupBy(["messages_in.from_agency", "messages_in.message_id"])
      .orderBy("first")
      .execute();
    const claims = await ledger.selectFrom("packets_in").selectAll().execute();
    const fates = new Map(claims.map((claim) => [claim.file_name, `${claim.state} ${claim.code}`]));
    const recorded = claims.filter(({ state }) => state === "RECORDED").length;
    const fateOf = (name: string, wanted: string): string[] =>
      fault(fates.get(name) !== wanted, `a bad packet: ${fates.get(name)}, not ${wanted}`);
    return [
      ...counted("cases in requests/", cases, good),
      ...counted("requests taken", heard.filter(({ state }) => state === "TAKEN").length, good),
      ...inOrder(
        "requests",
        heard.map((each) => Number(each.sequence) * 1000 + each.position),
      ),
      ...counted("packets that are not recorded", claims.length - recorded, 3),
      ...fateOf(bad.garbage, "QUARANTINED PACKET_NOT_SEALED"),
      ...fateOf(bad.cutShort, "WAITING PACKET_CUT_SHORT"),
      ...fateOf(bad.strange, "QUARANTINED PACKET_UNKNOWN_SIGNER"),
      ...fault(box.join() !== bad.cutShort, `in the box: ${box.length} files`),
      ...counted(
        "packets in quarantine/",
        (await readdir(join(prairie.folder, "quarantine"))).length,
        2,
      ),
      ...(await alertsOf(prairie, ["PACKET_REFUSED", "PACKET_REFUSED", "PACKET_WAITING"])),
    ];
  });
}

/** Open alerts of the kinds that bad documents and packets raise. */
const alertsOf = (home: District, wanted: readonly string[]): Promise<string[]> =>
  withLedger(home, async (ledger) => {
    const codes = (await listAlerts(ledger, { open: true })).map(({ code }) => code);
    const found = codes.filter((code) => /^(?:DOCUMENT|PACKET|MESSAGE)_/.test(code)).toSorted();
    return fault(found.join() !== wanted.join(), `alerts: ${found.join()}, not ${wanted.join()}`);
  });

/** Everything that was said and is receipted has its receipt, each transfer its confirmation once. */
const confirmed = (home: District, wanted: number): Promise<string[]> =>
  withLedger(home, async (ledger) => {
    const messages = await ledger.selectFrom("messages_out").select(["kind", "state"]).execute();
    const receipted = messages.filter(({ kind }) => kind !== "Receipt");
    const open = receipted.filter(({ state }) => state !== "CONFIRMED").length;
    return [
      ...fault(receipted.length < wanted, `said: ${receipted.length}, not ${wanted}`),
      ...counted("messages without receipt", open, 0),
    ];
  });

/** Nothing is left on the way in or out. */
const atRest = (home: District): Promise<string[]> =>
  withLedger(home, async (ledger) => {
    const messages = await ledger
      .selectFrom("messages_out")
      .select("state")
      .where("state", "in", ["WAITING", "ENCLOSED"])
      .execute();
    const sealedFiles = await readdir(join(home.folder, "state", "sealed"));
    const staged = await readdir(join(home.folder, "state", "staging"));
    return [
      ...counted("messages waiting", messages.length, 0),
      ...counted("sealed files", sealedFiles.length, 0),
      ...counted("staged files", staged.filter((name) => !name.endsWith(".xml.pgp")).length, 0),
    ];
  });

/** The records have left, in the order in which they were dropped. */
const released = (home: District, good: number): Promise<string[]> =>
  withLedger(home, async (ledger) => {
    const decisions = await ledger
      .selectFrom("decisions")
      .select("source_reference")
      .orderBy("document_id")
      .execute();
    const states = await ledger
      .selectFrom("messages_out")
      .innerJoin("packets_out", "packets_out.packet_id", "messages_out.packet_id")
      .select("packets_out.state")
      .where("kind", "=", "TransferRelease")
      .execute();
    const sent = states.filter(({ state }) => state === "SENT");
    return [
      ...inOrder(
        "records",
        decisions.map(({ source_reference }) => Number(source_reference)),
      ),
      ...counted("records sent", sent.length, good),
    ];
  });

async function shown({ valley }: World, good: number): Promise<string[]> {
  const folders = await readdir(office(valley, "records"));
  const whole = await Promise.all(
    folders.map((name) => stat(office(valley, "records", name, "record.html")).catch(() => null)),
  );
  const transfers = await withLedger(valley, (ledger) =>
    ledger.selectFrom("transfers").select("state").where("state", "=", "Delivered").execute(),
  );
  return [
    ...counted("folders in records/", whole.filter(Boolean).length, good),
    ...counted("transfers delivered", transfers.length, good),
  ];
}
