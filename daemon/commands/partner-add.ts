import { readFile } from "node:fs/promises";
import { type ReadCard, readCard } from "../directory/card.ts";
import { agencyOf, assertFingerprint } from "../directory/pin.ts";
import { errnoOf } from "../disk.ts";
import { PacketboatError } from "../errors.ts";
import { parseFingerprint, showFingerprint } from "../ids.ts";
import { addAgency, findAgency } from "../ledger/agencies.ts";
import type { AgencyRow } from "../ledger/tables.ts";
import { ownAccount } from "../people.ts";
import { defineCommand } from "./frame/command.ts";
import type { Context } from "./frame/context.ts";
import { pairs } from "./frame/shown.ts";

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
  async run({ args: [file], options, context }) {
    const named = options.fingerprint === undefined ? null : parseFingerprint(options.fingerprint);
    const config = await context.config();
    const signedCard = await cardFile(context.path(file));
    const read = await readCard(signedCard, context.now());
    if (read.agencyId === config.agency.id) {
      throw new PacketboatError("CARD_CONFLICT", `agency ${read.agencyId} is this home itself`);
    }
    const ledger = await context.ledger();
    const known = await findAgency(ledger, read.agencyId);
    await assertNewer(read, known, context.now());
    if (named !== null) assertFingerprint(read, named);
    else if (known?.fingerprint !== read.fingerprint) await ask(context, read, known);
    const by = context.as ?? ownAccount() ?? "unknown";
    const agency = agencyOf(read, { signedCard, at: context.now(), by });
    await addAgency(ledger, agency);
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

async function cardFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === null) throw cause;
    const code = errno === "ENOENT" ? "FILE_NOT_FOUND" : "FILE_UNREADABLE";
    throw new PacketboatError(code, `${path} cannot be read (${errno})`, { cause });
  }
}

/** An older card of the same key may be somebody's copy from before a change. */
async function assertNewer(read: ReadCard, known: AgencyRow | null, at: Date): Promise<void> {
  if (known?.fingerprint !== read.fingerprint || known.signed_card === null) return;
  const present = await readCard(Buffer.from(known.signed_card), at);
  if (read.created >= present.created) return;
  const times = `${read.created.toISOString()}, before the one that is known (${present.created.toISOString()})`;
  throw new PacketboatError("CARD_INVALID", `the card of ${read.agencyId} was made at ${times}`);
}

/** A known key is its owner's word for a new card; a new one needs a person who compared it. */
async function ask(context: Context, read: ReadCard, known: AgencyRow | null): Promise<void> {
  const { card, agencyId, fingerprint } = read;
  const { OrganizationName: name, AddressCity: city, StateAbbreviation: state } = card.Agency;
  const about = [
    ...pairs([
      ["Agency", `${name} (${agencyId}), ${city}, ${state}`],
      ["Fingerprint", showFingerprint(fingerprint)],
      ["Known until now", known?.fingerprint ? showFingerprint(known.fingerprint) : null],
    ]),
    ...(known ? ["This is another key than the one that is known: ask its owner why."] : []),
    "Call the agency at a number that you know already, not at one from the card.",
  ];
  const unattended = `the card of ${agencyId} has the fingerprint ${showFingerprint(fingerprint)}, and nobody has confirmed it`;
  if (await context.confirm(about, "Did its owner read out this fingerprint?", unattended)) return;
  throw new PacketboatError("CONFIRMATION_NEEDED", `agency ${agencyId} was not added`);
}
