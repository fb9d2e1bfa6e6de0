import { keptNamed, type Kept } from "../desk/quarantine.ts";
import { refusalWords } from "../desk/refusal-words.ts";
import { defineCommand } from "./frame/command.ts";
import { mailText } from "./quarantined/mail.ts";
import { keptResult, quarantineOf, senderWords, STANDING_WORDS } from "./quarantined/quarantine.ts";

export const command = defineCommand<{ args: [id: string] }>({
  summary: "what is wrong with a refused packet, who does what, and a text to mail",
  example: "quarantine explain 7be6a835",
  syntax: (syntax) => syntax.argument("<id>", "or its first or last six characters"),
  async run({ args: [id], context }) {
    const config = await context.config();
    const kept = await keptNamed(await quarantineOf(context), id);
    const { wrong, ours, theirs } = refusalWords(kept.code);
    const mail = mailText(kept, config);
    return {
      result: { ...keptResult(kept), wrong, ours, theirs, mail: mail.join("\n") },
      lines: [
        `${wrong} [${kept.code}]`,
        `Reason: ${kept.reason}`,
        ...kept.messages.map(
          ({ position, kind, code, reason }) =>
            `Message ${position} (${kind}): ${reason} [${code}]`,
        ),
        "",
        `You: ${ours}`,
        `The sender (${senderWords(kept)}): ${theirs}`,
        `How it stands: ${STANDING_WORDS[kept.standing]}.`,
        ...callLine(kept),
        "",
        "To mail to the sender:",
        "",
        ...mail.map((line) => (line === "" ? "" : `  ${line}`)),
      ],
    };
  },
});

const callLine = ({ from }: Kept): string[] => {
  if (from === null) return [];
  return from.phone === null
    ? ["Call: no telephone number of it is known here, so use one that you already know."]
    : [`Call: ${from.phone} (from ${from.source === "directory" ? "the directory" : "its card"})`];
};
