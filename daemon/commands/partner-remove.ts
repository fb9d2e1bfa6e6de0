import { keptDirectory } from "../directory/directory.ts";
import { PacketboatError } from "../errors.ts";
import { type AgencyId, parseAgencyId, parseFingerprint, showFingerprint } from "../ids.ts";
import { joinedEntity, knownCard, removeAgency } from "../ledger/agencies.ts";
import type { Ledger } from "../ledger/connect.ts";
import { lastDirectory } from "../ledger/directories.ts";
import type { AgencyRow } from "../ledger/tables.ts";
import { defineCommand } from "./frame/command.ts";
import type { Context } from "./frame/context.ts";

interface Typed {
  readonly args: [agency: string];
  readonly options: { readonly fingerprint?: string };
}

export const command = defineCommand<Typed>({
  summary: "trust a district no longer",
  example: "partner remove 4808940",
  syntax: (syntax) =>
    syntax
      .argument("<agency>", "its seven digits")
      .option("--fingerprint <f>", "of its key, instead of a question"),
  async run({ args: [id], options, context }) {
    const named = options.fingerprint === undefined ? null : parseFingerprint(options.fingerprint);
    const { role } = await context.config();
    const ledger = await context.ledger();
    const agency = await knownCard(ledger, parseAgencyId(id));
    const { agency_id: agencyId, name, fingerprint } = agency;
    const becomes =
      agency.role === "entity" && role === "entity"
        ? "nothing is exchanged with its state any more, and no district hears of it"
        : await becomesOf(ledger, agencyId);
    if (named === null) await ask(context, agency, becomes);
    else if (named !== fingerprint) {
      const sentence = `${agencyId} is known by the fingerprint ${showFingerprint(fingerprint)}, not by the one named`;
      throw new PacketboatError("FINGERPRINT_DIFFERS", sentence);
    }
    await removeAgency(ledger, agencyId, context.now());
    return {
      result: { agencyId, name, fingerprint },
      lines: [`Removed ${name} (${agencyId}): ${becomes}.`],
    };
  },
});

/** What removing it means. */
async function becomesOf(ledger: Ledger, id: AgencyId): Promise<string> {
  const entity = await joinedEntity(ledger);
  const directory = entity && (await lastDirectory(ledger, entity.agency_id));
  const { Agency: listed = [] } = directory ? await keptDirectory(directory) : {};
  return listed.some(({ AgencyId }) => AgencyId === id)
    ? "from the next exchange on it is known as the directory lists it, by the key that was known"
    : "what it sends from now on is refused";
}

async function ask(
  context: Context,
  { agency_id: id, name }: AgencyRow,
  becomes: string,
): Promise<void> {
  const about = [`${name} (${id}): ${becomes}.`];
  const unattended = `nobody has confirmed that agency ${id} is to be removed`;
  if (await context.confirm(about, "Remove it?", unattended)) return;
  throw new PacketboatError("CONFIRMATION_NEEDED", `agency ${id} was not removed`);
}
