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

/** FIPS codes: the first two digits of an agency's id. */
const NUMBERED: Readonly<Record<string, string>> = Object.fromEntries(
  [
    "01 AL, 02 AK, 04 AZ, 05 AR, 06 CA, 08 CO, 09 CT, 10 DE, 11 DC, 12 FL, 13 GA, 15 HI",
    "16 ID, 17 IL, 18 IN, 19 IA, 20 KS, 21 KY, 22 LA, 23 ME, 24 MD, 25 MA, 26 MI, 27 MN",
    "28 MS, 29 MO, 30 MT, 31 NE, 32 NV, 33 NH, 34 NJ, 35 NM, 36 NY, 37 NC, 38 ND, 39 OH",
    "40 OK, 41 OR, 42 PA, 44 RI, 45 SC, 46 SD, 47 TN, 48 TX, 49 UT, 50 VT, 51 VA, 53 WA",
    "54 WV, 55 WI, 56 WY, 60 AS, 64 FM, 66 GU, 68 MH, 69 MP, 70 PW, 72 PR, 78 VI",
  ].flatMap((row) => row.split(", ").map((pair) => pair.split(" ") as [string, string])),
);

/** The digits with which ids of a state's agencies begin; `null` if its letters are no state's. */
export const digitsOf = (state: string): string | null =>
  Object.entries(NUMBERED).find(([, letters]) => letters === state)?.[0] ?? null;

/**
 * The state of an agency that its entity lists: by its id, for an entity speaks for the ids of its own state, and could
 * write any state into an address. Of schools that are no state's (the Defense Department's, and tribes') the address
 * tells.
 */
export const stateListed = (id: AgencyId, address: string): string =>
  NUMBERED[id.slice(0, 2)] ?? address;
