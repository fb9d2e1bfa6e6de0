import { PacketboatError } from "../errors.ts";
import { showFingerprint } from "../ids.ts";
import { defineCommand } from "./frame/command.ts";
import { pairs } from "./frame/shown.ts";
import { rotateKey } from "./home/rotate.ts";

interface Typed {
  readonly options: { readonly yes?: boolean; readonly ssh?: boolean };
}

export const command = defineCommand<Typed>({
  summary: "make a new OpenPGP key; the present one is retired",
  example: "keys rotate --yes",
  syntax: (syntax) =>
    syntax.option("--ssh", "a new SSH key as well, as after a theft").option("--yes", "do not ask"),
  async run({ options, context }) {
    const config = await context.config();
    if (options.yes !== true) await ask(context);
    const { before, fingerprint, expires, isVouchedFor, sshFingerprint, card } = await rotateKey(
      config,
      { at: context.now(), withSsh: options.ssh === true },
    );
    return {
      result: {
        agencyId: config.agency.id,
        before,
        fingerprint,
        expires: expires.toISOString(),
        vouchedFor: isVouchedFor,
        ...(sshFingerprint === null ? {} : { sshFingerprint }),
        card,
      },
      lines: [
        ...pairs([
          ["Retired", showFingerprint(before)],
          ["OpenPGP fingerprint", showFingerprint(fingerprint)],
          ["Expires", expires.toISOString().slice(0, 10)],
          ...(sshFingerprint === null ? [] : [["SSH fingerprint", sshFingerprint] as const]),
          ["Card", card],
        ]),
        ...(config.role === "entity" ? ENTITYS : DISTRICTS[isVouchedFor ? "known" : "unknown"]),
        ...(sshFingerprint === null ? [] : NEW_LOGIN[config.role]),
      ],
    };
  },
});

const OLD_OPENS = "What was sealed for the old key still opens.";

/** By whether the former key could name the new one. */
const DISTRICTS = {
  known: [
    "Send the card to your entity and to every partner now: until they have added it, they refuse what you",
    "send. The old key has named the new one, so whoever knows the old needs no telephone, unless it was revoked.",
    OLD_OPENS,
  ],
  unknown: [
    "Send the card to your entity and to every partner now, and read the fingerprint out by telephone: until",
    "they have added it, they refuse what you send.",
    OLD_OPENS,
  ],
};

const NEW_LOGIN = {
  district: [
    "Until the server's administrator has put in the new SSH key, which the card holds too, nothing is exchanged.",
  ],
  entity: [
    "Until the entities of other states have added the new card, which holds the new SSH key, and have run their",
    "script, nothing goes to them.",
  ],
};

const ENTITYS = [
  "Publish the directory: districts, and entities of other states, that know the old key take the new one from it.",
  "New ones join by the new card.",
  OLD_OPENS,
];

async function ask(context: Parameters<typeof command.run>[0]["context"]): Promise<void> {
  const about = ["Every partner must add the new card before they take anything from here again."];
  const unattended = "a new key needs somebody who says yes, or --yes";
  if (await context.confirm(about, "Make a new key?", unattended)) return;
  throw new PacketboatError("CONFIRMATION_NEEDED", "the key stays as it was");
}
