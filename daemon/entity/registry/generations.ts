/**
 * Whole generations of the registry, worked on slice by slice: a short transaction each, and a pause in
 * which other processes and the daemon's own loop get their turn.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { isRefusal, PacketboatError } from "../../errors.ts";
import { type Ledger, roomLeft, truncateLog } from "../../ledger/connect.ts";
import {
  carryOver,
  countSlice,
  endOfSlice,
  forgetSlice,
  type Slice,
} from "../../ledger/enrollments.ts";
import { generationsLeft, noteSwept, type RegistryCounts } from "../../ledger/registry.ts";

/** Who may end a long work, and who hears how far it is. */
export interface Pacing {
  readonly stop?: AbortSignal | undefined;
  /** Called after each slice. @param rows how many it had at the most */
  readonly passed?: (rows: number) => void;
}

/** Rows of one transaction: some fifty milliseconds. */
export const SLICE_ROWS = 2000;
/** Whoever waits for the ledger looks again every so often, and must find it free now and then. */
const PAUSE_MS = 5;

/** A generation takes a little more than twice the bytes of its file, and SQLite's log some more. */
const ROOM_PER_BYTE = 3;

/**
 * Whatever else the home does needs the disk as well: an import that would fill it does not begin.
 *
 * @param fileBytes of the file that is to become a generation
 * @throws PacketboatError DISK_FULL
 */
export async function assertRoom(ledger: Ledger, fileBytes: number): Promise<void> {
  const needed = fileBytes * ROOM_PER_BYTE;
  const left = await roomLeft(ledger);
  if (left >= needed) return;
  const [needs, has] = [needed, left].map((bytes) => Math.ceil(bytes / 1e6));
  const sentence = `this file takes some ${needs} MB in the ledger, and there are ${has}`;
  throw new PacketboatError("DISK_FULL", sentence);
}

/** @throws PacketboatError EXCHANGE_STOPPED if it was asked to end */
export async function pause(stop: AbortSignal | undefined): Promise<void> {
  await sleep(PAUSE_MS);
  if (stop?.aborted) {
    throw new PacketboatError("EXCHANGE_STOPPED", "the import was broken off: it begins anew");
  }
}

async function* slicesOf(
  ledger: Ledger,
  generation: number,
  { stop, passed }: Pacing,
): AsyncGenerator<Slice, void> {
  for (let after: string | null = null; ;) {
    const upTo: string | null = await endOfSlice(ledger, { generation, after }, SLICE_ROWS);
    yield { generation, after, upTo };
    passed?.(SLICE_ROWS);
    if (upTo === null) return;
    after = upTo;
    await pause(stop);
  }
}

/**
 * Carry over from one generation into a newer one whatever that does not list.
 *
 * @param closeOn as in `ledger/enrollments.ts`
 * @returns how many of the carried were open
 */
export async function carryAllOver(
  ledger: Ledger,
  { from, to, closeOn }: { from: number; to: number; closeOn: string | null },
  pacing: Pacing = {},
): Promise<number> {
  let open = 0;
  for await (const slice of slicesOf(ledger, from, pacing)) {
    open += await carryOver(ledger, slice, { to, closeOn });
  }
  return open;
}

export async function countAll(
  ledger: Ledger,
  generation: number,
  pacing: Pacing = {},
): Promise<RegistryCounts> {
  const all = { students: 0, enrollments: 0, open: 0 };
  for await (const slice of slicesOf(ledger, generation, pacing)) {
    const counts = await countSlice(ledger, slice);
    all.students += counts.students;
    all.enrollments += counts.enrollments;
    all.open += counts.open;
  }
  return all;
}

/** Delete the rows of generations that nobody needs: replaced, refused, or cut off by a crash. */
export async function sweep(ledger: Ledger, pacing: Pacing = {}): Promise<void> {
  const left = await generationsLeft(ledger);
  for (const generation of left) {
    for await (const slice of slicesOf(ledger, generation, pacing))
      await forgetSlice(ledger, slice);
    await noteSwept(ledger, generation);
  }
  if (left.length === 0) return;
  try {
    await truncateLog(ledger);
  } catch (error) {
    // Somebody reads: what was deleted leaves the log with the next one.
    if (!isRefusal(error, "HOME_BUSY")) throw error;
  }
}
