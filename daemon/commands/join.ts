import { districtOf, homePaths } from "../config.ts";
import type { ReadCard } from "../directory/card.ts";
import { keyOf } from "../directory/pin.ts";
import { PacketboatError } from "../errors.ts";
import type { AgencyId } from "../ids.ts";
import { addAgency, joinedEntities, removeAgency } from "../ledger/agencies.ts";
import type { Ledger } from "../ledger/connect.ts";
import { forgetDirectory } from "../ledger/directories.ts";
import type { CardRow } from "../ledger/tables.ts";
import { defineCommand } from "./frame/command.ts";
import {
  type OfferedServer,
  offeredServer,
  serverLines,
  type Settled,
  settleServer,
} from "./home/offered.ts";
import { introduced } from "./trusting/introduce.ts";

interface Typed {
  readonly args: [card: string];
  readonly options: { readonly fingerprint?: string };
}

export const command = defineCommand<Typed>({
  summary: "join the common entity of your state or region by its card",
  example: 'join state-enrolment.xml --fingerprint "1A2B 3C4D …"',
  syntax: (syntax) =>
    syntax
      .argument("<card>", "the enrolment.xml that the entity hands out")
      .option("--fingerprint <f>", "as the entity read it out; without it you are asked"),
  async run({ args: [file], options: { fingerprint }, context }) {
    const config = await context.config();
    districtOf(config);
    const { read, agency, known, since } = await introduced(context, {
      file,
      fingerprint,
      assertFits: (card) => assertOwnEntity(card, config.agency.id),
      warnings: async ({ agencyId }, db) =>
        (await others(db, agencyId)).map(
          ({ agency_id: id, name }) =>
            `You have joined ${name} (${id}) before. This one replaces it, and what is under way through that one stops.`,
        ),
    });
    const ledger = await context.ledger();
    for (const { agency_id: id } of await others(ledger, read.agencyId)) {
      await removeAgency(ledger, id, context.now());
    }
    // Another key that only a person vouches for: what the former signed last is no measure for it.
    const isAnother = known !== null && known.fingerprint !== read.fingerprint && since === null;
    if (isAnother) await forgetDirectory(ledger, read.agencyId);
    await addAgency(ledger, agency, keyOf(read), since?.toISOString());
    const offered = offeredServer(read.card, config.agency.id);
    const settled = offered && (await settleServer(config, context.configPath, offered));
    return {
      result: {
        agencyId: agency.agency_id,
        name: agency.name,
        change: known === null ? "added" : "replaced",
        fingerprint: agency.fingerprint,
        server: offered && { ...offered, config: settled },
      },
      lines: [
        known === null
          ? `Joined ${agency.name} (${agency.agency_id}).`
          : `Replaced the card of ${agency.name} (${agency.agency_id}).`,
        ...(offered && settled ? linesOf[settled](offered, context.configPath) : NO_SERVER),
        "",
        "Next:",
        ...nextSteps(agency, homePaths(config).card),
      ],
    };
  },
});

/** Other entities that were joined: a district has one. */
const others = async (db: Ledger, id: AgencyId): Promise<CardRow[]> =>
  (await joinedEntities(db)).filter(({ agency_id: other }) => other !== id);

/** The two first digits of an NCES id are the state's FIPS code; an entity's are its own (PROTOCOL 1). */
function assertOwnEntity({ card, agencyId }: ReadCard, ours: AgencyId): void {
  if (card.Role !== "Entity") {
    const sentence = `${agencyId} is a district, and no entity: packetboat partner add CARD`;
    throw new PacketboatError("CARD_UNFIT", sentence);
  }
  const state = ours.slice(0, 2);
  if (new RegExp(`^${state}0000[0-9]$`).test(agencyId)) return;
  const sentence = `${agencyId} is no entity of our state: its id would be ${state}00000, for ours is ${ours}`;
  throw new PacketboatError("CARD_UNFIT", sentence);
}

const linesOf: Readonly<Record<Settled, (offered: OfferedServer, config: string) => string[]>> = {
  filled: (offered, config) => [
    `Its server stands in ${config} now:`,
    ...indented(serverLines(offered)),
  ],
  same: ({ address }) => [`Its server is the one of the config: ${address}`],
  differs: (offered, config) => [
    `The config names another server. If the entity's is right, write this into ${config}:`,
    ...indented(serverLines(offered)),
  ],
  unwritten: (offered, config) => [
    `Write its server into ${config}:`,
    ...indented(serverLines(offered)),
  ],
};

const NO_SERVER = [
  "Its card names no server: ask for its address and host key, and write them under server: in the config.",
];

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

const nextSteps = ({ agency_id: id }: CardRow, card: string): string[] => [
  `  1. Mail ${card} to the entity, and read your fingerprint out when they call (packetboat keys show)`,
  "  2. When they say that your account is made: packetboat check",
  `  3. See that the way works: packetboat ping ${id} --wait 600`,
];
