import { readFile } from "node:fs/promises";
import { entityOf } from "../config.ts";
import { type Account, accountsOf, accountsScript, chrootOf } from "../entity/accounts.ts";
import { ownAccount } from "../people.ts";
import { defineCommand } from "./frame/command.ts";
import { shipped } from "./home/template.ts";
import { accountHolders } from "./trusting/holders.ts";

export const command = defineCommand<{ options: { readonly serviceUser?: string } }>({
  summary:
    "print the script that makes the accounts and boxes of districts and peers on the server",
  example: "directory accounts >accounts.sh",
  syntax: (syntax) =>
    syntax
      .option("--service-user <name>", "the account packetboat runs as (else the one you are)")
      .addHelpText(
        "after",
        "\nThe server's administrator reads the script and runs it as root: sh accounts.sh. Print and run it again\nwhenever a district or another state's entity was added, suspended or revoked, has a new SSH key, or\nlimits.perSender has changed: that is the quota of each district, on a machine that has quotas.",
      ),
  async run({ options, context }) {
    const config = entityOf(await context.config());
    const root = chrootOf(config);
    const accounts = accountsOf(await accountHolders(await context.ledger()));
    const service = options.serviceUser ?? ownAccount() ?? "";
    const { waitingFiles: files, waitingMegabytes: megabytes } = config.limits.perSender;
    const quota = { files, megabytes };
    const place = { root, entityId: config.agency.id, service, quota };
    const script = accountsScript(accounts, place, await serverFiles());
    return { result: resultOf(accounts, service, script), lines: script.trimEnd().split("\n") };
  },
});

async function serverFiles() {
  const [tool, sshdConfig, steps] = await Promise.all(
    ["packetboat-district", "10-packetboat.conf", "accounts.sh"].map((name) =>
      readFile(shipped(`config/openssh/${name}`), "utf8"),
    ),
  );
  return { tool: tool ?? "", sshdConfig: sshdConfig ?? "", steps: steps ?? "" };
}

const resultOf = (accounts: readonly Account[], service: string, script: string) => ({
  service,
  accounts: accounts.map(({ id, role, account, key, lockedOut, status }) => ({
    agencyId: id,
    role,
    account,
    status,
    mayLogIn: key !== null,
    lockedOut,
  })),
  script,
});
