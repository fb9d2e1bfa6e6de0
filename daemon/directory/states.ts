/** The states and territories, by the two letters of CEDS 000267 (the Postal Service's). */
import { PacketboatError } from "../errors.ts";

const STATES: readonly string[] = [
  ..."AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO".split(" "),
  ..."MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY".split(" "),
  // The capital, the territories, the freely associated states, and the post of the armed forces.
  ..."DC AS GU MP PR VI FM MH PW AA AE AP".split(" "),
];

/** @param text two capital letters */
export const isState = (text: string): boolean => STATES.includes(text);

/**
 * A state as a person types it.
 *
 * @returns its two capital letters
 * @throws PacketboatError USAGE if there is none of these letters
 */
export function parseState(text: string): string {
  const state = text.trim().toUpperCase();
  if (isState(state)) return state;
  const typed = JSON.stringify(text.slice(0, 40));
  const all = STATES.toSorted().join(" ");
  throw new PacketboatError("USAGE", `${typed} is no state: name it by two letters, one of ${all}`);
}
