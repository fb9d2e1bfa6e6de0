import { entityOf, homePaths } from "../config.ts";
import type { ReadCard } from "../directory/card.ts";
import { assertListable, takeUp } from "../entity/districts.ts";
import { PacketboatError } from "../errors.ts";
import type { AgencyId } from "../ids.ts";
import { findAgency, listCards } from "../ledger/agencies.ts";
import type { Ledger } from "../ledger/connect.ts";
import { assertMay } from "../people.ts";
import { defineCommand } from "./frame/command.ts";
import { pairs } from "./frame/shown.ts";
import { readHomeKeys } from "./home/keys.ts";
import { accountHolders } from "./trusting/holders.ts";
import { introduced, type Introduced } from "./trusting/introduce.ts";
import type { Context } from "./frame/context.ts";

interface Typed {
  readonly args: [card: string];
  readonly options: { readonly fingerprint?: string };
}

export const command = defineCommand<Typed>({
  summary:
    "entity: take up a district, or another state's entity, by its card; or replace its card",
  example: 'directory add enrolment.xml --fingerprint "1A2B 3C4D …"',
  syntax: (syntax) =>
    syntax
      .argument("<card>", "the enrolment.xml that the district, or the other entity, sent")
      .option("--fingerprint <f>", "as its owner read it out; without it you are asked"),
  async run({ args: [file], options: { fingerprint }, context }) {
    const config = entityOf(await context.config());
    assertMay(await context.actor(), "approveDistricts", config);
    const { openpgp } = await readHomeKeys(config);
    const introduction = await introduced(context, {
      file,
      fingerprint,
      assertFits: async (read, db) => {
        assertListable(read, config.agency.id, await listCards(db));
        if (read.fingerprint !== openpgp.publicKey.fingerprint) return;
        const sentence = `the card of ${read.agencyId} carries the key of this entity`;
        throw new PacketboatError("CARD_CONFLICT", sentence);
      },
      warnings: sameLogin,
    });
    await assertKeyMayChange(introduction, context);
    const { read, known: before, since, agency } = introduction;
    const ledger = await context.ledger();
    const taken = await takeUp(ledger, agency, { read, before, since });
    const { agency_id: agencyId, role, name, box, status } = taken;
    const change = before === null ? "added" : "replaced";
    const keyChanged = before !== null && before.fingerprint !== read.fingerprint;
    return {
      result: {
        agencyId,
        role,
        name,
        change,
        keyChanged,
        fingerprint: read.fingerprint,
        box,
        status,
      },
      lines: [
        change === "added"
          ? `Added ${name} (${agencyId}).`
          : `Replaced the card of ${name} (${agencyId})${keyChanged ? ", which has a new key" : ""}.`,
        ...pairs([
          ["Box", box],
          ["Status", status],
        ]),
        "Next:",
        ...(role === "entity" ? peersSteps(homePaths(config).card) : districtsSteps(agencyId)),
      ],
    };
  },
});

const districtsSteps = (id: AgencyId): string[] => [
  "  1. Make its account and box: packetboat directory accounts",
  "  2. Tell the other districts: packetboat directory publish (else with the next exchange)",
  `  3. When it has exchanged, see that the way works: packetboat ping ${id}`,
];

const peersSteps = (card: string): string[] => [
  "  1. Make its account, and the box for what goes to its districts: packetboat directory accounts",
  `  2. Send it ${card}, and read your fingerprint out when it calls: it adds you in the same way`,
  "  3. Tell the districts: packetboat directory publish (else with the next exchange)",
  "  4. When it has made your account, see that its server lets you in: packetboat check",
];

/** Whoever stole an agency's key may have its SSH key too, and would be let in again by the new card. */
async function sameLogin(
  { agencyId, fingerprint, card }: ReadCard,
  ledger: Ledger,
): Promise<string[]> {
  // The card of the revoked key itself is refused.
  if ((await findAgency(ledger, agencyId))?.fingerprint === fingerprint) return [];
  const holder = (await accountHolders(ledger)).find(({ id }) => id === agencyId);
  if (holder?.isKeyRevoked !== true || holder.sshPublicKey !== card.SshPublicKey) return [];
  return [
    "Its key was revoked, and its SSH key is still the same: if that was stolen too, let them make another (packetboat keys rotate --ssh) and send that card.",
  ];
}

/**
 * An agency whose former key names the new one needs nobody; else it may be a stranger with its number.
 *
 * @throws PacketboatError CARD_CONFLICT
 */
async function assertKeyMayChange(
  { read, known, since }: Introduced,
  context: Context,
): Promise<void> {
  if (known === null || known.fingerprint === read.fingerprint || since !== null) return;
  const { person } = await context.actor();
  if (person.may.includes("approveKeyChanges")) return;
  throw new PacketboatError(
    "CARD_CONFLICT",
    `agency ${read.agencyId} is known with another key, which has not named this one, and ${person.username} may not approve changes of keys`,
  );
}
