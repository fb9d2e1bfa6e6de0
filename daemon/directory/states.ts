/** The states and territories, by the two letters of CEDS 000267 (the Postal Service's), and by number. */
import { PacketboatError } from "../errors.ts";
import type { AgencyId } from "../ids.ts";

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

/** FIPS codes, the first two digits of an agency's id, and the letters of that state. */
const NUMBERED: ReadonlyMap<string, string> = new Map(
  (
    "01AL 02AK 04AZ 05AR 06CA 08CO 09CT 10DE 11DC 12FL 13GA 15HI 16ID 17IL 18IN 19IA 20KS 21KY " +
    "22LA 23ME 24MD 25MA 26MI 27MN 28MS 29MO 30MT 31NE 32NV 33NH 34NJ 35NM 36NY 37NC 38ND 39OH " +
    "40OK 41OR 42PA 44RI 45SC 46SD 47TN 48TX 49UT 50VT 51VA 53WA 54WV 55WI 56WY 60AS 64FM 66GU " +
    "68MH 69MP 70PW 72PR 78VI"
  )
    .split(" ")
    .map((each) => [each.slice(0, 2), each.slice(2)]),
);

/** The digits with which ids of a state's agencies begin; `null` if its letters are no state's. */
export const digitsOf = (state: string): string | null =>
  [...NUMBERED].find(([, letters]) => letters === state)?.[0] ?? null;

/**
 * The state of an agency that its entity lists: by its id, for an entity speaks for the ids of its own state, and could
 * write any state into an address. Of schools that are no state's (the Defense Department's, and tribes') the address
 * tells.
 */
export const stateListed = (id: AgencyId, address: string): string =>
  NUMBERED.get(id.slice(0, 2)) ?? address;
