import type { ReadCard } from "../directory/card.ts";
import { PacketboatError } from "../errors.ts";
import { addAgency } from "../ledger/agencies.ts";
import { defineCommand } from "./frame/command.ts";
import { introduced } from "./trusting/introduce.ts";

interface Typed {
  readonly args: [card: string];
  readonly options: { readonly fingerprint?: string };
}

export const command = defineCommand<Typed>({
  summary: "trust a district by its card",
  example: 'partner add enrolment.xml --fingerprint "1A2B 3C4D …"',
  syntax: (syntax) =>
    syntax
      .argument("<card>", "the enrolment.xml that the partner sent")
      .option("--fingerprint <f>", "as its owner read it out; without it you are asked"),
  async run({ args: [file], options: { fingerprint }, context }) {
    const { agency, known } = await introduced(context, {
      file,
      fingerprint,
      assertFits: assertDistrict,
    });
    await addAgency(await context.ledger(), agency);
    const change = known === null ? "added" : "replaced";
    return {
      result: {
        agencyId: agency.agency_id,
        name: agency.name,
        change,
        fingerprint: agency.fingerprint,
      },
      lines: [
        change === "added"
          ? `Added ${agency.name} (${agency.agency_id}).`
          : `Replaced the card of ${agency.name} (${agency.agency_id}).`,
        `See that the way works: packetboat ping ${agency.agency_id}`,
      ],
    };
  },
});

function assertDistrict({ card, agencyId }: ReadCard): void {
  if (card.Role === "District") return;
  const sentence = `${agencyId} is the common entity of a state or region, and no partner: packetboat join CARD`;
  throw new PacketboatError("CARD_UNFIT", sentence);
}
