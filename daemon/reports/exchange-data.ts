/** `exchange-<time>.json` and `.csv`: the same as the page says, for programs and spreadsheets. */
import { wordFor } from "../alerts/reason-words.ts";
import { showReference } from "../ids.ts";
import type { CollectedPacket } from "../ledger/arrivals.ts";
import type { SentPacket } from "../ledger/departures.ts";
import type { NamedTransfer } from "../ledger/overviews.ts";
import type { DocumentRow } from "../ledger/tables.ts";
import { csvOf, type Cell } from "./csv.ts";
import { refusals, type ExchangeView } from "./exchange-page.ts";
import {
  DOCUMENT_WORDS,
  KIND_WORDS,
  MESSAGE_IN_WORDS,
  MESSAGE_OUT_WORDS,
  PACKET_IN_WORDS,
} from "./exchange-words.ts";
import { jsonOf, listed } from "./json.ts";
import { nameOf } from "./reading.ts";

const transferOf = (view: ExchangeView, transfer: NamedTransfer | null) => ({
  reference: transfer === null ? null : showReference(transfer.reference),
  ...(view.reader === "registrar" ? { student: nameOf(view, transfer) } : {}),
});

/** The document. */
export function exchangeJson(view: ExchangeView): Generator<string> {
  const { run } = view;
  return jsonOf(view, "exchange", {
    exchange: {
      runId: run.runId,
      started: run.startedAt.toISOString(),
      ended: run.endedAt.toISOString(),
      exitCode: run.exitCode,
      refused: refusals(view),
    },
    documents: listed(view.documents, (each) => ({
      documentId: each.document_id,
      ...(view.reader === "registrar" ? { fileName: each.file_name } : {}),
      dropFolder: each.drop_folder,
      taken: each.taken_at,
      state: each.state,
    })),
    sent: listed(view.sent, (packet) => ({
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
        ...transferOf(view, transfer),
      })),
    })),
    collected: listed(view.collected, (packet) => ({
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
        ...transferOf(view, transfer),
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
export function exchangeCsv(view: ExchangeView): Generator<string> {
  return csvOf(
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

function* rowsOf(view: ExchangeView): Generator<Row & { readonly student: Cell }> {
  for (const each of view.documents) yield { student: null, ...documentRow(view, each) };
  for (const each of view.sent) {
    for (const row of sentRows(view, each)) yield { student: null, ...row };
  }
  for (const each of view.collected) {
    for (const row of collectedRows(view, each)) yield { student: null, ...row };
  }
}

const documentRow = (view: ExchangeView, document: DocumentRow): Row => ({
  what: "Document",
  at: document.taken_at,
  agencyId: null,
  agency: null,
  sequence: null,
  kind: view.documentNames.get(document.document_id) ?? document.document_id,
  reference: null,
  outcome: DOCUMENT_WORDS[document.state].shown,
  code: null,
  reason: null,
});

const sentRows = (view: ExchangeView, packet: SentPacket): Row[] =>
  packet.messages.map(({ kind, state, answerCode, transfer }) => ({
    what: "Sent",
    at: packet.sentAt.toISOString(),
    agencyId: packet.to.id,
    agency: packet.to.name,
    sequence: packet.sequence,
    kind: wordFor(KIND_WORDS, kind),
    ...transferOf(view, transfer),
    outcome: MESSAGE_OUT_WORDS[state].shown,
    code: answerCode,
    reason: null,
  }));

function collectedRows(view: ExchangeView, packet: CollectedPacket): Row[] {
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
    ...transferOf(view, transfer),
    outcome: MESSAGE_IN_WORDS[state].shown,
    code,
    reason,
  }));
}
