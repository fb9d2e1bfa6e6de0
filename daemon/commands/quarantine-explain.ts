import { type InQuarantine, quarantinedNamed } from "../desk/quarantine.ts";
import { defineCommand } from "./frame/command.ts";
import { causeLines, causesOf } from "./quarantined/explained.ts";
import { mailText } from "./quarantined/mail.ts";
import { foundResult, quarantineOf, STANDING_WORDS } from "./quarantined/quarantine.ts";

export const command = defineCommand<{ args: [id: string] }>({
  summary: "what is wrong with something in the quarantine, who does what, and a text to mail",
  example: "quarantine explain 7be6a835",
  syntax: (syntax) => syntax.argument("<id>", "or its first or last six characters"),
  async run({ args: [id], context }) {
    const config = await context.config();
    const found = await quarantinedNamed(await quarantineOf(context), id);
    const causes = causesOf(found);
    const [{ wrong, ours, theirs }] = causes;
    const mail = mailText(found, config);
    return {
      result: { ...foundResult(found), wrong, ours, theirs, causes, mail: mail.join("\n") },
      lines: [
        ...reasonLines(found),
        ...causeLines(found),
        ...standingLines(found),
        "To mail to the sender:",
        "",
        ...mail.map((line) => (line === "" ? "" : `  ${line}`)),
      ],
    };
  },
});

/** In the words of whatever found the fault. */
function reasonLines(found: InQuarantine): string[] {
  if (found.kind === "recalled") return [];
  const { reason } = found.kind === "refused" ? found.kept : found.unrelayed;
  const messages = found.kind === "refused" ? found.kept.messages : [];
  if (messages.length === 0) return [`Reason: ${reason}`, ""];
  return [
    ...messages.map(
      ({ position, kind, code, reason: why }) => `Message ${position} (${kind}): ${why} [${code}]`,
    ),
    "",
  ];
}

function standingLines(found: InQuarantine): string[] {
  if (found.kind === "recalled") return [];
  const { standing } = found.kind === "refused" ? found.kept : found.unrelayed;
  return [`How it stands: ${STANDING_WORDS[standing]}.`, ...callLine(found), ""];
}

function callLine(found: InQuarantine): string[] {
  if (found.kind !== "refused" || found.kept.from === null) return [];
  const { phone, source } = found.kept.from;
  return phone === null
    ? ["Call: no telephone number of it is known here, so use one that you already know."]
    : [`Call: ${phone} (from ${source === "directory" ? "the directory" : "its card"})`];
}
