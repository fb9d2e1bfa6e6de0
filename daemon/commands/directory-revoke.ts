import { entityOf } from "../config.ts";
import { revokeKey } from "../entity/districts.ts";
import { PacketboatError } from "../errors.ts";
import { parseAgencyId, parseFingerprint, showFingerprint } from "../ids.ts";
import { assertMay } from "../people.ts";
import { defineCommand } from "./frame/command.ts";

interface Typed {
  readonly args: [agency: string];
  readonly options: { readonly fingerprint?: string; readonly yes?: boolean };
}

export const command = defineCommand<Typed>({
  summary: "entity: revoke an agency's key; nothing that it ever signed counts any more",
  example: 'directory revoke 2700105 --fingerprint "1A2B 3C4D …"',
  syntax: (syntax) =>
    syntax
      .argument("<agency>", "its seven digits")
      .option("--fingerprint <f>", "of the key; without it the present one, and you are asked"),
  async run({ args: [typed], options, context }) {
    const config = entityOf(await context.config());
    assertMay(await context.actor(), "approveKeyChanges", config);
    const id = parseAgencyId(typed);
    const named = options.fingerprint === undefined ? null : parseFingerprint(options.fingerprint);
    if (named === null) {
      const about = [`The present key of ${id}: nobody takes what it signed any more.`];
      const unattended = `nobody has confirmed that the key of ${id} is to be revoked`;
      if (!(await context.confirm(about, "Revoke it?", unattended))) {
        throw new PacketboatError("CONFIRMATION_NEEDED", `the key of ${id} was not revoked`);
      }
    }
    const revoking = { fingerprint: named, at: context.now() };
    const { fingerprint } = await revokeKey(await context.ledger(), id, revoking);
    return {
      result: { agencyId: id, fingerprint },
      lines: [
        `Revoked ${showFingerprint(fingerprint)} of ${id}.`,
        "Publish it at once: packetboat directory publish",
        "The agency makes a new key (packetboat keys rotate), and sends its card: packetboat directory add CARD",
      ],
    };
  },
});
