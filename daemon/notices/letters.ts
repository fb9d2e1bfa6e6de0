/**
 * What a mail says: which requests, what to do, in which drop folder. Mail travels and is kept where
 * others read it, so it names no student, nothing that people called a file, and of what others wrote
 * only the name on a district's card.
 */
import { SEVERITIES } from "../alerts/catalogue.ts";
import type { Severity } from "../alerts/kind.ts";
import { textOf, type Sentence } from "../alerts/say.ts";
import { dayOf } from "../alerts/when.ts";
import type { Config } from "../config.ts";
import { showReference } from "../ids.ts";
import type { OpenAlert } from "./open.ts";

export interface Written {
  readonly subject: string;
  readonly text: string;
}

type Sender = Pick<Config, "agency" | "mode">;

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
export function digestLetter(sender: Sender, alerts: readonly OpenAlert[], at: Date): Written {
  const about = `${alerts.length} open, ${dayOf(at, sender.agency.timeZone)}`;
  const parts = bySeverity(alerts).flatMap(([severity, these]) => [
    heading(severity, these.length),
    inLines(these),
  ]);
  return letter(sender, at, { about, parts });
}

function letter(
  { agency, mode }: Sender,
  at: Date,
  { about, parts }: { readonly about: string; readonly parts: readonly string[] },
): Written {
  const test = mode === "test" ? "Test: " : "";
  const top = `${agency.name}, ${dayOf(at, agency.timeZone)}`;
  return {
    subject: `${test}Packetboat: ${about}`,
    text: `${[...(test ? [TEST] : []), top, ...parts, FOOT].join("\n\n")}\n`,
  };
}

const TEST = "This packetboat runs in mode test: none of this is about a real student.";

const FOOT = [
  "Packetboat sent this by itself; nobody reads answers. Students are named only in",
  "the drop folders and in the registrars' alerts.html. Please write no student's",
  "name or data into a mail about this.",
].join("\n");

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

const OVERDUE = ["ANSWER_OVERDUE", "DECISION_ESCALATED", "REQUEST_UNANSWERED"];
const isOverdue = ({ alert }: OpenAlert): boolean => OVERDUE.includes(alert.code);

const HEADINGS: Readonly<Record<Severity, string>> = {
  urgent: "URGENT: TODAY",
  attention: "TO DO",
  info: "TO KNOW",
};

const heading = (severity: Severity, count: number): string => `${HEADINGS[severity]} (${count})`;

const titleOf = ({ alert, words }: OpenAlert): string =>
  [words.title, ...(alert.transfer ? [showReference(alert.transfer.reference)] : [])].join(" ");

/** An alert that quotes what somebody wrote into a request: its words stay here. */
const QUOTING = ["SCHOOL_UNKNOWN"];

function inFull(open: OpenAlert): string {
  const { alert, words } = open;
  const said: (readonly [string, Sentence | null])[] = QUOTING.includes(alert.code)
    ? []
    : [
        ["", words.happened],
        ["", words.todo],
      ];
  const lines = [...said, ["Call: ", words.call] as const].flatMap(([name, sentence]) =>
    sentence === null ? [] : wrapped(`${name}${textOf(sentence)}`, "  "),
  );
  return [`* ${titleOf(open)}`, ...lines, ...folderLine(open)].join("\n");
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
      ...(partner === null ? [] : [textOf([{ said: partner }])]),
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
  return typeof due === "string" ? [`to be answered by ${due}`] : [];
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
