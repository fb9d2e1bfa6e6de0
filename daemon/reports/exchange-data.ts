/** `exchange-<time>.json` and `.csv`: the same as the page says, for programs and spreadsheets. */
import { wordFor } from "../alerts/reason-words.ts";
import { showReference } from "../ids.ts";
import type { CollectedPacket } from "../ledger/arrivals.ts";
import type { SentPacket } from "../ledger/departures.ts";
import type { NamedTransfer } from "../ledger/overviews.ts";
import type { DocumentRow } from "../ledger/tables.ts";
import { csvOfPages, type Cell } from "./csv.ts";
import { documentShown, refusals, type ExchangeView } from "./exchange-page.ts";
import type { Part } from "./exchange-parts.ts";
import {
  DOCUMENT_WORDS,
  KIND_WORDS,
  MESSAGE_IN_WORDS,
  MESSAGE_OUT_WORDS,
  PACKET_IN_WORDS,
} from "./exchange-words.ts";
import { jsonOf, listed } from "./json.ts";
import { nameOf } from "./reading.ts";

/** Who reads, and the students of one page. */
type Naming = Pick<ExchangeView, "reader" | "names">;

const transferOf = (view: Naming, transfer: NamedTransfer | null) => ({
  reference: transfer === null ? null : showReference(transfer.reference),
  ...(view.reader === "registrar" ? { student: nameOf(view, transfer) } : {}),
});

async function* eachOf<Item>({ all }: Part<Item>): AsyncGenerator<Item> {
  for await (const page of all.pages()) yield* page;
}

/** Packets by pages of which the students are known. */
async function* packetPages<Packet extends SentPacket | CollectedPacket>(
  { reader, names: known, namesOf }: ExchangeView,
  { all }: Part<Packet>,
): AsyncGenerator<{ readonly packets: readonly Packet[]; readonly naming: Naming }> {
  for await (const packets of all.pages()) {
    const messages = packets.flatMap((packet): readonly Message[] => packet.messages);
    const transfers = messages.flatMap(({ transfer }) => transfer ?? []);
    const isKnown = transfers.every(({ requestContentId: id }) => known.has(id));
    yield { packets, naming: { reader, names: isKnown ? known : await namesOf(transfers) } };
  }
}

type Message = SentPacket["messages"][number] | CollectedPacket["messages"][number];

async function* packetsOf<Packet extends SentPacket | CollectedPacket>(
  view: ExchangeView,
  part: Part<Packet>,
): AsyncGenerator<{ readonly packet: Packet; readonly naming: Naming }> {
  for await (const { packets, naming } of packetPages(view, part)) {
    for (const packet of packets) yield { packet, naming };
  }
}

/** The document. */
export function exchangeJson(view: ExchangeView): AsyncGenerator<string> {
  const { run } = view;
  return jsonOf(view, "exchange", {
    exchange: {
      runId: run.runId,
      started: run.startedAt.toISOString(),
      ended: run.endedAt.toISOString(),
      exitCode: run.exitCode,
      refused: refusals(view),
    },
    documents: listed(eachOf(view.documents), (each) => ({
      documentId: each.document_id,
      ...(view.reader === "registrar" ? { fileName: each.file_name } : {}),
      dropFolder: each.drop_folder,
      taken: each.taken_at,
      state: each.state,
    })),
    sent: listed(packetsOf(view, view.sent), ({ packet, naming }) => ({
      packetId: packet.packetId,
      agencyId: packet.to.id,
      agency: packet.to.name,
      sequence: packet.sequence,
      sent: packet.sentAt.toISOString(),
      uploads: packet.uploads,
      state: packet.state,
      messages: packet.messages.map(({ messageId, kind, state, answerCode, transfer }) => ({
        messageId,
        kind,
        state,
        code: answerCode,
        ...transferOf(naming, transfer),
      })),
    })),
    collected: listed(packetsOf(view, view.collected), ({ packet, naming }) => ({
      claimId: packet.claimId,
      fileName: packet.fileName,
      bytes: packet.bytes,
      claimed: packet.claimedAt.toISOString(),
      agencyId: packet.from?.id ?? null,
      agency: packet.from?.name ?? null,
      sequence: packet.sequence,
      state: packet.state,
      code: packet.code,
      reason: packet.reason,
      messages: packet.messages.map(({ messageId, kind, state, code, reason, transfer }) => ({
        messageId,
        kind,
        state,
        code,
        reason,
        ...transferOf(naming, transfer),
      })),
    })),
    waiting: view.waiting.map((each) => ({
      agencyId: each.to.id,
      agency: each.to.name,
      packets: each.packets,
      oldest: each.oldest.toISOString(),
      code: each.code,
      nextAttempt: each.nextAttemptAt?.toISOString() ?? null,
    })),
  });
}

interface Row {
  readonly what: string;
  readonly at: string;
  readonly agencyId: Cell;
  readonly agency: Cell;
  readonly sequence: Cell;
  readonly kind: string;
  readonly reference: Cell;
  readonly student?: Cell;
  readonly outcome: string;
  readonly code: Cell;
  readonly reason: Cell;
}

/** A spreadsheet: a row for each message, and for each packet or document that has none to show. */
export function exchangeCsv(view: ExchangeView): AsyncGenerator<string> {
  return csvOfPages(
    [
      ["What", "what"],
      ["When", "at"],
      ["District", "agency"],
      ["District id", "agencyId"],
      ["Packet number", "sequence"],
      ["Kind", "kind"],
      ["Reference", "reference"],
      ...(view.reader === "registrar" ? ([["Student", "student"]] as const) : []),
      ["What became of it", "outcome"],
      ["Code", "code"],
      ["Reason", "reason"],
    ],
    rowsOf(view),
  );
}

async function* rowsOf(
  view: ExchangeView,
): AsyncGenerator<readonly (Row & { readonly student: Cell })[]> {
  for await (const page of view.documents.all.pages()) {
    yield page.map((each) => withStudent(documentRow(view, each)));
  }
  for await (const { packets, naming } of packetPages(view, view.sent)) {
    yield packets.flatMap((each) => sentRows(naming, each)).map(withStudent);
  }
  for await (const { packets, naming } of packetPages(view, view.collected)) {
    yield packets.flatMap((each) => collectedRows(naming, each)).map(withStudent);
  }
}

const withStudent = (row: Row): Row & { readonly student: Cell } => ({ student: null, ...row });

const documentRow = (view: ExchangeView, document: DocumentRow): Row => ({
  what: "Document",
  at: document.taken_at,
  agencyId: null,
  agency: null,
  sequence: null,
  kind: documentShown(view, document),
  reference: null,
  outcome: DOCUMENT_WORDS[document.state].shown,
  code: null,
  reason: null,
});

const sentRows = (naming: Naming, packet: SentPacket): Row[] =>
  packet.messages.map(({ kind, state, answerCode, transfer }) => ({
    what: "Sent",
    at: packet.sentAt.toISOString(),
    agencyId: packet.to.id,
    agency: packet.to.name,
    sequence: packet.sequence,
    kind: wordFor(KIND_WORDS, kind),
    ...transferOf(naming, transfer),
    outcome: MESSAGE_OUT_WORDS[state].shown,
    code: answerCode,
    reason: null,
  }));

function collectedRows(naming: Naming, packet: CollectedPacket): Row[] {
  const about = {
    what: "Collected",
    at: packet.claimedAt.toISOString(),
    agencyId: packet.from?.id ?? null,
    agency: packet.from?.name ?? null,
    sequence: packet.sequence,
  };
  if (packet.messages.length === 0) {
    const outcome = PACKET_IN_WORDS[packet.state].shown;
    const { code, reason } = packet;
    return [{ ...about, kind: "Packet", reference: null, outcome, code, reason }];
  }
  return packet.messages.map(({ kind, state, code, reason, transfer }) => ({
    ...about,
    kind: wordFor(KIND_WORDS, kind),
    ...transferOf(naming, transfer),
    outcome: MESSAGE_IN_WORDS[state].shown,
    code,
    reason,
  }));
}
