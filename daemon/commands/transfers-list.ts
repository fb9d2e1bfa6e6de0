import { Option } from "commander";
import { answersDue } from "../alerts/due.ts";
import { calendarOf } from "../config/calendar.ts";
import { requestReader } from "../desk/requests.ts";
import { transferOverviews, type TransferOverview } from "../ledger/overviews.ts";
import { transfersUnanswered } from "../ledger/transfers.ts";
import type { TransferState } from "../transfer/effects.ts";
import { defineCommand } from "./frame/command.ts";
import { table } from "./frame/shown.ts";
import { shownDay } from "./showing/times.ts";
import { agencyWords, releaserWords, transferResult } from "./showing/transfer.ts";
import { dayIn, startOf } from "./typed/day.ts";
import { statusIn } from "./typed/status.ts";

interface Options {
  readonly status?: TransferState;
  readonly school?: string;
  readonly since?: string;
}

export const command = defineCommand<{ options: Options }>({
  summary: "the transfers here, newest request first",
  example: "transfers list --status RequestReceived --since 2026-08-01",
  syntax: (syntax) =>
    syntax
      .addOption(
        new Option("--status <status>", "only those, like RequestReceived or OnHold").argParser(
          statusIn,
        ),
      )
      .option("--school <name>", "only those of this school, or with these words in its name")
      .option("--since <day>", "only requests from this day on, like 2026-08-01"),
  async run({ options, context }) {
    const config = await context.config();
    const { agency, dropFolders } = config;
    const isNamed = config.role === "district";
    const { timeZone } = agency;
    const since =
      options.since === undefined ? null : startOf(dayIn(options.since, "--since"), timeZone);
    const ledger = await context.ledger();
    const requestOf = requestReader(ledger);
    const us = { agencyId: agency.id, name: agency.name };
    const found = await transferOverviews(ledger, Number.MAX_SAFE_INTEGER);
    const counting = { timeZone, calendar: calendarOf(config), requestOf };
    const dueBy = await answersDue(transfersUnanswered(ledger), context.now(), counting);
    const result = [];
    for (const overview of found.filter((each) => isWanted(each, options, since))) {
      const request = isNamed ? await requestOf(overview.requestContentId) : null;
      const due = dueBy.get(`${overview.requesterId}/${overview.transferId}`) ?? null;
      result.push(transferResult(overview, us, { request, due, dropFolders }));
    }
    const isOne = Object.keys(dropFolders).length <= 1;
    const rows = result.map((each) => [
      shownDay(new Date(each.requestedAt), timeZone),
      ...(isNamed ? [each.student ?? "(no longer kept)"] : []),
      statusCell(each),
      each.due === null ? "" : each.overdue ? `${each.due} OVERDUE` : each.due,
      agencyWords(each.requestingDistrict),
      releaserWords(each),
      ...(isOne ? [] : [each.dropFolder]),
      each.reference,
    ]);
    return {
      result,
      lines: table(
        [
          "Requested",
          ...(isNamed ? ["Student"] : []),
          "Status",
          "Answer by",
          "Requesting district",
          "Releasing district",
          ...(isOne ? [] : ["Drop folder"]),
          "Reference",
        ],
        rows,
        "There are no such transfers.",
      ),
    };
  },
});

function statusCell({ status, holdUntil, onPaper }: ReturnType<typeof transferResult>): string {
  const until = holdUntil === null ? status : `${status} until ${holdUntil}`;
  return onPaper ? `${until} (on paper)` : until;
}

function isWanted(transfer: TransferOverview, options: Options, since: Date | null): boolean {
  const { status, school } = options;
  if (status !== undefined && transfer.state !== status) return false;
  if (since !== null && transfer.requestedAt < since) return false;
  if (school === undefined) return true;
  return transfer.school?.toLowerCase().includes(school.toLowerCase()) ?? false;
}
