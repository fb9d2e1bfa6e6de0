/** The verdict on a spoiled file: it is refused with one of our codes, or it says what a good one says. */
import { isDeepStrictEqual } from "node:util";
import { ERRORS, isRefusal } from "../../daemon/errors.ts";

/** How often each of both came about, so that a test can say that it saw both. */
export interface Verdicts {
  refused: number;
  equivalent: number;
  readonly codes: Set<string>;
}

export const noVerdicts = (): Verdicts => ({ refused: 0, equivalent: 0, codes: new Set() });

/**
 * @param read what the spoiled file says to us
 * @param good what the good files say from which it was made: each whole, and nothing between them
 * @throws Error if it says something else, or reading it failed otherwise than by a refusal
 */
export async function judge<Said>(
  read: () => Promise<Said>,
  good: readonly Said[],
  verdicts: Verdicts,
): Promise<void> {
  try {
    const said = await read();
    if (!good.some((each) => isDeepStrictEqual(each, said))) {
      throw new Error("it says what no good file says");
    }
    verdicts.equivalent++;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    if (!Object.hasOwn(ERRORS, error.code)) throw error;
    verdicts.refused++;
    verdicts.codes.add(error.code);
  }
}
