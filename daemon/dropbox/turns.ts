/**
 * One after the other over one line, so that none keeps the others waiting for good.
 *
 * A line is cut by chance, or one box or file hangs it each time it is touched; from one loss nobody can
 * tell which. So whoever was being served is tried once more, at once, over a new line. If that fails
 * too, it is left for another time, the others have their turn, and next time it comes after them.
 */
import { isRefusal, type PacketboatError } from "../errors.ts";
import { sha256 } from "../ids.ts";

export interface Turns<T> {
  /** @throws the line's loss, or BOX_FAILED; what else it throws ends everything */
  readonly serve: (one: T) => Promise<void>;
  /** Connects anew if the line was lost. @throws if that fails: it was nobody's fault, and ends everything */
  readonly mend: () => Promise<void>;
  /** Nobody more is to be served. */
  readonly isOver?: () => boolean;
  /** Grows whenever a part of it is done for good. A failure after that is no second failure. */
  readonly progress?: () => number;
  /** It failed before, has no second try, and comes after all that did not. */
  readonly isSuspect: (one: T) => boolean;
  /** It has failed; to be remembered, whatever happens next. */
  readonly suspect: (one: T, error: PacketboatError) => Promise<void>;
  /** It has failed, and the server serves others, or nobody else was there: it is to blame. */
  readonly blame: (one: T, error: PacketboatError) => Promise<void>;
}

/** So many that fail, one after the other: it is the server, not they. */
const MOST_IN_A_ROW = 3;

/**
 * Serve each of them, whatever happens to the others.
 *
 * @throws PacketboatError BOX_UNREACHABLE, BOX_TIMEOUT, BOX_FAILED if the server cannot be used at all
 */
export async function inTurn<T>(all: readonly T[], turns: Turns<T>): Promise<void> {
  let inARow: { one: T; error: PacketboatError }[] = [];
  let isAnyServed = false;
  const blameThem = async (): Promise<void> => {
    for (const { one, error } of inARow) await turns.blame(one, error);
    inARow = [];
  };
  for (const one of all) {
    if (turns.isOver?.()) break;
    const isSuspect = turns.isSuspect(one);
    const error = await tried(one, turns, isSuspect ? 1 : 2);
    if (error === null) {
      isAnyServed = true;
      await blameThem();
      continue;
    }
    await turns.suspect(one, error);
    inARow.push({ one, error });
    if (inARow.length < MOST_IN_A_ROW) continue;
    if (!isSuspect || !isAnyServed) throw error;
    // All others had their turn; nothing new is to be learned of those that come now.
    break;
  }
  await blameThem();
}

/** @returns why the last of so many tries failed, or null; the line is whole then */
async function tried<T>(one: T, turns: Turns<T>, tries: number): Promise<PacketboatError | null> {
  const { serve, mend, progress = () => 0 } = turns;
  const before = progress();
  try {
    await serve(one);
    return null;
  } catch (error) {
    if (!isHindrance(error)) throw error;
    await mend();
    if (progress() > before) return await tried(one, turns, tries);
    return tries > 1 ? await tried(one, turns, tries - 1) : error;
  }
}

/** A fault of the line, or of whatever lies behind it for this one. */
const isHindrance = (error: unknown): error is PacketboatError =>
  isRefusal(error) && isHindranceCode(error.code);

/** The same of a code, as it was noted of whatever was being served. */
export const isHindranceCode = (code: string | null): boolean =>
  code === "BOX_UNREACHABLE" || code === "BOX_TIMEOUT" || code === "BOX_FAILED";

/** Another one first each time, so that none of them is always the last. */
export function inAnyOrder<T>(all: readonly T[], idOf: (one: T) => string, at: Date): T[] {
  const placed = all.map((one) => ({ one, place: sha256(`${idOf(one)} ${at.toISOString()}`) }));
  return placed.toSorted((one, other) => (one.place < other.place ? -1 : 1)).map(({ one }) => one);
}
