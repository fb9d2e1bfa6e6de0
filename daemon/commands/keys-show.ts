import { showFingerprint } from "../ids.ts";
import { standingOf } from "../keys/standing.ts";
import { defineCommand } from "./frame/command.ts";
import { pairs } from "./frame/shown.ts";
import { readHomeKeys } from "./home/keys.ts";

export const command = defineCommand<object>({
  summary: "the fingerprints of this home's keys",
  example: "keys show",
  async run({ context }) {
    const config = await context.config();
    const { openpgp, sshPublicKey, sshFingerprint } = await readHomeKeys(config);
    const { fingerprint, created, expires } = openpgp.publicKey;
    const standing = standingOf(openpgp.publicKey, context.now());
    return {
      result: {
        agencyId: config.agency.id,
        openpgp: {
          fingerprint,
          created: created.toISOString(),
          expires: expires?.toISOString() ?? null,
          standing,
        },
        ssh: { fingerprint: sshFingerprint, publicKey: sshPublicKey },
      },
      lines: pairs([
        ["Agency", `${config.agency.name} (${config.agency.id})`],
        ["OpenPGP fingerprint", showFingerprint(fingerprint)],
        ["Made", created.toISOString().slice(0, 10)],
        ["Expires", expires?.toISOString().slice(0, 10) ?? "never"],
        ["Standing", standing],
        ["SSH fingerprint", sshFingerprint],
        ["SSH public key", sshPublicKey],
      ]),
    };
  },
});
