import { showFingerprint } from "../ids.ts";
import { defineCommand } from "./frame/command.ts";
import { pairs } from "./frame/shown.ts";
import { readHomeKeys } from "./home/keys.ts";
import { renewCard } from "./home/make.ts";

const TO_OTHERS =
  "Send it to your entity and your partners: they add it again, and need no telephone, for the key is the same.";
const TO_DISTRICTS =
  "Hand it out to districts that are still to join; those that have joined need it only if the server changes, and so do the entities of other states.";

export const command = defineCommand<object>({
  summary: "write the card again after the config has changed",
  example: "keys card",
  async run({ context }) {
    const config = await context.config();
    const { openpgp } = await readHomeKeys(config);
    const { fingerprint } = openpgp.publicKey;
    const card = await renewCard(config, context.now());
    return {
      result: { card, agencyId: config.agency.id, fingerprint },
      lines: [
        ...pairs([
          ["Card", card],
          ["OpenPGP fingerprint", showFingerprint(fingerprint)],
        ]),
        config.role === "entity" ? TO_DISTRICTS : TO_OTHERS,
      ],
    };
  },
});
