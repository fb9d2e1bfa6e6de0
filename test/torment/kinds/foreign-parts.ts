/**
 * Directories that list a key of one member with another's as its subkey. Met by a district that has read no other:
 * where a key was listed without it, that one stays.
 */
import { listBound } from "../../directories.ts";
import { leave, nameFrom, packetXml, sealed, writerAt } from "../../forge.ts";
import { type District, meet } from "../../homes.ts";
import type { State } from "../../states.ts";
import type { Kind, Outcome, Trial } from "../kind.ts";

/** Leave a good packet for whoever meets the directory. */
async function post(state: State, from: District): Promise<void> {
  const { corners, clock } = state;
  const letter = { from: await writerAt(from), to: await writerAt(corners), at: clock.now() };
  const name = nameFrom(from, corners);
  await leave(state, corners, await sealed(packetXml(letter), letter), name);
}

/** The reader is sent something, and needs the keys of these. */
async function hear(state: State, ...from: readonly District[]): Promise<void> {
  for (const each of from) await post(state, each);
  await meet(state, state.corners);
}

/** @param before what the reader has met; it is valley that has bound the key of prairie */
const listed = (
  what: string,
  outcome: Outcome,
  before: (state: State) => Promise<void>,
): Trial => ({
  row: "B14",
  what: `a directory that lists another's key as a subkey of a member, ${what},`,
  outcome,
  lay: async (state) => {
    const { valley, prairie, corners } = state;
    await before(state);
    for (const each of [valley, prairie]) await post(state, each);
    return { home: corners, words: ["exchange"] };
  },
});

const BOTH_READ: Outcome = { alert: null, taken: 2 };

export const foreignParts: Kind<Trial> = {
  name: "keys with another's as a subkey",
  inputs: [
    listed(
      "when the other's was needed first",
      { alert: "PACKET_WAITING KEY_FILE_DIFFERS", taken: 1 },
      async (state) => {
        await listBound(state, state.valley, state.prairie);
        await hear(state, state.prairie);
      },
    ),
  ],
  heavy: [
    listed("when the member's was needed first", BOTH_READ, async (state) => {
      await listBound(state, state.valley, state.prairie);
      await hear(state, state.valley);
    }),
    listed("when both were read before", BOTH_READ, async (state) => {
      await hear(state, state.valley, state.prairie);
      await listBound(state, state.valley, state.prairie);
    }),
  ],
};
