import { entityOf, homePaths } from "../config.ts";
import { publishDirectory } from "../entity/publish.ts";
import { loadOurKeys, readSuccession } from "../keys/keyring.ts";
import { defineCommand } from "./frame/command.ts";
import { pairs } from "./frame/shown.ts";

export const command = defineCommand<object>({
  summary: "entity: sign the directory, and lay it out for the districts",
  example: "directory publish",
  async run({ context }) {
    const config = entityOf(await context.config());
    const { keys } = homePaths(config);
    const { version, agencies, onlyListed, expires } = await publishDirectory({
      config,
      ledger: await context.ledger(),
      ourKeys: await loadOurKeys(keys),
      successionOf: ({ publicKey }) => readSuccession(keys, publicKey.fingerprint),
      at: context.now(),
    });
    return {
      result: { version, agencies, onlyListed, expires: expires.toISOString() },
      lines: [
        ...pairs([
          ["Version", String(version)],
          ["Districts", String(agencies)],
          ["Only listed", onlyListed === 0 ? null : String(onlyListed)],
          ["Expires", expires.toISOString().slice(0, 10)],
        ]),
        "Districts read it with their next exchange.",
      ],
    };
  },
});
