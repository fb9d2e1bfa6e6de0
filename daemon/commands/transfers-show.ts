import { sourceWords } from "../alerts/catalogue.ts";
import { answersDue } from "../alerts/due.ts";
import type { Config } from "../config.ts";
import { calendarOf } from "../config/calendar.ts";
import { requestReader } from "../desk/requests.ts";
import { keptAnswer } from "../directory/referrals.ts";
import { findAgency } from "../ledger/agencies.ts";
import { foldersShown } from "../ledger/folders.ts";
import { transferOverview } from "../ledger/overviews.ts";
import type { AgencyRow } from "../ledger/tables.ts";
import { transferNamed, transfersUnanswered } from "../ledger/transfers.ts";
import { statusWords } from "../reports/status-words.ts";
import { openAlertsOf } from "./deciding/decided.ts";
import { defineCommand } from "./frame/command.ts";
import { pairs } from "./frame/shown.ts";
import { alertLines, alertResult } from "./showing/alert.ts";
import { askedRows } from "./showing/asked.ts";
import { possibleNow } from "./showing/possible.ts";
import { shownTime } from "./showing/times.ts";
import { agencyWords, releaserWords, transferResult } from "./showing/transfer.ts";

export const command = defineCommand<{ args: [reference: string] }>({
  summary: "one transfer: who asks for whom, how it stands, what may be done now",
  example: "transfers show K7QM-3F2D",
  syntax: (syntax) => syntax.argument("<reference>", "like K7QM-3F2D, or the whole TransferId"),
  async run({ args: [typed], context }) {
    const config = await context.config();
    const { agency, dropFolders } = config;
    const isNamed = config.role === "district";
    const { timeZone } = agency;
    const ledger = await context.ledger();
    const stored = await transferNamed(ledger, typed);
    const requestOf = requestReader(ledger);
    const request = isNamed ? await requestOf(stored.requestContentId) : null;
    const counting = { timeZone, calendar: calendarOf(config), requestOf };
    const dueBy = await answersDue(transfersUnanswered(ledger), context.now(), counting);
    const us = { agencyId: agency.id, name: agency.name };
    const { requesterId, transferId } = stored.transfer;
    const due = dueBy.get(`${requesterId}/${transferId}`) ?? null;
    const overview = await transferOverview(ledger, stored.transfer);
    const told = transferResult(overview, us, { request, due, dropFolders });
    const partner = await findAgency(ledger, stored.transfer.partnerId);
    const phone = partner?.phone ?? null;
    const folders = await foldersShown(ledger, stored.transfer);
    const answer = await keptAnswer(ledger, stored.transfer);
    const alerts = await openAlertsOf(ledger, stored.transfer);
    const possible = possibleNow(stored.transfer);
    const { label, meaning } = statusWords(told.state, told.side, told.onPaper);
    return {
      result: {
        ...told,
        phone,
        answer: answer?.Comments ?? null,
        folders,
        possible,
        alerts: alerts.map((alert) => alertResult(alert, timeZone)),
      },
      lines: [
        ...pairs([
          ["Reference", told.reference],
          ["Status", `${label}. ${meaning}`],
          ["On hold until", told.holdUntil],
          ["Answer by", told.due && `${told.due}${told.overdue ? ", OVERDUE" : ""}`],
          ["Requested", shownTime(new Date(told.requestedAt), timeZone)],
          ["Expires", shownTime(new Date(told.expiresAt), timeZone)],
          ["Requesting", agencyWords(told.requestingDistrict)],
          ["Releasing", releaserWords(told)],
          ["Through", told.entity && agencyWords(told.entity)],
          ["Telephone", phone && `${phone} (${sourceOf(partner)})`],
          ["Their answer", answer?.Comments ?? null],
          ...(request ? askedRows(request) : isNamed ? GONE : []),
          ["Drop folder", placeOf(told.dropFolder, dropFolders)],
          ...folders.map((folder): [string, string] => ["Folder", folder]),
        ]),
        ...headed(
          "Look at:",
          alerts.flatMap((alert) => alertLines(alert, timeZone)),
        ),
        ...headed(
          "What may be done now:",
          possible.map((line) => `  ${line}`),
        ),
      ],
    };
  },
});

const GONE = [["Request", "no longer kept"]] as const;

const placeOf = (name: string | null, dropFolders: Config["dropFolders"]): string | null =>
  name && `${name} (${dropFolders[name]?.path ?? ""})`;

const sourceOf = (agency: AgencyRow | null): string =>
  `from ${sourceWords(agency?.source ?? "card")}`;

const headed = (head: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ["", head, ...lines];
