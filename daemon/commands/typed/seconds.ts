/** A span of time as it is typed. */
import { InvalidArgumentError } from "commander";

/** For commander; @throws InvalidArgumentError */
export function secondsIn(text: string): number {
  const seconds = Number(text);
  if (/^[0-9]{1,5}$/.test(text) && seconds > 0) return seconds;
  throw new InvalidArgumentError("It must be a number of seconds, like 60.");
}
