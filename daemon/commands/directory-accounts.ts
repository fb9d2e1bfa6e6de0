import { readFile } from "node:fs/promises";
import { entityOf } from "../config.ts";
import { readCard } from "../directory/card.ts";
import {
  type Account,
  type AccountHolder,
  accountsOf,
  accountsScript,
  chrootOf,
} from "../entity/accounts.ts";
import { isRefusal } from "../errors.ts";
import { listCards } from "../ledger/agencies.ts";
import type { CardRow } from "../ledger/tables.ts";
import { ownAccount } from "../people.ts";
import { defineCommand } from "./frame/command.ts";
import { shipped } from "./home/template.ts";

export const command = defineCommand<{ options: { readonly serviceUser?: string } }>({
  summary: "print the script that makes the districts' accounts and boxes on the server",
  example: "directory accounts >accounts.sh",
  syntax: (syntax) =>
    syntax
      .option("--service-user <name>", "the account packetboat runs as (else the one you are)")
      .addHelpText(
        "after",
        "\nThe server's administrator reads the script and runs it as root: sh accounts.sh. Print and run it again\nwhenever a district was added, suspended or revoked, or has a new SSH key.",
      ),
  async run({ options, context }) {
    const config = entityOf(await context.config());
    const root = chrootOf(config);
    const cards = await listCards(await context.ledger());
    const districts = cards.filter(({ role }) => role === "district");
    const accounts = accountsOf(await Promise.all(districts.map(holderOf)));
    const service = options.serviceUser ?? ownAccount() ?? "";
    const place = { root, entityId: config.agency.id, service };
    const script = accountsScript(accounts, place, await serverFiles());
    return { result: resultOf(accounts, service, script), lines: script.trimEnd().split("\n") };
  },
});

/** The card as it was when it was added: whether its OpenPGP key has ended since is no matter of the account. */
async function holderOf(row: CardRow): Promise<AccountHolder> {
  const { agency_id: id, name, status, signed_card: text, added_at: addedAt } = row;
  const read = await readCard(Buffer.from(text), new Date(addedAt)).catch((error: unknown) => {
    if (isRefusal(error)) return null;
    throw error;
  });
  return { id, name, status, sshPublicKey: read?.card.SshPublicKey ?? null };
}

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
  accounts: accounts.map(({ id, key, lockedOut, status }) => ({
    agencyId: id,
    account: `lea${id}`,
    status,
    mayLogIn: key !== null,
    lockedOut,
  })),
  script,
});
