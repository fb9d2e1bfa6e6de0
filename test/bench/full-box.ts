/**
 * A box that is never empty: documents that no packet names yet, and files of strangers, of so many senders that none
 * of them floods it. An exchange that finds nothing new goes through all of it.
 */
import { chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { newRandomPart } from "../../daemon/ids.ts";
import { attachmentName } from "../../daemon/packet/names.ts";
import { boxOf } from "../homes.ts";
import { hindrance } from "../openssh.ts";
import { type Bench, medianOf, runProfiled, sorted } from "./bench.ts";
import { newTown, ON_SERVER } from "./evening.ts";

const FILES = 100_000;
const FEW_FILES = 500;
const SENDERS = 20;
/** One of so many is no name of ours. */
const STRANGE = 10;
const TIMES = 3;
const MOST_SECONDS = 5;
const MOST_MEGABYTES = 300;

export const fullBox: Bench = async (wanted) => {
  const files = wanted.rows ?? (wanted.quick ? FEW_FILES : FILES);
  await using world = await newTown();
  const { valley, prairie } = world;
  const empty = await runProfiled(valley, {}, "exchange");
  const box = boxOf(world, valley);
  await mkdir(box, { recursive: true });
  for (let nth = 0; nth < files; nth++) {
    const random = newRandomPart();
    const name =
      nth % STRANGE === 0
        ? `stranger-${nth}.txt`
        : attachmentName({ from: prairie.id, to: valley.id, group: nth, number: 1, random });
    const path = join(box, name);
    await writeFile(path, "x");
    if (hindrance === null) await chown(path, 50_000 + (nth % SENDERS), 50_000);
  }
  await runProfiled(valley, {}, "exchange");
  const times: number[] = [];
  let peak = 0;
  for (let time = 0; time < (wanted.quick ? 1 : TIMES); time++) {
    const ran = await runProfiled(valley, wanted, "exchange");
    times.push(ran.seconds);
    peak = Math.max(peak, ran.peakMegabytes);
    wanted.say(`${files} files in the box: ${ran.seconds.toFixed(1)} s`);
  }
  const seconds = medianOf(sorted(times));
  return {
    about: `a box with ${files} files, on ${ON_SERVER}`,
    figures: [
      { name: "an exchange with an empty box", value: empty.seconds, unit: "s" },
      { name: "one with nothing new in a full box", value: seconds, unit: "s" },
      { name: "the same, peak memory", value: peak, unit: "MB" },
    ],
    goals: [
      {
        wants: `an exchange with nothing new takes less than ${MOST_SECONDS} s`,
        value: seconds,
        isMet: seconds < MOST_SECONDS,
      },
      {
        wants: `and less than ${MOST_MEGABYTES} MB`,
        value: peak,
        isMet: peak < MOST_MEGABYTES,
      },
    ],
    faults: [],
  };
};
