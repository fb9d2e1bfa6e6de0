/** Configs with which nothing begins, and partners that are not two. */
import { chmod, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { APPROVER } from "../../../daemon/commands/demo/world.ts";
import { removeAgency } from "../../../daemon/ledger/agencies.ts";
import { cardWith } from "../../cards.ts";
import { changed, FAULTY } from "../../config/faulty.ts";
import { secretOf } from "../../directories.ts";
import { type District, office, withLedger } from "../../homes.ts";
import type { Kind, Outcome, Trial } from "../kind.ts";

const refused = (
  what: string,
  outcome: Outcome,
  make: (home: District) => Promise<void>,
): Trial => ({
  row: "B40",
  what,
  outcome,
  lay: async ({ valley }) => {
    await make(valley);
    return { home: valley, words: ["exchange"] };
  },
});

const faulty = FAULTY.map(([what, text, says]) =>
  refused(`a config with ${what}`, { ends: "CONFIG_INVALID", says }, ({ configPath }) =>
    writeFile(configPath, text),
  ),
);

const open = (what: string, mode: number, pathOf: (home: District) => string): Trial =>
  refused(what, { ends: "CONFIG_UNSAFE", says: `has mode 0${mode.toString(8)}` }, (home) =>
    chmod(pathOf(home), mode),
  );

export const configs: Kind<Trial> = {
  name: "configs that nobody can mean",
  inputs: [
    ...faulty.slice(0, 1),
    open("a key that others may read", 0o644, ({ folder }) => join(folder, "keys", "openpgp.asc")),
  ],
  heavy: [
    ...faulty.slice(1),
    open("a folder of keys that others may list", 0o755, ({ folder }) => join(folder, "keys")),
    open("a config that anybody may change", 0o666, ({ configPath }) => configPath),
    refused(
      "a config with two names for one folder",
      {
        ends: "CONFIG_INVALID",
        says: "dropFolders.sis.path: is the same folder as dropFolders.office.path",
      },
      async (home) => {
        const link = join(home.folder, "sis");
        await symlink(office(home), link);
        const twice = `path: ${office(home)} }\n  sis: { path: ${link} }`;
        await writeFile(home.configPath, changed("path: /srv/exchange/office }", twice));
      },
    ),
    {
      row: "B40",
      what: "a card with the key of another district",
      outcome: { ends: "CARD_CONFLICT" },
      lay: async ({ entity, corners, prairie, clock }) => {
        await withLedger(entity, (ledger) => removeAgency(ledger, corners.id, clock.now()));
        const theirs = await secretOf(prairie);
        const { armored, fingerprint } = theirs.publicKey;
        const key = armored.replaceAll("\r", "").trim();
        const card = await cardWith(corners, key, { signWith: theirs, at: clock.now() });
        const words = ["directory", "add", card, "--fingerprint", fingerprint, "--as", APPROVER];
        return { home: entity, words };
      },
    },
  ],
};
