/** An exchange in words. File names are not told: people name files after students. */
import { wordsOf } from "../../alerts/catalogue.ts";
import { textOf } from "../../alerts/say.ts";
import { type ExchangeCounts, isIdle } from "../../exchange/outcome.ts";
import { counted } from "../showing/spans.ts";
import type { Exchanged } from "./exchange.ts";

/** More would push what counts off the screen. */
const MOST_RAISED = 50;

export function exchangeLines(done: Exchanged): string[] {
  const { counts, reports, raised, raisedCount, timeZone } = done;
  const pages = reports.filter((path) => path.endsWith("alerts.html"));
  return [
    ...countLines(counts),
    ...raised.slice(0, MOST_RAISED).flatMap((alert) => {
      const { title, happened } = wordsOf(alert, timeZone);
      return [`${alert.id}  ${title}`, `  ${textOf(happened)}`];
    }),
    ...(raisedCount > MOST_RAISED ? [`… and ${raisedCount - MOST_RAISED} more.`] : []),
    ...(raised.length === 0 ? [] : ["What to do about it: packetboat alerts list"]),
    ...pages.map((page) => `Report: ${page}`),
  ];
}

function countLines(counts: ExchangeCounts): string[] {
  if (isIdle(counts)) return ["Nothing was due to leave, and nothing came."];
  const told: readonly (readonly [count: number, words: string])[] = [
    [counts.documents, `Taken from the outboxes: ${counted(counts.documents, "document")}.`],
    [counts.documentsRefused, `Refused of these: ${counted(counts.documentsRefused, "document")}.`],
    [
      counts.collected,
      `Collected: ${counted(counts.collected, "packet")} with ${counted(counts.taken, "message")}.`,
    ],
    [counts.refused, `Refused of what came: ${counts.refused}.`],
    [counts.waiting, `Waiting in the box: ${counted(counts.waiting, "packet")}.`],
    [counts.published, `Shown in requests and records: ${counted(counts.published, "folder")}.`],
    [counts.sent, `Sent: ${counted(counts.sent, "packet")}.`],
    [counts.relayed, `Moved on to other states: ${counted(counts.relayed, "file")}.`],
    [counts.failed, `Not reached: ${counted(counts.failed, "partner")}.`],
  ];
  return told.filter(([count]) => count > 0).map(([, words]) => words);
}
