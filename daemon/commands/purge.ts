import { purgingOf, report } from "../daemon.ts";
import { isAnyKept, purge, type Purged } from "../desk/purge.ts";
import type { Side } from "../transfer/effects.ts";
import { defineCommand } from "./frame/command.ts";
import { table } from "./frame/shown.ts";
import { counted } from "./showing/spans.ts";
import { shownDay } from "./showing/times.ts";

const HELP = `
What has no number of days under keep: in the config stays. The register of disclosures always stays.
The nightly exchange does the same once a day, by itself.`;

export const command = defineCommand<{ options: { readonly dryRun?: boolean } }>({
  summary: "delete what was kept as long as the config says",
  example: "purge --dry-run",
  syntax: (syntax) =>
    syntax.option("--dry-run", "only tell what would be deleted").addHelpText("after", HELP),
  async run({ options: { dryRun: isDry = false }, context }) {
    const config = await context.config();
    const { keep = {}, agency } = config;
    const home = { config, ledger: await context.ledger(), now: context.now };
    const purged = await purge(purgingOf(home, isDry));
    // The pages name students until they are written anew.
    if (!isDry && purged.transfers.length > 0) await report(home, null);
    const { transfers, ...counts } = purged;
    return {
      result: {
        dryRun: isDry,
        keep,
        ...counts,
        transfers: transfers.map(({ endedAt, ...each }) => ({
          ...each,
          endedAt: endedAt.toISOString(),
        })),
      },
      lines: isAnyKept(keep)
        ? linesOf(purged, isDry, agency.timeZone)
        : ["Nothing is deleted: the config has no days under keep:."],
    };
  },
});

const SIDE_WORDS: Readonly<Record<Side, string>> = {
  requester: "We asked",
  releaser: "We were asked",
  entity: "Passed on",
};

function linesOf(purged: Purged, isDry: boolean, timeZone: string): string[] {
  const { transfers, documents, quarantined, exchanges, alerts, contents, left } = purged;
  const rows = transfers.map((each) => [
    each.reference,
    SIDE_WORDS[each.side],
    shownDay(each.endedAt, timeZone),
    String(each.contents),
    String(each.folders),
  ]);
  return [
    isDry ? "This would be deleted:" : "Deleted:",
    `  ${counted(transfers.length, "transfer")}: what was said and who it was about, and their folders`,
    `  ${counted(documents, "answered document")} from outboxes`,
    `  ${counted(quarantined.length, "quarantined packet")}`,
    `  ${counted(exchanges, "past exchange")} with their pages, ${counted(alerts, "closed alert")}`,
    `  ${counted(contents, "other content")}: replaced requests, old receipts`,
    "",
    ...table(
      ["Reference", "Side", "Ended", "Contents", "Folders"],
      rows,
      "No transfer has been kept long enough.",
    ),
    ...(left.length === 0 ? [] : ["", "Left where it is:"]),
    ...left.map(({ what, why }) => `  ${what}: ${why}`),
  ];
}
