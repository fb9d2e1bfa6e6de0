/**
 * One exchange, start to end: take what people dropped and decided, collect all that came, send all that
 * waits, and tell people. What arrives is worked on before anything leaves, so that receipts and answers go
 * out in the same exchange.
 *
 * Whatever fails is told and left for the next time. Between the nights less is done: only what comes in
 * is collected and answered, or only what people dropped is taken; then reports are written if there is
 * anything new to read.
 */
import type { WorkedCase } from "./desk/casework.ts";
import { enact, type Desk } from "./desk/enact.ts";
import type { ImportAnswer } from "./desk/imports.ts";
import type { Purged } from "./desk/purge.ts";
import type { Harbor } from "./dropbox/contract.ts";
import { lasting, type LastingHarbor } from "./dropbox/lasting.ts";
import { keepDiskAwake } from "./disk.ts";
import { isRefusal, type ExitCode, PacketboatError } from "./errors.ts";
import { tell } from "./exchange/hindrances.ts";
import { type ExchangeCounts, exitOf, gravest, isWorkDone, noCounts } from "./exchange/outcome.ts";
import { connected, cutting, NEVER, stopped } from "./exchange/parking.ts";
import { publishAll, receive } from "./inbound.ts";
import type { Inbound } from "./inbound/parts.ts";
import { isAlertNew } from "./ledger/alerts.ts";
import type { Ledger } from "./ledger/connect.ts";
import { reconcilingSince } from "./ledger/settings.ts";
import { takeLock } from "./ledger/locks.ts";
import { beginRun, endRun, forgetIdleRunBefore } from "./ledger/runs.ts";
import type { Scope } from "./ledger/tables.ts";
import { transfersDue } from "./ledger/transfers.ts";
import { stopwatch, type Fields, type Log } from "./log.ts";
import { send } from "./outbound.ts";
import type { Outbound } from "./outbound/parts.ts";
import type { TakenDocument } from "./desk/taken.ts";
import type { Run } from "./reports/exchange-page.ts";
import type { Step } from "./steps.ts";
import { expired, holdOver } from "./transfer/post.ts";

/** Why case folders are worked on. */
export interface CasesOccasion {
  readonly stop: AbortSignal;
  readonly decide: boolean;
  /** They are worked on once more before the exchange ends. */
  readonly again: boolean;
}

export interface Exchange {
  readonly ledger: Ledger;
  readonly desk: Desk;
  /** The home's private folder for what nobody may read. */
  readonly quarantine: string;
  /** Everything finished in the drop folders, taken; what hinders one of them does not stop the others. */
  readonly takeAll: (trying: Trying, stop: AbortSignal, told: Told) => Promise<void>;
  /** Imports that people reported in their record folders, told to the other district. */
  readonly reportImports: (trying: Trying, told: (answer: ImportAnswer) => void) => Promise<void>;
  /**
   * Every decision in a case folder, taken; and each folder made to follow its transfer. Without `decide`
   * only the latter.
   */
  readonly workCases: (
    trying: Trying,
    occasion: CasesOccasion,
    told: (worked: WorkedCase) => void,
  ) => Promise<void>;
  readonly connect: () => Promise<Harbor>;
  /** Before anything is opened or sealed: a district reads the directory, an entity publishes it. */
  readonly consult: (harbor: LastingHarbor, log: Log<Step>) => Promise<void>;
  readonly inbound: (harbor: LastingHarbor) => Inbound;
  /**
   * When all else is done: an entity meets the servers of other states, reads their directories and moves what lies
   * here for their districts. A server that is down keeps nobody else waiting. At a district: nothing.
   */
  readonly relay: (trying: Trying, relaying: Relaying) => Promise<void>;
  readonly outbound: (harbor: LastingHarbor) => Outbound;
  /** Alerts that time raises. */
  readonly remind: () => Promise<unknown>;
  /** Retention, once a day: what was deleted; `null` if it is not its time, or nothing has one. */
  readonly purge: (stop: AbortSignal) => Promise<Purged | null>;
  /** The reports, with a page of this run if one is given; the files that were written. */
  readonly report: (run: Run | null) => Promise<readonly string[]>;
  readonly now: () => Date;
  readonly log: Log<Step>;
}

/** What the relay needs of the exchange of which it is a part. */
export interface Relaying {
  readonly stop: AbortSignal;
  /** What was moved on, what was refused, and the servers that were not reached, are counted there. */
  readonly counts: Pick<ExchangeCounts, "relayed" | "refused" | "failed">;
  readonly log: Log<Step>;
}

/** Do a part of the exchange; if it is refused, note that, and let the other parts go on. */
export type Trying = (work: () => Promise<unknown>) => Promise<void>;

/** Hears of each document when its answer is there, or why it has none yet. */
export type Told = (document: TakenDocument) => void;

/** How much is made, and who may end it early. */
export interface Occasion {
  /** All of it, unless given. */
  readonly scope?: Scope;
  /** Nothing new is begun when it fires; what is under way is finished, or its line is cut soon after. */
  readonly stop?: AbortSignal;
}

export interface ExchangeResult {
  readonly runId: string;
  readonly counts: ExchangeCounts;
  /** Was everything that waited offered to the server? */
  readonly isComplete: boolean;
  /** What hindered the exchange as a whole: the server, a disk, a folder. The gravest, if several did. */
  readonly failure: PacketboatError | null;
  readonly exit: ExitCode;
  readonly reports: readonly string[];
}

/**
 * @throws PacketboatError HOME_BUSY if another exchange is under way; HOME_RECONCILING after a restore
 */
export async function exchange(parts: Exchange, occasion: Occasion = {}): Promise<ExchangeResult> {
  const since = await reconcilingSince(parts.ledger);
  if (since !== null) {
    const sentence = `this home was restored from a backup at ${since}, and nobody has compared it yet`;
    throw new PacketboatError("HOME_RECONCILING", sentence);
  }
  const giveBack = await takeLock(parts.ledger, "home", parts.now());
  using _ = keepDiskAwake();
  try {
    return await exchangeOnce(parts, occasion);
  } finally {
    await giveBack();
  }
}

async function exchangeOnce(
  parts: Exchange,
  { scope = "everything", stop = NEVER }: Occasion,
): Promise<ExchangeResult> {
  const { ledger, now } = parts;
  const startedAt = now();
  const runId = await beginRun(ledger, startedAt, scope);
  const log = parts.log.child({ runId });
  log.info("Exchange begun", { scope });

  const counts = noCounts();
  const failures: PacketboatError[] = [];
  const trying = tryingFor(failures, log, stop);
  const inRun = { ...parts, log };
  let isComplete = false;
  await trying(() => keepPromises(inRun, counts));
  await trying(() => takeDocuments(inRun, counts, trying, stop));
  await workCases(inRun, counts, trying, { stop, decide: true, again: scope !== "take" });
  if (scope !== "take") {
    await trying(async () => {
      isComplete = await meetServer(inRun, counts, { scope, stop, trying });
    });
    await workCases(inRun, counts, trying, { stop, decide: false, again: false });
    if (!stop.aborted) await parts.relay(trying, { stop, counts, log });
  }
  await tell(ledger, failures, { scope, at: now() });
  await parts.remind();
  if (scope === "everything" && !stop.aborted) await purgeOld(inRun, trying, stop);

  const exit = exitOf(counts, failures);
  const endedAt = now();
  const code = gravest(failures)?.code ?? null;
  await endRun(ledger, runId, { at: endedAt, counts: { ...counts }, exitCode: exit, code });
  const run: Run = { runId, startedAt, endedAt, exitCode: exit };
  const isWork = scope === "everything" || isWorkDone(counts);
  if (!isWork) await forgetIdleRunBefore(ledger, runId);
  const isNews = isWork || (await isAlertNew(ledger, startedAt));
  const reports = isNews && !stop.aborted ? await reported(inRun, trying, isWork ? run : null) : [];
  log.info("Exchange ended", { ...counts, exit, tookMs: endedAt.getTime() - startedAt.getTime() });
  const failure = gravest(failures);
  return { runId, counts, isComplete, failure, exit: exitOf(counts, failures), reports };
}

const tryingFor =
  (failures: PacketboatError[], log: Log<Step>, stop: AbortSignal): Trying =>
  async (work) => {
    try {
      await work();
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // A line that we cut ourselves is no fault of the server.
      const failure = stop.aborted ? stopped(error) : error;
      failures.push(failure);
      log.error("A part of the exchange failed", { code: failure.code });
    }
  };

/** What a crash cut off waits for no server: records that were recalled lie open to everybody. */
async function keepPromises(parts: Exchange, counts: ExchangeCounts): Promise<void> {
  const failure = await publishAll(parts, counts);
  if (failure) throw failure;
}

async function takeDocuments(
  parts: Exchange,
  counts: ExchangeCounts,
  trying: Trying,
  stop: AbortSignal,
): Promise<void> {
  const tookMs = stopwatch();
  await parts.takeAll(trying, stop, (document) => {
    if (isTaken(document)) counts.documents++;
    if (isRefused(document)) counts.documentsRefused++;
    parts.log.info(SAID_OF[document.outcome], { ...factsOf(document), tookMs: tookMs() });
  });
  if (stop.aborted) return;
  await parts.reportImports(trying, ({ dropFolder, outcome, error }) => {
    if (outcome !== "delayed") counts.documents++;
    if (outcome === "refused") counts.documentsRefused++;
    const facts = { dropFolder, ...(error ? { code: error.code } : {}), tookMs: tookMs() };
    parts.log.info(IMPORT_SAID[outcome], facts);
  });
}

const IMPORT_SAID = {
  reported: "Import reported",
  refused: "Import refused",
  delayed: "Import left for the next time",
} as const satisfies Record<ImportAnswer["outcome"], Step>;

/** A drop folder that is missing was told of when its outbox was looked into. */
const workCases = (
  parts: Exchange,
  counts: ExchangeCounts,
  trying: Trying,
  occasion: CasesOccasion,
): Promise<void> =>
  parts.workCases(trying, occasion, ({ outcome, error, ...about }) => {
    if (outcome === "decided" || outcome === "withdrawn") counts.documents++;
    if (outcome === "refused") counts.documentsRefused++;
    const { caseId, transferId, faults } = about;
    const fields = { caseId, transferId, ...(faults === undefined ? {} : { faults }) };
    parts.log.info(SAID_OF_CASE[outcome], { ...fields, ...(error ? { code: error.code } : {}) });
  });

const SAID_OF_CASE = {
  decided: "Decision taken",
  withdrawn: "Release withdrawn",
  refused: "Decision not taken",
  waiting: "Decision waits",
  moved: "Case folder moved",
  delayed: "Case folder left for the next time",
} as const satisfies Record<WorkedCase["outcome"], Step>;

const SAID_OF = {
  taken: "Document taken",
  partlyTaken: "Document partly taken",
  refused: "Document refused",
  known: "Document known",
  waiting: "Document waits",
  delayed: "Document left for the next time",
} as const satisfies Record<TakenDocument["outcome"], Step>;

/** Never its name: people call a file after a student. */
function factsOf(document: TakenDocument): Fields {
  const { dropFolder } = document;
  if ("results" in document) {
    const { documentId, results } = document;
    return { dropFolder, documentId, decisions: results.length };
  }
  if (document.outcome === "waiting") return { dropFolder, until: document.until };
  return { dropFolder, code: document.error?.code };
}

const isTaken = ({ outcome }: TakenDocument): boolean =>
  outcome !== "waiting" && outcome !== "delayed";

const isRefused = ({ outcome }: TakenDocument): boolean =>
  outcome === "refused" || outcome === "partlyTaken";

/** What hinders one way leaves the other alone. @returns whether both went through */
async function meetServer(
  parts: Exchange,
  counts: ExchangeCounts,
  { scope, stop, trying }: Required<Occasion> & { readonly trying: Trying },
): Promise<boolean> {
  const { log } = parts;
  const tookMs = stopwatch();
  await using harbor = await lasting(
    () => connected(parts.connect, stop),
    ({ code }) => log.warn("Line lost", { code }),
  );
  using _ = cutting(harbor, stop);
  log.info("Server reached", { tookMs: tookMs() });
  await trying(() => parts.consult(harbor, log));
  let isRead = false;
  let isSent = false;
  await trying(async () => {
    await receive({ ...parts.inbound(harbor), log }, counts, stop);
    isRead = true;
  });
  // What came in time is in time: the box is read before anything expires.
  if (isRead) await letTimePass(parts, trying);
  await trying(async () => {
    await harbor.mend();
    await send({ ...parts.outbound(harbor), log }, counts, { scope, stop });
    isSent = true;
  });
  if (stop.aborted) throw stopped();
  return isRead && isSent;
}

/** Requests expire, and holds end, on their day. */
async function letTimePass({ ledger, desk, now, log }: Exchange, trying: Trying): Promise<void> {
  for (const transfer of await transfersDue(ledger, now())) {
    const event = { key: transfer, at: now(), who: "packetboat" };
    const passes = (step: Step, decide: typeof expired): Promise<void> =>
      trying(async () => {
        const { effects } = await enact(desk, { ...event, decide });
        if (effects.length > 0) log.info(step, { transferId: transfer.transferId });
      });
    await passes("Transfer expired", expired);
    await passes("Hold ended", holdOver);
  }
}

/** References and names stay out of the log: the command tells them. */
async function purgeOld(
  { purge, log }: Exchange,
  trying: Trying,
  stop: AbortSignal,
): Promise<void> {
  await trying(async () => {
    const tookMs = stopwatch();
    const purged = await purge(stop);
    if (!purged) return;
    const { transfers, quarantined, left, ...counts } = purged;
    const lengths = { transfers: transfers.length, quarantined: quarantined.length };
    log.info("Old things purged", { ...counts, ...lengths, left: left.length, tookMs: tookMs() });
  });
}

async function reported(
  parts: Exchange,
  trying: Trying,
  run: Run | null,
): Promise<readonly string[]> {
  let reports: readonly string[] = [];
  await trying(async () => {
    const tookMs = stopwatch();
    reports = await parts.report(run);
    parts.log.info("Reports written", { files: reports.length, tookMs: tookMs() });
  });
  return reports;
}
