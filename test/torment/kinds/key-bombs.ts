/** Keys that are made to harm whoever reads them, in cards and in the directory's folder. */
import { writeFile } from "node:fs/promises";
import { keyFileName, keyFileOf } from "../../../daemon/directory/key-files.ts";
import { APPROVER } from "../../../daemon/commands/demo/world.ts";
import { sha256 } from "../../../daemon/ids.ts";
import { cardWith } from "../../cards.ts";
import { entryOf, forge, published, secretOf } from "../../directories.ts";
import { drop, REGISTRAR, requestTo } from "../../homes.ts";
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

/** It is read when something is to be sealed for its owner. */
const inDirectory = (bomb: KeyBomb): Trial => ({
  row: "B14",
  what: `a directory's key of ${bomb}`,
  outcome: { alert: "PARTNER_UNREACHABLE KEY_FILE_DIFFERS" },
  lay: async (state) => {
    const { corners, prairie } = state;
    const honest = await secretOf(prairie);
    const bytes = keyFileOf(await KEY_BOMBS[bomb](honest));
    const named = { fingerprint: honest.publicKey.fingerprint, sha256: sha256(bytes) };
    await writeFile(published(state, keyFileName(named)), bytes);
    await forge(state, (directory) => {
      const [listed] = entryOf(directory, prairie).Key ?? [];
      if (listed) listed.KeySha256 = named.sha256;
    });
    await drop(corners, "request.xml", await requestTo(prairie));
    return { home: corners, words: ["exchange"] };
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
    ...BOMBS.map(inDirectory),
  ],
};
