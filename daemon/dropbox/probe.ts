/**
 * What a box allows us, tried and not assumed. Two hidden names are used, which every reader passes over
 * as uploads under way (PROTOCOL 5), and both are gone when it ends: also what an earlier probe of this
 * name left when the line or the machine went down.
 */
import { posix } from "node:path";
import { isRefusal } from "../errors.ts";
import { partialNameFor, type Probe } from "./contract.ts";
import { type BoxFiles, boxRefusal } from "./files.ts";

const CONTENT = Buffer.from("packetboat check\n");
/** SFTP knows whole seconds only. */
const SECOND_MS = 1000;

/**
 * @param folder the box
 * @param name a whole name, nobody else's
 * @throws PacketboatError BOX_…: what a delivery would meet here
 */
export async function probe(
  files: BoxFiles,
  folder: string,
  name: string,
  now: () => Date,
): Promise<Probe> {
  const first = posix.join(folder, partialNameFor(name));
  const second = posix.join(folder, `.${name}`);
  const box = await files.look(folder);
  if (box === null) throw boxRefusal("list", "absent", files.origin + folder, "no such box", null);
  await removeBoth(files, first, second);
  try {
    const clock = await write(files, first, now);
    await write(files, second, now);
    const overwrites = await landsOnTaken(files, first, second);
    // As a delivery ends: onto a name that is free.
    if (overwrites) await files.rename(second, first);
    else {
      await files.remove(second);
      await files.rename(first, second);
    }
    const mode = box.mode ?? null;
    const listable = await isListable(files, folder);
    return { ...clock, overwrites, syncs: files.syncs, mode, listable };
  } finally {
    await removeBoth(files, first, second).catch(() => undefined);
  }
}

/** A small file, and what its time on the server says about the server's clock. */
async function write(
  files: BoxFiles,
  path: string,
  now: () => Date,
): Promise<Pick<Probe, "clockAheadMs" | "answerMs">> {
  const before = now().getTime();
  const file = await files.create(path);
  try {
    await file.write(CONTENT, 0);
    await file.sync();
  } finally {
    await file.close();
  }
  const after = now().getTime();
  const asked = performance.now();
  const found = await files.look(path);
  const answerMs = performance.now() - asked;
  // A file that is gone at once is told of by the rename.
  const written = found?.modifiedAt.getTime() ?? before;
  return { clockAheadMs: outside(written, before, after), answerMs };
}

/**
 * How far a time that was cut to whole seconds, or rounded to whole milliseconds, lies outside of a span, at the least;
 * 0 inside.
 */
function outside(written: number, before: number, after: number): number {
  if (written > after + 1) return written - after;
  return Math.min(0, written + SECOND_MS - before);
}

/** Plain rename must not overwrite: any refusal is the right answer, and whether it was one shows. */
async function landsOnTaken(files: BoxFiles, from: string, to: string): Promise<boolean> {
  try {
    await files.rename(from, to);
    return true;
  } catch (error) {
    if (!isRefusal(error) || (await files.look(from)) === null) throw error;
    return false;
  }
}

async function isListable(files: BoxFiles, folder: string): Promise<boolean> {
  try {
    for await (const entries of files.entries(folder)) return entries.length >= 0;
    return true;
  } catch (error) {
    if (isRefusal(error, "BOX_DENIED")) return false;
    throw error;
  }
}

async function removeBoth(files: BoxFiles, ...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    if ((await files.look(path)) !== null) await files.remove(path);
  }
}
