/**
 * Take: what people and their software leave in an outbox becomes decisions, each exactly once, and
 * every file gets an answer (PROTOCOL 9).
 *
 * A file is claimed in the ledger, renamed into the private intake, read, decided, and answered. Each
 * decision is written down in the transaction of its effects, and the answer is promised in the ledger
 * before it is shown; so whatever was cut off is finished at the next call, and nothing is done twice.
 */
import {
  type Answer,
  type AnswerFolders,
  type DecisionResult,
  type DocumentOutcome,
  outcomeOf,
  type Place,
  placesFor,
  prepareAnswer,
  type Promised,
  refusedResult,
  showAnswer,
} from "../desk/answers.ts";
import { readRegular } from "../desk/carry.ts";
import { type ListForm, readRequestList } from "../desk/csv-requests.ts";
import { readDecisions, type Reading, type Said } from "../desk/documents.ts";
import { fulfil, type Fulfilling, patienceEnds } from "../desk/fulfil.ts";
import { claim, fileIn, resume, type TakenFile } from "../desk/intake.ts";
import type { Found } from "../desk/ready.ts";
import {
  checkPlace,
  isList,
  mayBeNamed,
  misplaced,
  sorted,
  unmarked,
  withoutMarker,
} from "../desk/sorting.ts";
import { isRefusal, type PacketboatError } from "../errors.ts";
import { sha256 } from "../ids.ts";
import type { LedgerTransaction } from "../ledger/connect.ts";
import { markAnswered, markTaken, openDocuments, promiseAnswer } from "../ledger/documents.ts";
import type { DocumentRow } from "../ledger/tables.ts";

export interface Taking extends Fulfilling {
  readonly dropFolder: Fulfilling["dropFolder"] & AnswerFolders;
  /** How its lists of requests are written. */
  readonly lists: ListForm;
  /** Of an outbox document; a larger one is refused unread. */
  readonly documentBytes: number;
  /** More to write in the transaction that settles a document: an alert, a line for a report. */
  readonly settled?: (db: LedgerTransaction, document: AnsweredDocument) => Promise<void>;
  readonly at: Date;
  /** No further document is begun when it fires. */
  readonly stop?: AbortSignal;
}

interface Named {
  readonly dropFolder: string;
  /** As somebody named it: perhaps after a student. */
  readonly fileName: string;
}

/** It lies in `sent/` or `refused/`, with its answer. */
export interface AnsweredDocument extends Named {
  readonly outcome: DocumentOutcome;
  readonly documentId: string;
  readonly results: readonly DecisionResult[];
  readonly place: Place;
}

/** A release whose documents are not all in the outbox yet; it is refused when the time is over. */
export interface WaitingDocument extends Named {
  readonly outcome: "waiting";
  readonly until: Date;
  /** All that it names. */
  readonly documents: readonly string[];
}

/** Something else went wrong; it is tried again at the next call. */
export interface DelayedDocument extends Named {
  readonly outcome: "delayed";
  /** `null` if it was still being written. */
  readonly error: PacketboatError | null;
}

export type TakenDocument = AnsweredDocument | WaitingDocument | DelayedDocument;

/**
 * Take every finished file of one drop folder, and first finish what was begun before.
 *
 * @param found what was found in its outbox
 * @returns what became of each file, as soon as it is known; one that fails never stops the others
 */
export async function* take(taking: Taking, found: Found): AsyncGenerator<TakenDocument, void> {
  const finished = mayBeNamed(found);
  const awaited: string[] = [];
  const noted = (taken: readonly TakenDocument[]): readonly TakenDocument[] => {
    for (const each of taken) if (each.outcome === "waiting") awaited.push(...each.documents);
    return taken;
  };
  for (const row of await openDocuments(taking.ledger, taking.dropFolder.name)) {
    if (taking.stop?.aborted) return;
    yield* noted(await withoutStopping(row, () => goOn(taking, row, finished)));
  }
  const { documents, others } = await sorted(found, taking.lists);
  for (const { name } of documents) {
    if (taking.stop?.aborted) return;
    if (isList(name) && awaited.includes(name)) continue;
    yield* noted(await begin(taking, name, finished));
  }
  for (const { name } of misplaced(others, { found, awaited, at: taking.at })) {
    yield* await begin(taking, name, finished);
  }
  for (const { name } of unmarked(found, { awaited, at: taking.at })) {
    yield* await begin(taking, name, finished, withoutMarker(taking, name));
  }
}

const begin = (
  taking: Taking,
  fileName: string,
  finished: ReadonlySet<string>,
  refusal?: PacketboatError,
): Promise<TakenDocument[]> =>
  withoutStopping({ drop_folder: taking.dropFolder.name, file_name: fileName }, async () => {
    const file = await claim(taking, fileName, taking.at);
    if (file && refusal) return settle(taking, file, [refusedResult(null, refusal)]);
    return file && work(taking, file, finished);
  });

/** A document that was begun in an earlier call. */
async function goOn(
  taking: Taking,
  row: DocumentRow,
  finished: ReadonlySet<string>,
): Promise<TakenDocument | null> {
  if (row.answer !== null) return show(taking, row, JSON.parse(row.answer) as Promised);
  const file = await resume(taking, row);
  return file && work(taking, file, finished);
}

async function withoutStopping(
  row: Pick<DocumentRow, "drop_folder" | "file_name">,
  journey: () => Promise<TakenDocument | null>,
): Promise<TakenDocument[]> {
  try {
    const taken = await journey();
    return taken ? [taken] : [];
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return [{ ...named(row), outcome: "delayed", error }];
  }
}

/** From a file in the intake to its answer. */
async function work(
  taking: Taking,
  file: TakenFile,
  finished: ReadonlySet<string>,
): Promise<TakenDocument> {
  const said = await read(taking, file);
  if (said === null) return { ...named(file.row), outcome: "delayed", error: null };
  if (isRefusal(said)) return settle(taking, file, [refusedResult(null, said)]);
  const results: DecisionResult[] = [];
  for (const reading of said.readings) {
    const result = await fulfil(taking, { file, finished, at: taking.at }, reading);
    if (result === null) return waiting(file, reading);
    const { row } = reading;
    results.push(row === undefined ? result : { ...result, row });
  }
  return settle(taking, file, results, said);
}

/** @returns its decisions; why it has none; or `null` if it is still being written */
async function read(
  taking: Taking,
  { row, path }: TakenFile,
): Promise<Said | PacketboatError | null> {
  try {
    checkPlace(row.file_name);
    const content = await readRegular(path, taking.documentBytes);
    if (content === null) return null;
    await markTaken(taking.ledger, row.document_id, content.digest);
    taking.passed?.("read");
    if (isList(row.file_name)) return await readRequestList(content.bytes, taking.lists);
    return { readings: readDecisions(content.bytes, taking.documentBytes), returned: null };
  } catch (error) {
    if (isRefusal(error) && error.disposition === "refuse") return error;
    throw error;
  }
}

async function settle(
  taking: Taking,
  { row }: TakenFile,
  results: readonly DecisionResult[],
  said?: Said,
): Promise<TakenDocument> {
  const { ledger, dropFolder, settled, passed } = taking;
  const outcome = outcomeOf(results);
  const { taken_at: takenAt, file_name: document } = row;
  const answer: Answer = { version: 1, document, takenAt, outcome, results };
  const returned = said?.returned?.(results) ?? null;
  await prepareAnswer(row.document_id, answer, dropFolder, returned);
  passed?.("prepared");
  const promised = {
    answer,
    ...(await placesFor(dropFolder, answer, returned !== null)),
    ...(returned === null ? {} : { returnedSha256: sha256(returned) }),
  };
  await ledger.transaction().execute(async (db) => {
    await promiseAnswer(db, row.document_id, JSON.stringify(promised));
    await settled?.(db, answered(row, promised));
  });
  passed?.("settled");
  return show(taking, row, promised);
}

const STATES = {
  taken: "ANSWERED",
  partlyTaken: "ANSWERED",
  known: "KNOWN",
  refused: "REFUSED",
} as const satisfies Record<DocumentOutcome, DocumentRow["state"]>;

/** What was promised becomes visible. */
async function show(taking: Taking, row: DocumentRow, promised: Promised): Promise<TakenDocument> {
  const id = row.document_id;
  const { path } = await fileIn(taking, row);
  await showAnswer(id, path, promised, (part) => taking.passed?.(`shown ${part}`));
  await markAnswered(taking.ledger, id, STATES[promised.answer.outcome]);
  taking.passed?.("answered");
  return answered(row, promised);
}

const named = ({
  drop_folder,
  file_name,
}: Pick<DocumentRow, "drop_folder" | "file_name">): Named => ({
  dropFolder: drop_folder,
  fileName: file_name,
});

const answered = (row: DocumentRow, { answer, place }: Promised): AnsweredDocument => ({
  ...named(row),
  documentId: row.document_id,
  outcome: answer.outcome,
  results: answer.results,
  place,
});

const waiting = ({ row }: TakenFile, { says }: Reading): WaitingDocument => ({
  ...named(row),
  outcome: "waiting",
  until: patienceEnds(new Date(row.taken_at)),
  documents: "refusal" in says ? [] : says.documents.map(({ fileName }) => fileName),
});
