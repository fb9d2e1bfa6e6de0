/**
 * Poison: what ends the program each time that it is worked on must not do so for ever (TRUST F31). Attempts are
 * counted before the work begins, so that a death counts too, and forgotten when it comes on, or when it ends and the
 * program lives.
 */
import { type ErrorCode, PacketboatError } from "./errors.ts";

/** So often the program may die over one thing; the next time it is refused unread. */
const MOST_DEATHS = 3;

/** @param attempts with the one that begins now */
export const isPoisonous = (attempts: number): boolean => attempts > MOST_DEATHS;

/** @param more what else is to be said of it */
export const poisonous = (
  code: Extract<ErrorCode, `${string}_POISONOUS`>,
  attempts: number,
  more = "",
): PacketboatError =>
  new PacketboatError(code, `work on it ended the program ${attempts - 1} times${more}`);
