/** What an entity does in an exchange. It has no drop folders for records, and no cases. */
import { entityOf, homePaths } from "../config.ts";
import { publishIfDue } from "../entity/publish.ts";
import { PacketboatError } from "../errors.ts";
import { readSuccession } from "../keys/keyring.ts";
import { stopwatch } from "../log.ts";
import type { Building, RoleParts } from "./parts.ts";

const nothing = (): Promise<void> => Promise.resolve();

export const entityParts = (building: Building): RoleParts => ({
  takeAll: nothing,
  reportImports: nothing,
  workCases: nothing,
  consult: async (_harbor, log) => {
    const tookMs = stopwatch();
    const { config, ledger, ourKeys, now } = building;
    const { keys } = homePaths(config);
    const published = await publishIfDue({
      config: entityOf(config),
      ledger,
      ourKeys,
      successionOf: ({ publicKey }) => readSuccession(keys, publicKey.fingerprint),
      at: now(),
    });
    if (!published) return;
    const { version, agencies } = published;
    log.info("Directory published", { version, agencies, tookMs: tookMs() });
  },
  hear: ({ kind }) => {
    throw new PacketboatError("MESSAGE_KIND", `a ${kind} is not taken here`);
  },
  remind: nothing,
});
