/**
 * One exchange, start to end: take what people dropped, collect all that came, send all that waits,
 * and tell people. What arrives is worked on before anything leaves, so that receipts and answers go
 * out in the same exchange.
 *
 * Whatever fails is told and left for the next time; the reports are written in any case.
 */
import { raisePostAlert } from "./alerts/raise.ts";
import { enact, type Desk } from "./desk/enact.ts";
import type { Harbor } from "./dropbox/contract.ts";
import { EXIT, isRefusal, type ExitCode, type PacketboatError } from "./errors.ts";
import { receive, type Inbound, type InboundCounts } from "./inbound.ts";
import { resolveAlerts } from "./ledger/alerts.ts";
import type { Ledger } from "./ledger/connect.ts";
import { takeLock } from "./ledger/locks.ts";
import { beginRun, endRun } from "./ledger/runs.ts";
import { openTransfers } from "./ledger/transfers.ts";
import type { Log } from "./log.ts";
import { send, type Outbound, type OutboundCounts } from "./outbound.ts";
import type { TakenDocument } from "./outbound/take.ts";
import type { Run } from "./reports/exchange-page.ts";
import { expired, holdOver } from "./transfer/post.ts";

export interface Exchange {
  readonly ledger: Ledger;
  readonly desk: Desk;
  /** Everything finished in the outboxes, taken. */
  readonly takeAll: () => Promise<readonly TakenDocument[]>;
  readonly connect: () => Promise<Harbor>;
  readonly inbound: (harbor: Harbor) => Inbound;
  readonly outbound: (harbor: Harbor) => Outbound;
  /** Alerts that time raises, and the reports; the files that were written. */
  readonly report: (run: Run) => Promise<readonly string[]>;
  readonly now: () => Date;
  readonly log: Log;
}

export interface ExchangeCounts extends InboundCounts, OutboundCounts {
  documents: number;
  documentsRefused: number;
}

export interface ExchangeResult {
  readonly runId: string;
  readonly counts: ExchangeCounts;
  /** The server could not be used, and why. */
  readonly failure: PacketboatError | null;
  readonly exit: ExitCode;
  readonly reports: readonly string[];
}

/**
 * @throws PacketboatError HOME_BUSY if another exchange is under way
 */
export async function exchange(parts: Exchange): Promise<ExchangeResult> {
  const giveBack = await takeLock(parts.ledger, parts.now());
  try {
    return await exchangeOnce(parts);
  } finally {
    await giveBack();
  }
}

async function exchangeOnce(parts: Exchange): Promise<ExchangeResult> {
  const { ledger, now } = parts;
  const startedAt = now();
  const runId = await beginRun(ledger, startedAt);
  const log = parts.log.child({ runId });
  log.info("Exchange begun");

  const documents = await parts.takeAll();
  await letTimePass(parts);
  const { counts, failure } = await meetServer(parts, documents);

  const exit = exitOf(counts, failure);
  const endedAt = now();
  await endRun(ledger, runId, { at: endedAt, counts: { ...counts }, exitCode: exit });
  const reports = await parts.report({ runId, startedAt, endedAt, exitCode: exit });
  log.info("Exchange ended", { ...counts, exit, tookMs: endedAt.getTime() - startedAt.getTime() });
  return { runId, counts, failure, exit, reports };
}

/** Requests expire, and holds end, on their day. */
async function letTimePass({ ledger, desk, now }: Exchange): Promise<void> {
  for (const transfer of await openTransfers(ledger)) {
    const event = { key: transfer, at: now(), who: "packetboat" };
    await enact(desk, { ...event, decide: expired });
    await enact(desk, { ...event, decide: holdOver });
  }
}

async function meetServer(
  parts: Exchange,
  documents: readonly TakenDocument[],
): Promise<{ counts: ExchangeCounts; failure: PacketboatError | null }> {
  const counts: ExchangeCounts = {
    documents: documents.length,
    documentsRefused: documents.filter(({ outcome }) => isRefusedOutcome(outcome)).length,
    collected: 0,
    taken: 0,
    refused: 0,
    waiting: 0,
    published: 0,
    packed: 0,
    sent: 0,
    failed: 0,
  };
  try {
    await using harbor = await parts.connect();
    Object.assign(counts, await receive(parts.inbound(harbor)));
    Object.assign(counts, await send(parts.outbound(harbor)));
    await reached(parts);
    return { counts, failure: null };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await notReached(parts, error);
    return { counts, failure: error };
  }
}

const isRefusedOutcome = (outcome: TakenDocument["outcome"]): boolean =>
  outcome === "refused" || outcome === "partlyTaken";

async function reached({ ledger, now }: Exchange): Promise<void> {
  for (const code of ["SERVER_UNREACHABLE", "HOST_KEY_CHANGED", "DISK_FULL"]) {
    await resolveAlerts(ledger, { code, subject: "server", by: "packetboat", at: now() });
  }
}

async function notReached({ ledger, log, now }: Exchange, error: PacketboatError): Promise<void> {
  const at = now();
  const { code, message: reason, facts } = error;
  log.error("Exchange broken off", { code });
  const subject = "server";
  if (code === "BOX_HOST_KEY_CHANGED") {
    const keys = { expected: String(facts.pinned), found: String(facts.shown) };
    await raisePostAlert(ledger, { code: "HOST_KEY_CHANGED", subject, facts: keys, at });
  } else if (code === "DISK_FULL") {
    const place = "the home of packetboat";
    await raisePostAlert(ledger, { code: "DISK_FULL", subject, facts: { place }, at });
  } else {
    await raisePostAlert(ledger, {
      code: "SERVER_UNREACHABLE",
      subject,
      facts: { code, reason },
      at,
    });
  }
}

/** DESIGN, "The command line": unreachable and security come before a person's work. */
function exitOf(counts: ExchangeCounts, failure: PacketboatError | null): ExitCode {
  if (failure) return failure.exit;
  const needsPerson = counts.refused + counts.documentsRefused + counts.failed > 0;
  return needsPerson ? EXIT.needsPerson : EXIT.done;
}
