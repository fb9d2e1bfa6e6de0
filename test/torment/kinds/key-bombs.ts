/** Keys that are made to harm whoever reads them, in cards; those of a directory's folder are in `key-bombs.test.ts`. */
import { APPROVER } from "../../../daemon/commands/demo/world.ts";
import { cardWith } from "../../cards.ts";
import { secretOf } from "../../directories.ts";
import { REGISTRAR } from "../../homes.ts";
import { KEY_BOMBS, type KeyBomb } from "../../keys/key-bombs.ts";
import type { Kind, Trial } from "../kind.ts";

const inCard = (
  bomb: KeyBomb,
  [command, who, whose]: readonly [string, "valley" | "entity", "prairie" | "entity"],
): Trial => ({
  row: "B14",
  what: `a card for \`${command}\` whose key has ${bomb}`,
  outcome: { ends: "KEY_INVALID" },
  lay: async (state) => {
    const honest = await secretOf(state[whose]);
    const signing = { signWith: honest, at: state.clock.now() };
    const card = await cardWith(state[whose], await KEY_BOMBS[bomb](honest), signing);
    const compared = ["--fingerprint", honest.publicKey.fingerprint];
    const as = ["--as", who === "entity" ? APPROVER : REGISTRAR];
    return { home: state[who], words: [...command.split(" "), card, ...compared, ...as] };
  },
});

const BOMBS = Object.keys(KEY_BOMBS) as KeyBomb[];
const [QUICKEST, COSTLIEST] = [
  "many signatures",
  "RSA of 16,384 bits, signed as often as fits",
] as const;

export const keyBombs: Kind<Trial> = {
  name: "keys that are bombs",
  inputs: [inCard(QUICKEST, ["partner add", "valley", "prairie"])],
  heavy: [
    ...BOMBS.filter((bomb) => bomb !== QUICKEST).map((bomb) =>
      inCard(bomb, ["partner add", "valley", "prairie"]),
    ),
    inCard(COSTLIEST, ["join", "valley", "entity"]),
    inCard(COSTLIEST, ["directory add", "entity", "prairie"]),
  ],
};
