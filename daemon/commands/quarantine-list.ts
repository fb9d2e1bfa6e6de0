import { allKept } from "../desk/quarantine.ts";
import { allSetAside } from "../desk/recalled.ts";
import { allUnrelayed } from "../desk/unrelayed.ts";
import { defineCommand } from "./frame/command.ts";
import { table } from "./frame/shown.ts";
import {
  keptResult,
  quarantineOf,
  senderWords,
  setAsideResult,
  shortId,
  unrelayedResult,
} from "./quarantined/quarantine.ts";
import { shownTime } from "./showing/times.ts";

export const command = defineCommand<object>({
  summary: "what was refused or recalled and is kept",
  example: "quarantine list",
  async run({ context }) {
    const { agency } = await context.config();
    const quarantine = await quarantineOf(context);
    const kept = await allKept(quarantine);
    const aside = await allSetAside(quarantine);
    const refused = kept.map((each) => [
      shortId(each),
      shownTime(each.refusedAt, agency.timeZone),
      senderWords(each),
      each.messages.length === 0 ? "packet" : `${each.messages.length} of its messages`,
      each.code,
      SHORT[each.standing],
    ]);
    const recalled = aside.map((each) => [
      shortId(each),
      shownTime(each.recalledAt, agency.timeZone),
      senderWords(each),
      `records ${each.folder}`,
      "recalled",
      "yes",
    ]);
    const unrelayed = await allUnrelayed(quarantine);
    const notMoved = unrelayed.map((each) => [
      shortId(each),
      shownTime(each.refusedAt, agency.timeZone),
      "not proved",
      "file for another state",
      each.code,
      SHORT[each.standing],
    ]);
    return {
      result: [
        ...kept.map(keptResult),
        ...unrelayed.map(unrelayedResult),
        ...aside.map(setAsideResult),
      ],
      lines: [
        ...table(
          ["Id", "Since", "Sender", "What", "Code", "Sender told"],
          [...refused, ...notMoved, ...recalled],
          "Nothing is in the quarantine.",
        ),
        ...(kept.length + unrelayed.length === 0
          ? []
          : ["", "What to do about a refused one: packetboat quarantine explain ID"]),
        ...(aside.length === 0
          ? []
          : ["", "Recalled records are deleted for good by: packetboat quarantine discard ID"]),
      ],
    };
  },
});

const SHORT = { answered: "yes", kept: "no", again: "no; tried again" } as const;
