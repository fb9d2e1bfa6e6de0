/**
 * A box with the packets of one sender, and the same with very many files of another beside them: what the
 * first has to wait for the second. Each exchange is a process of its own.
 */
import { chown, readdir, writeFile } from "node:fs/promises";
import { newRandomPart, parseAgencyId } from "../../daemon/ids.ts";
import { listAlerts } from "../../daemon/ledger/alerts.ts";
import { sealedName } from "../../daemon/packet/names.ts";
import {
  boxOf,
  type District,
  drop,
  meet,
  newWorld,
  office,
  requestTo,
  withLedger,
} from "../homes.ts";
import { linesOf } from "../kills.ts";
import { configure } from "../scene.ts";
import { snapshot } from "../snapshots.ts";
import { runAlone } from "./stages.ts";

/** One exchange of whoever reads the box. */
export interface Reading {
  /** From the server's answer until each of the packets was taken, and until its answer had left. */
  readonly secondsUntilTaken: number;
  readonly secondsUntilAnswered: number;
  readonly peakMegabytes: number;
  /** Of the whole process; on a busy machine they tell more than the clock. */
  readonly cpuSeconds: number;
  /** Of the flood. */
  readonly claimed: number;
}

export interface FloodFigures {
  readonly files: number;
  readonly alone: Reading;
  readonly flooded: Reading;
  readonly faults: readonly string[];
}

const PACKETS = 10;
/** Agencies whose ids the flood puts into its names. */
const IDS = 100;
/** An account of its own on the server; root alone may give it files. */
const NOBODY = 65_534;
const AT_ONCE = 200;

/** May files of another account be made here? */
export const isRoot = process.getuid?.() === 0;

/** @param files at least a thousand */
export async function floodBox(files: number): Promise<FloodFigures> {
  await using world = await newWorld(new Date().toISOString());
  const { valley, prairie } = world;
  await configure(valley, { at: ["limits", "messagesPerPacket"], value: 1 });
  await configure(prairie, {
    at: ["limits", "perSender"],
    value: { waitingFiles: Math.min(20_000, files / 10), waitingMegabytes: 2000 },
  });
  const request = await requestTo(prairie);
  for (let number = 1; number <= PACKETS; number++) {
    await drop(valley, `request-${number}.xml`, request.replace("Marie", `M${number}`));
  }
  await meet(world, valley);
  await using before = await snapshot(world);
  const run = async (): Promise<Reading> => {
    const { peakMegabytes, cpuSeconds } = await runAlone(world, prairie, ["exchange"]);
    return { ...(await waits(prairie)), peakMegabytes, cpuSeconds };
  };
  const alone = await run();
  await before.restore();
  for (let done = 0; done < files; done += AT_ONCE) {
    const numbers = Array.from({ length: Math.min(AT_ONCE, files - done) }, (_, at) => done + at);
    await Promise.all(
      numbers.map(async (number) => {
        const from = parseAgencyId(String(1_000_000 + (number % IDS)));
        const name = sealedName({
          from,
          to: prairie.id,
          sequence: number,
          random: newRandomPart(),
        });
        await writeFile(boxOf(world, prairie, name), "no packet at all", { mode: 0o644 });
        await chown(boxOf(world, prairie, name), NOBODY, NOBODY);
      }),
    );
  }
  const flooded = await run();
  const cases = (await readdir(office(prairie, "requests"))).length;
  const alerts = await withLedger(prairie, (ledger) => listAlerts(ledger, { open: true }));
  const isTold = alerts.some(({ code }) => code === "SENDER_FLOODS");
  return {
    files,
    alone,
    flooded,
    faults: [
      ...(cases === PACKETS ? [] : [`taken of the other's requests: ${cases}, not ${PACKETS}`]),
      ...(isTold ? [] : ["nobody was told of the flood"]),
    ],
  };
}

/** As the log of its only exchange says. */
async function waits(home: District): Promise<Omit<Reading, "peakMegabytes" | "cpuSeconds">> {
  const lines = (await linesOf(home)) as { message: string; time: string }[];
  const all = (sentence: string): number[] =>
    lines.filter(({ message }) => message === sentence).map(({ time }) => Date.parse(time));
  const [reached = 0] = all("Server reached");
  const until = (sentence: string): number =>
    Math.round(((all(sentence).at(-1) ?? 0) - reached) / 10) / 100;
  return {
    secondsUntilTaken: until("Packet recorded"),
    secondsUntilAnswered: until("Packet delivered"),
    claimed: all("Packet refused").length,
  };
}
