/** `alerts.html`, `.csv` and `.json`: what is open, for one reader, in words to act on. */
import { SEVERITIES } from "../alerts/catalogue.ts";
import type { Severity } from "../alerts/kind.ts";
import { textOf } from "../alerts/say.ts";
import { showReference } from "../ids.ts";
import type { Alert } from "../ledger/alerts.ts";
import type { Told, ToldAlerts } from "./alerts-shown.ts";
import { paragraph, type AlertBlock, type Block, type Line, type Section } from "./blocks.ts";
import { csvOf } from "./csv.ts";
import { jsonOf, listed } from "./json.ts";
import { said, stacked, time } from "./lines.ts";
import { agencyLine, frame, nameOf, transferLine, type Reading } from "./reading.ts";
import { htmlOf } from "./template.ts";

export type AlertsView = Reading & ToldAlerts;

const SECTION_TITLES: Readonly<Record<Severity, string>> = {
  urgent: "Urgent: today",
  attention: "To do",
  info: "To know",
};

/** The page. */
export function alertsHtml(view: AlertsView): string {
  const { open, openCount } = view;
  return htmlOf({
    ...frame(view, "Alerts", "alerts.html"),
    kicker: view.reader === "registrar" ? "For registrars" : "For IT",
    heading: ["Alerts"],
    lead: [
      openCount === 0
        ? "Nothing is open"
        : `${openCount} ${openCount === 1 ? "alert is" : "alerts are"} open`,
      ", as of ",
      time(view.at, view.timeZone),
      open.length === openCount
        ? "."
        : `. The ${open.length} most urgent stand here; \`packetboat alerts list\` shows all.`,
    ],
    sections: [...openSections(view, open), ...otherReader(view), settled(view)],
  });
}

function openSections(view: AlertsView, open: readonly Told[]): Section[] {
  if (open.length === 0) {
    return [{ title: "Open", blocks: [paragraph(["Nobody has to do anything now."])] }];
  }
  return SEVERITIES.flatMap((severity) => {
    const these = open.filter(({ words }) => words.severity === severity);
    if (these.length === 0) return [];
    return { title: SECTION_TITLES[severity], blocks: these.map((each) => block(view, each)) };
  });
}

const block = (view: AlertsView, { alert, words }: Told): AlertBlock => ({
  block: "alert",
  tone: words.severity,
  title: words.title,
  id: alert.id,
  about: about(view, alert),
  when: since(view, alert),
  happened: words.happened,
  todo: words.todo,
  call: words.call,
});

function about(view: AlertsView, alert: Alert): Line {
  const document = view.documentNames.get(alert.subject);
  const lines = [
    ...(alert.transfer ? [transferLine(view, alert.transfer)] : []),
    ...(document === undefined ? [] : [said(document)]),
    ...(alert.agency ? [agencyLine(alert.agency)] : []),
  ];
  return lines.length === 0 ? ["—"] : stacked(...lines);
}

function since(view: AlertsView, { raisedAt, lastRaisedAt, times }: Alert): Line {
  const first = time(raisedAt, view.timeZone);
  return times === 1
    ? [first]
    : [first, `; ${times} times, last on `, time(lastRaisedAt, view.timeZone)];
}

/** What waits for the other reader, by title alone: so that nobody thinks all is well. */
function otherReader(view: AlertsView): Section[] {
  const { others, othersCount } = view;
  if (others.length === 0) return [];
  const whose = view.reader === "registrar" ? "IT" : "registrars";
  const rows = others.map(({ alert, words }) => [
    [words.title],
    about(view, alert),
    [time(alert.raisedAt, view.timeZone)] as Line,
  ]);
  return [
    {
      title: `Waiting for ${whose}`,
      blocks: [
        ...firstOf(others, othersCount, "oldest"),
        table(`Alerts that ${whose} must see to`, ["Alert", "About", "Since"], rows),
      ],
    },
  ];
}

function settled(view: AlertsView): Section {
  const rows = view.settled.map(({ alert, words }) => [
    [words.title],
    about(view, alert),
    alert.resolvedAt === null ? ["—"] : ([time(alert.resolvedAt, view.timeZone)] as Line),
    said(alert.resolvedBy),
  ]);
  return {
    title: "Settled in the last seven days",
    blocks: [
      ...firstOf(view.settled, view.settledCount, "newest"),
      table("Settled alerts", ["Alert", "About", "Settled", "By"], rows),
    ],
  };
}

/** What is left out is said. */
const firstOf = (shown: readonly Told[], count: number, which: string): Block[] =>
  shown.length === count ? [] : [paragraph([`The ${which} ${shown.length} of ${count}.`])];

const table = (caption: string, columns: readonly string[], rows: readonly Line[][]): Block => ({
  block: "table",
  caption,
  columns,
  rows,
  none: "None.",
});

/** One flat row for each open alert of this reader, as CSV and JSON give it. */
const flat = (view: AlertsView, { alert, words }: Told) => ({
  id: alert.id,
  code: alert.code,
  severity: words.severity,
  title: words.title,
  reference: alert.transfer ? showReference(alert.transfer.reference) : null,
  ...(view.reader === "registrar"
    ? {
        student: nameOf(view, alert.transfer),
        document: view.documentNames.get(alert.subject) ?? null,
      }
    : {}),
  agencyId: alert.agency?.id ?? null,
  agency: alert.agency?.name ?? null,
  happened: textOf(words.happened),
  todo: textOf(words.todo),
  call: words.call === null ? null : textOf(words.call),
  raised: alert.raisedAt.toISOString(),
  lastRaised: alert.lastRaisedAt.toISOString(),
  times: alert.times,
});

export const alertsJson = (view: AlertsView): AsyncGenerator<string> =>
  jsonOf(view, "alerts", {
    open: view.openCount,
    alerts: listed(view.open, (each) => flat(view, each)),
  });

/** A spreadsheet of the same open alerts. */
export function alertsCsv(view: AlertsView): Generator<string> {
  const rows = view.open.map((each) => ({
    student: null,
    document: null,
    ...flat(view, each),
  }));
  return csvOf(
    [
      ["Alert", "id"],
      ["Severity", "severity"],
      ["Title", "title"],
      ["Reference", "reference"],
      ...(view.reader === "registrar"
        ? ([
            ["Student", "student"],
            ["Document", "document"],
          ] as const)
        : []),
      ["District", "agency"],
      ["District id", "agencyId"],
      ["What happened", "happened"],
      ["What to do", "todo"],
      ["Whom to call", "call"],
      ["Raised", "raised"],
      ["Last raised", "lastRaised"],
      ["Times", "times"],
      ["Code", "code"],
    ],
    rows,
  );
}
