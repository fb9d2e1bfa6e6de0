/** What a mail says: which requests, what to do, in which drop folder, whom to call. */
import { SEVERITIES } from "../alerts/catalogue.ts";
import type { Severity } from "../alerts/kind.ts";
import { dayOf, longDate } from "../alerts/when.ts";
import type { Config } from "../config.ts";
import { showReference } from "../ids.ts";
import { discreetSentences, discreetTitle, plainly } from "./discreet.ts";
import type { OpenAlert } from "./open.ts";

export interface Written {
  readonly subject: string;
  readonly text: string;
}

type Sender = Pick<Config, "agency" | "mode" | "role">;

/** A mail that nobody reads to its end tells nobody anything. */
const MOST_IN_FULL = 10;
const MOST_LINES = 60;
const WIDTH = 76;

/** What cannot wait. @param alerts at least one, all of one person */
export function alertsLetter(sender: Sender, alerts: readonly OpenAlert[], at: Date): Written {
  const isFew = alerts.length <= MOST_IN_FULL;
  return letter(sender, at, {
    about: aboutAll(alerts),
    parts: bySeverity(alerts).flatMap(([severity, these]) => [
      heading(severity, these.length),
      ...(isFew ? these.map(inFull) : [inLines(these)]),
    ]),
  });
}

/** What is open in the morning. @param alerts at least one, all of one person */
export function digestLetter(sender: Sender, open: readonly OpenAlert[], at: Date): Written {
  const alerts = onePerRequest(open);
  const about = `${alerts.length} open, ${dayOf(at, sender.agency.timeZone)}`;
  const parts = bySeverity(alerts).flatMap(([severity, these]) => [
    heading(severity, these.length),
    inLines(these),
  ]);
  return letter(sender, at, { about, parts });
}

function letter(
  { agency, mode, role }: Sender,
  at: Date,
  { about, parts }: { readonly about: string; readonly parts: readonly string[] },
): Written {
  const test = mode === "test" ? "Test: " : "";
  const top = `${agency.name}, ${dayOf(at, agency.timeZone)}`;
  return {
    subject: `${test}Packetboat: ${about}`,
    text: `${[...(test ? [TEST] : []), top, ...parts, FEET[role]].join("\n\n")}\n`,
  };
}

const TEST = "This packetboat runs in mode test: none of this is about a real student.";

/** At an entity nothing that people read names a student. */
const FEET: Readonly<Record<Config["role"], string>> = {
  district: [
    "Packetboat sent this by itself, and nobody reads answers. Students are named",
    "only in the drop folders and in the registrars' alerts.html. Please write no",
    "student's name or data into a mail about this.",
  ].join("\n"),
  entity: [
    "Packetboat sent this by itself, and nobody reads answers. Requests are known by",
    "their references. Please write no student's name or data into a mail about this.",
  ].join("\n"),
};

/** `Request to release K7QM-3F2D`, or `2 urgent, 98 new requests`. */
function aboutAll(alerts: readonly OpenAlert[]): string {
  const [only] = alerts;
  if (only && alerts.length === 1) return titleOf(only);
  const urgent = alerts.filter(({ words }) => words.severity === "urgent").length;
  const others = alerts.filter(({ words }) => words.severity !== "urgent");
  const fresh = others.filter(({ alert }) => alert.code === "REQUEST_TO_RELEASE").length;
  const late = others.length - fresh;
  return [
    ...(urgent > 0 ? [`${urgent} urgent`] : []),
    ...(fresh > 0 ? [`${fresh} new ${fresh === 1 ? "request" : "requests"}`] : []),
    ...(late > 0 ? [`${late} ${late === 1 ? "request waits" : "requests wait"}`] : []),
  ].join(", ");
}

/** The most urgent first; in each, what is overdue first, then the oldest. */
const bySeverity = (
  alerts: readonly OpenAlert[],
): (readonly [severity: Severity, alerts: readonly OpenAlert[]])[] =>
  SEVERITIES.map((severity) => {
    const these = alerts.filter(({ words }) => words.severity === severity);
    const late = these.filter(isOverdue);
    return [severity, [...late, ...these.filter((each) => !isOverdue(each))]] as const;
  }).filter(([, these]) => these.length > 0);

/** They all say that somebody has to decide: the gravest says it for the others. */
const GRAVEST_FIRST = [
  "ANSWER_OVERDUE",
  "DECISION_ESCALATED",
  "DECISION_DUE",
  "REQUEST_TO_RELEASE",
];

function onePerRequest(alerts: readonly OpenAlert[]): OpenAlert[] {
  const gravest = new Map<string, number>();
  const rankOf = ({ alert }: OpenAlert): number => GRAVEST_FIRST.indexOf(alert.code);
  for (const each of alerts) {
    const rank = rankOf(each);
    const { subject } = each.alert;
    if (rank >= 0) gravest.set(subject, Math.min(rank, gravest.get(subject) ?? rank));
  }
  return alerts.filter(
    (each) => rankOf(each) < 0 || rankOf(each) === gravest.get(each.alert.subject),
  );
}

const OVERDUE = ["ANSWER_OVERDUE", "DECISION_ESCALATED", "REQUEST_UNANSWERED"];
const isOverdue = ({ alert }: OpenAlert): boolean => OVERDUE.includes(alert.code);

const HEADINGS: Readonly<Record<Severity, string>> = {
  urgent: "URGENT: TODAY",
  attention: "TO DO",
  info: "TO KNOW",
};

const heading = (severity: Severity, count: number): string => `${HEADINGS[severity]} (${count})`;

function titleOf(open: OpenAlert): string {
  const { transfer } = open.alert;
  const title = discreetTitle(open);
  return transfer ? `${title} ${showReference(transfer.reference)}` : title;
}

function inFull(open: OpenAlert): string {
  const { call } = open.words;
  const lines = discreetSentences(open).flatMap((sentence) => wrapped(plainly(sentence), "  "));
  const called = call === null ? [] : wrapped(`Call: ${plainly(call)}`, "  ");
  return [`* ${titleOf(open)}`, ...lines, ...called, ...folderLine(open)].join("\n");
}

const folderLine = ({ alert, dropFolder }: OpenAlert): string[] => {
  if (alert.transfer === null || dropFolder === null) return [];
  const kind = alert.transfer.side === "releaser" ? "requests" : "records";
  return [`  Drop folder: ${dropFolder}, ${kind}/${showReference(alert.transfer.reference)}`];
};

/** `* A request is overdue K7QM-3F2D, Example Prairie Schools, drop folder office` */
function inLines(alerts: readonly OpenAlert[]): string {
  const lines = alerts.slice(0, MOST_LINES).flatMap((open) => {
    const { alert, dropFolder } = open;
    const partner = alert.agency && (alert.agency.name ?? `agency ${alert.agency.id}`);
    const text = [
      titleOf(open),
      ...(partner === null ? [] : [plainly([{ said: partner }])]),
      ...dueOf(open),
      ...(dropFolder === null ? [] : [`drop folder ${dropFolder}`]),
    ].join(", ");
    const [first = "", ...rest] = wrapped(text, "  ");
    return [`* ${first.trimStart()}`, ...rest];
  });
  const more = alerts.length - MOST_LINES;
  return [...lines, ...(more > 0 ? [`  and ${more} more: see alerts.html`] : [])].join("\n");
}

function dueOf({ alert: { facts } }: OpenAlert): string[] {
  const due = facts["due"];
  return typeof due === "string" ? [`to be answered by ${longDate(due)}`] : [];
}

/** Lines as mail programs show them whole. */
function wrapped(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(" ")) {
    if (line.length + word.length >= WIDTH && line !== indent) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}
