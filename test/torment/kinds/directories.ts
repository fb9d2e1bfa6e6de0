/** Directories that nobody may believe, and new keys that a person has to look at. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { APPROVER } from "../../../daemon/commands/demo/world.ts";
import {
  entryOf,
  forge,
  layOut,
  layOutKey,
  published,
  rotate,
  say,
  secretOf,
  spread,
  strangersKey,
  UNBELIEVED,
} from "../../directories.ts";
import { cardWith } from "../../cards.ts";
import { writerAt } from "../../forge.ts";
import { withKeyOf } from "../../keys/bound.ts";
import { meet, REGISTRAR } from "../../homes.ts";
import { configure } from "../../scene.ts";
import type { State } from "../../states.ts";
import type { Kind, Outcome, Row, Trial } from "../kind.ts";

/** The next exchange of a district meets it. */
const read = (
  row: Row,
  what: string,
  outcome: Outcome,
  make: (state: State) => Promise<unknown>,
): Trial => ({
  row,
  what,
  outcome,
  lay: async (state) => {
    await make(state);
    return { home: state.valley, words: ["exchange"] };
  },
});

const [first, ...others] = UNBELIEVED.map(([what, code, make]) =>
  read("B37", `a directory that ${what}`, { alert: `DIRECTORY_REFUSED ${code}` }, make),
);

export const directories: Kind<Trial> = {
  name: "directories that lie",
  inputs: first ? [first] : [],
  heavy: [
    ...others,
    read(
      "B37",
      "a directory that is an old one, shown again,",
      { alert: "DIRECTORY_REFUSED DIRECTORY_OLDER" },
      async (state) => {
        const old = await readFile(published(state));
        await say(state, state.entity, APPROVER, "directory", "publish");
        await meet(state, state.valley);
        await layOut(state, old);
      },
    ),
  ],
};

const HELD: Outcome = { alert: "KEY_HELD" };
const OTHER_HOST_KEY = `SHA256:${"A".repeat(43)}`;

/** Its only key is this one now. */
async function listAnother(state: State): Promise<void> {
  const listed = await layOutKey(state, await strangersKey(state));
  await forge(state, (directory) => void (entryOf(directory, state.prairie).Key = [listed]));
}

const boundInCard: Trial = {
  row: "B38",
  what: "a card with another district's key as a subkey",
  outcome: { ends: "CARD_CONFLICT" },
  lay: async (state) => {
    const { entity, corners, valley, clock } = state;
    const [evil, honest] = [await writerAt(corners), await writerAt(valley)];
    const key = await withKeyOf(evil, honest, { at: clock.now() });
    const card = await cardWith(corners, key, { signWith: evil.secret, at: clock.now() });
    const compared = ["--fingerprint", evil.key.fingerprint, "--as", APPROVER];
    return { home: entity, words: ["directory", "add", card, ...compared] };
  },
};

export const newKeys: Kind<Trial> = {
  name: "keys and hosts that change",
  inputs: [read("B38", "a directory with another key of a district", HELD, listAnother)],
  heavy: [
    boundInCard,
    read("B38", "a directory with another key beside the former one", HELD, async (state) => {
      const listed = await layOutKey(state, await strangersKey(state));
      await forge(state, (directory) => {
        const [present] = entryOf(directory, state.prairie).Key ?? [];
        if (present) present.KeyStanding = "Retired";
        entryOf(directory, state.prairie).Key = [listed, ...(present ? [present] : [])];
      });
    }),
    read(
      "B38",
      "a directory with another key of a district that it had left out",
      HELD,
      async (state) => {
        const { prairie, corners, valley } = state;
        await forge(state, (directory) => {
          const all = directory.Agency ?? [];
          directory.Agency = all.filter(({ AgencyId }) => AgencyId !== prairie.id);
        });
        await meet(state, valley);
        const listed = await layOutKey(state, await strangersKey(state));
        await forge(state, (directory) => {
          const { Key: _, ...other } = structuredClone(entryOf(directory, corners));
          directory.Agency?.push({ ...other, AgencyId: prairie.id, Key: [listed] });
        });
      },
    ),
    read(
      "B38",
      "a directory with another key than the card that was added by hand",
      HELD,
      async (state) => {
        const { valley, prairie } = state;
        const { fingerprint } = (await secretOf(prairie)).publicKey;
        const add = ["partner", "add", prairie.card, "--fingerprint", fingerprint];
        await say(state, valley, REGISTRAR, ...add);
        await listAnother(state);
      },
    ),
    read(
      "B38",
      "a new key of the entity that its old one did not name",
      { alert: "DIRECTORY_REFUSED DIRECTORY_SIGNER" },
      async (state) => {
        const { entity, clock } = state;
        clock.pass({ minutes: 1 });
        await rotate(entity, clock.now());
        const { fingerprint } = (await secretOf(entity)).publicKey;
        await rm(join(entity.folder, "keys", `succession-${fingerprint}.pgp`));
        await meet(state, entity);
      },
    ),
    read(
      "B38",
      "a server with another host key than is pinned",
      { ends: "BOX_HOST_KEY_CHANGED", alert: "HOST_KEY_CHANGED" },
      ({ valley }) => configure(valley, { at: ["server", "hostKeys"], value: [OTHER_HOST_KEY] }),
    ),
    {
      row: "B38",
      what: "a directory with another host key of the server, in a `check`,",
      outcome: {
        says: `the directory of Example State Department lists another host key of the server: ${OTHER_HOST_KEY}`,
      },
      lay: async (state) => {
        const { entity, valley, server, clock } = state;
        const value = [server.hostKey, OTHER_HOST_KEY];
        await configure(entity, { at: ["server", "hostKeys"], value });
        clock.pass({ minutes: 1 });
        await spread(state, valley);
        return { home: valley, words: ["check"] };
      },
    },
  ],
};
