/** A whole number as it is typed. */
import { InvalidArgumentError } from "commander";

/** For commander; @throws InvalidArgumentError */
export const numberBetween =
  (least: number, most: number) =>
  (text: string): number => {
    const number = Number(text);
    if (/^[0-9]{1,9}$/.test(text) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It must be a number from ${least} to ${most}.`);
  };
