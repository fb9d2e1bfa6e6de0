import { allKept } from "../desk/quarantine.ts";
import { defineCommand } from "./frame/command.ts";
import { table } from "./frame/shown.ts";
import { keptResult, quarantineOf, senderWords, shortId } from "./quarantined/quarantine.ts";
import { shownTime } from "./showing/times.ts";

export const command = defineCommand<object>({
  summary: "what was refused and is kept",
  example: "quarantine list",
  async run({ context }) {
    const { agency } = await context.config();
    const kept = await allKept(await quarantineOf(context));
    const rows = kept.map((each) => [
      shortId(each),
      shownTime(each.refusedAt, agency.timeZone),
      senderWords(each),
      each.messages.length === 0 ? "packet" : `${each.messages.length} of its messages`,
      each.code,
      SHORT[each.standing],
    ]);
    return {
      result: kept.map(keptResult),
      lines: [
        ...table(
          ["Id", "Refused", "Sender", "What", "Code", "Sender told"],
          rows,
          "Nothing is in the quarantine.",
        ),
        ...(kept.length === 0
          ? []
          : ["", "What to do about one: packetboat quarantine explain ID"]),
      ],
    };
  },
});

const SHORT = { answered: "yes", kept: "no", again: "no; tried again" } as const;
