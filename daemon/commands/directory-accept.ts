import { acceptKey } from "../directory/accept.ts";
import { parseAgencyId, parseFingerprint, showFingerprint } from "../ids.ts";
import { assertMay, ownAccount } from "../people.ts";
import { defineCommand } from "./frame/command.ts";

interface Typed {
  readonly args: [agency: string];
  readonly options: { readonly fingerprint: string };
}

export const command = defineCommand<Typed>({
  summary: "take an agency's new key, which is held, after its fingerprint was read out",
  example: 'directory accept 2700105 --fingerprint "1A2B 3C4D …"',
  syntax: (syntax) =>
    syntax
      .argument("<agency>", "its seven digits")
      .requiredOption("--fingerprint <f>", "as the agency itself read it out"),
  async run({ args: [typed], options, context }) {
    const config = await context.config();
    if (config.role === "entity") assertMay(await context.actor(), "approveKeyChanges", config);
    const accepting = {
      fingerprint: parseFingerprint(options.fingerprint),
      by: context.as ?? ownAccount() ?? "unknown",
      at: context.now(),
    };
    const agency = await acceptKey(await context.ledger(), parseAgencyId(typed), accepting);
    const { agency_id: agencyId, name } = agency;
    return {
      result: { agencyId, name, fingerprint: accepting.fingerprint },
      lines: [
        `${name} (${agencyId}) is known by ${showFingerprint(accepting.fingerprint)} from now on.`,
        "What waits goes with the next exchange.",
      ],
    };
  },
});
