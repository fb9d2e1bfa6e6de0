/** `exchange-<time>.html`: what one exchange sent, collected and refused. */
import { stamp } from "../alerts/when.ts";
import { wordFor } from "../alerts/reason-words.ts";
import type { NamedTransfer } from "../ledger/overviews.ts";
import type { DocumentRow } from "../ledger/tables.ts";
import type { CollectedPacket } from "../ledger/arrivals.ts";
import { facts, paragraph, type Block, type Inline, type Line, type Section } from "./blocks.ts";
import type { Part, Traffic } from "./exchange-parts.ts";
import {
  DOCUMENT_WORDS,
  type Fate,
  KIND_WORDS,
  MESSAGE_IN_WORDS,
  MESSAGE_OUT_WORDS,
  PACKET_IN_WORDS,
  PACKET_OUT_WORDS,
} from "./exchange-words.ts";
import { said, size, stacked, time } from "./lines.ts";
import { agencyLine, frame, transferLine, type Reading } from "./reading.ts";
import { htmlOf } from "./template.ts";

/** One exchange, from its start to its end. */
export interface Run {
  readonly runId: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly exitCode: number;
}

export interface ExchangeView extends Reading, Traffic {
  readonly run: Run;
  /** Reads the students of more transfers than the page shows, by the content id of their request; none, for IT. */
  readonly namesOf: (transfers: readonly NamedTransfer[]) => Promise<ReadonlyMap<string, string>>;
}

/** `exchange-2026-11-23T02-00-14`, in the agency's own time. */
export const exchangeName = ({ startedAt }: Pick<Run, "startedAt">, timeZone: string): string =>
  `exchange-${stamp(startedAt, timeZone)}`;

/** Packets, messages and documents that were refused, by either side. */
export const refusals = ({ sent, collected, documents }: ExchangeView): number =>
  sent.refused + collected.refused + documents.refused;

/** The page. */
export function exchangeHtml(view: ExchangeView): string {
  const { run, timeZone } = view;
  return htmlOf({
    ...frame(view, "Exchange", `${exchangeName(view.run, timeZone)}.html`),
    kicker: view.reader === "registrar" ? "For registrars" : "For IT",
    heading: ["Exchange"],
    lead: ["Began on ", time(run.startedAt, timeZone), "; ", took(run), "."],
    sections: [
      inBrief(view),
      documentsPart(view),
      sentPart(view),
      collectedPart(view),
      waitingPart(view),
    ].filter((section) => section !== null),
  });
}

function took({ startedAt, endedAt }: Run): string {
  const seconds = Math.max(0, Math.round((endedAt.getTime() - startedAt.getTime()) / 1000));
  if (seconds < 1) return "it took less than a second";
  return seconds < 120
    ? `it took ${seconds} ${seconds === 1 ? "second" : "seconds"}`
    : `it took ${Math.round(seconds / 60)} minutes`;
}

function inBrief(view: ExchangeView): Section {
  const refused = refusals(view);
  const left = view.waiting.reduce((sum, { packets }) => sum + packets, 0);
  return {
    title: "In brief",
    blocks: [
      facts(
        view.role === "entity" && view.documents.all.count === 0
          ? null
          : ["Documents taken", [String(view.documents.all.count)]],
        ["Packets sent", [String(view.sent.all.count)]],
        ["Packets collected", [String(view.collected.all.count)]],
        ["Refused", refused === 0 ? ["Nothing"] : [{ badge: "urgent", shown: String(refused) }]],
        [
          "Still to be sent",
          left === 0 ? ["Nothing"] : [{ badge: "waiting", shown: String(left) }],
        ],
      ),
    ],
  };
}

/** What is said of the rows that a page leaves out. */
function noteOf(view: ExchangeView, { all, foremost }: Part<unknown>): Block[] {
  if (foremost.length === all.count) return [];
  const file = `${exchangeName(view.run, view.timeZone)}.csv`;
  const sentence = `${foremost.length} of ${all.count}: what was refused or waits, then the first of the others. All stand in `;
  return [paragraph([sentence, { page: file, shown: file }, "."])];
}

const badge = ({ tone, shown }: Fate): Inline => ({ badge: tone, shown });

/** A code stands beside what it explains; the sentence below it, if it is ours. */
const because = (code: string | null, reason: string | null): Line =>
  code === null ? [] : stacked([{ small: code }], reason === null ? [] : said(reason));

function documentsPart(view: ExchangeView): Section | null {
  if (view.documents.all.count === 0) return null;
  return {
    title: "Documents from drop folders",
    blocks: [
      ...noteOf(view, view.documents),
      {
        block: "table",
        caption: "Documents",
        columns: ["Document", "Drop folder", "What became of it"],
        rows: view.documents.foremost.map((each) => [
          said(documentShown(view, each)),
          said(each.drop_folder),
          [badge(DOCUMENT_WORDS[each.state])],
        ]),
        none: "",
      },
    ],
  };
}

/** By the name that people gave it, or for IT by its id. */
export const documentShown = (view: ExchangeView, document: DocumentRow): string =>
  view.reader === "registrar" ? document.file_name : document.document_id;

/** Kind and transfer of a message: `Records: Abrams, Jenna Marie K7QM-3F2D`. */
const messageLine = (view: ExchangeView, kind: string, transfer: NamedTransfer | null): Line => [
  wordFor(KIND_WORDS, kind),
  ...(transfer === null ? [] : [": ", ...transferLine(view, transfer)]),
];

function sentPart(view: ExchangeView): Section {
  return {
    title: "Sent",
    blocks: [
      ...noteOf(view, view.sent),
      {
        block: "table",
        caption: "Packets sent",
        columns: ["To", "Messages", "What became of it"],
        rows: view.sent.foremost.map((packet) => [
          stacked(agencyLine(packet.to), [{ small: `number ${packet.sequence}` }]),
          stacked(
            ...packet.messages.map(({ kind, transfer, state, answerCode }): Line => [
              ...messageLine(view, kind, transfer),
              ...(state === "REFUSED"
                ? [" ", badge(MESSAGE_OUT_WORDS[state]), " ", { small: answerCode ?? "" }]
                : []),
            ]),
          ),
          [badge(PACKET_OUT_WORDS[packet.state])],
        ]),
        none: "Nothing was sent.",
      },
    ],
  };
}

function collectedPart(view: ExchangeView): Section {
  return {
    title: "Collected",
    blocks: [
      ...noteOf(view, view.collected),
      {
        block: "table",
        caption: "Packets collected",
        columns: ["From", "Messages", "What became of it"],
        rows: view.collected.foremost.map((packet) => [
          senderLine(packet),
          messageLines(view, packet),
          stacked([badge(PACKET_IN_WORDS[packet.state])], because(packet.code, packet.reason)),
        ]),
        none: "Nothing was collected.",
      },
    ],
  };
}

const messageLines = (view: ExchangeView, { messages }: CollectedPacket): Line =>
  messages.length === 0
    ? ["—"]
    : stacked(
        ...messages.map(({ kind, transfer, state, code, reason }) =>
          stacked(
            [
              ...messageLine(view, kind, transfer),
              ...(state === "TAKEN" ? [] : [" ", badge(MESSAGE_IN_WORDS[state])]),
            ],
            because(code, reason),
          ),
        ),
      );

function senderLine(packet: CollectedPacket): Line {
  const { from, sequence, bytes, fileName } = packet;
  return from === null || sequence === null
    ? stacked(["Sender not proved"], [{ small: `${fileName}, ${size(bytes)}` }])
    : stacked(agencyLine(from), [{ small: `number ${sequence}, ${size(bytes)}` }]);
}

function waitingPart(view: ExchangeView): Section | null {
  if (view.waiting.length === 0) return null;
  return {
    title: "Still to be sent",
    blocks: [
      {
        block: "table",
        caption: "Packets that wait, by district",
        columns: ["To", "Packets", "Oldest", "Last failure", "Next attempt"],
        rows: view.waiting.map((each) => [
          agencyLine(each.to),
          [String(each.packets)],
          [time(each.oldest, view.timeZone)],
          said(each.code),
          [
            each.nextAttemptAt === null
              ? "At the next exchange"
              : time(each.nextAttemptAt, view.timeZone),
          ],
        ]),
        none: "",
      },
    ],
  };
}
