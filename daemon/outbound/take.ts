/**
 * Take: what people and their software leave in an outbox becomes decisions, each exactly once, and
 * every file gets an answer (PROTOCOL 9).
 *
 * A file is claimed in the ledger, renamed into the private intake, read, decided, and answered. Each
 * decision is written down in the transaction of its effects, and the answer is promised in the ledger
 * before it is shown; so whatever was cut off is finished at the next call, and nothing is done twice.
 * Several go their way side by side, step by step, so that the disk is waited for once for all of them.
 */
import {
  type Answer,
  type AnswerFolders,
  AnswerPlaces,
  type DecisionResult,
  type DocumentOutcome,
  forgetAnswer,
  outcomeOf,
  prepareAnswer,
  type Promised,
  refusedResult,
  showAnswer,
} from "../desk/answers.ts";
import { readRegular } from "../desk/carry.ts";
import { type ListForm, readRequestList } from "../desk/csv-requests.ts";
import { MOST_FAULTY_ROWS } from "../desk/csv/faulty.ts";
import { readDecisions, type Reading, type Said } from "../desk/documents.ts";
import { fulfil, type Fulfilling, patienceEnds } from "../desk/fulfil.ts";
import { bringIn, claimAll, fileIn, resume, type TakenFile } from "../desk/intake.ts";
import type { FinishedFile, Found } from "../desk/ready.ts";
import {
  checkPlace,
  isList,
  mayBeNamed,
  misplaced,
  sorted,
  unmarked,
  withoutMarker,
} from "../desk/sorting.ts";
import { type ErrorCode, isRefusal, type PacketboatError, unlessRefused } from "../errors.ts";
import { sha256 } from "../ids.ts";
import type { LedgerTransaction } from "../ledger/connect.ts";
import {
  countDeath,
  decisionsMade,
  forgetDeaths,
  markAnswered,
  markTaken,
  openDocuments,
  promiseAnswer,
} from "../ledger/documents.ts";
import type { DocumentRow } from "../ledger/tables.ts";
import { together } from "../ledger/together.ts";
import { isPoisonous, poisonous } from "../poison.ts";
import { type Item, Sheaf } from "../desk/sheaf.ts";
import {
  type AnsweredDocument,
  type DelayedDocument,
  named,
  type TakenDocument,
  type WaitingDocument,
} from "../desk/taken.ts";

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
    yield* noted(await goOn(taking, row, finished));
  }
  const { documents, others } = await sorted(found, taking.lists);
  for (const files of sheaves(documents)) {
    if (taking.stop?.aborted) return;
    const names = files.map(({ name }) => name);
    const mine = names.filter((name) => !isList(name) || !awaited.includes(name));
    yield* noted(await begin(taking, mine, finished));
  }
  for (const { name } of misplaced(others, { found, awaited, at: taking.at })) {
    yield* await begin(taking, [name], finished);
  }
  for (const { name } of unmarked(found, { awaited, at: taking.at })) {
    yield* await begin(taking, [name], finished, withoutMarker(taking, name));
  }
}

/** So many documents go their way side by side. */
const SHEAF = { documents: 50, bytes: 4_000_000 } as const;

/** A list goes alone: what comes before it may say that it is to be sent. */
function sheaves(files: readonly FinishedFile[]): FinishedFile[][] {
  const result: FinishedFile[][] = [];
  let bytes = 0;
  for (const file of files) {
    bytes += file.size;
    const last = result.at(-1);
    const isFull = !last || last.length === SHEAF.documents || bytes > SHEAF.bytes;
    if (!isFull && !isList(file.name)) {
      last.push(file);
      continue;
    }
    result.push([file]);
    bytes = file.size;
  }
  return result;
}

/** @param refusal of all of them, whatever they say */
async function begin(
  taking: Taking,
  names: readonly string[],
  finished: ReadonlySet<string>,
  refusal?: PacketboatError,
): Promise<TakenDocument[]> {
  const rows = await claimAll(taking, names, taking.at);
  const sheaf = new Sheaf(rows);
  const files = await sheaf.eachAtOnce(rows.map(aboutRow), ({ row }) => bringIn(taking, row));
  await carryThrough(taking, sheaf, files, { finished, refusal });
  return sheaf.taken();
}

/** A document that was begun in an earlier call. */
async function goOn(
  taking: Taking,
  row: DocumentRow,
  finished: ReadonlySet<string>,
): Promise<TakenDocument[]> {
  const sheaf = new Sheaf([row]);
  if (row.answer !== null) {
    await showAll(taking, sheaf, [{ row, promised: JSON.parse(row.answer) as Promised }]);
    return sheaf.taken();
  }
  const files = await sheaf.each([aboutRow(row)], async () => {
    await forgetAnswer(row.document_id, taking.dropFolder);
    return resume(taking, row);
  });
  await carryThrough(taking, sheaf, files, { finished });
  return sheaf.taken();
}

const aboutRow = (row: DocumentRow): Item => ({ row });

interface Read extends TakenFile {
  /** `null` if it is still being written. */
  readonly content: Content | PacketboatError | null;
}

type Content = NonNullable<Awaited<ReturnType<typeof readRegular>>>;

/** What was decided, and is still to be told. */
interface Decided extends Item {
  readonly answer: Answer;
  /** Rows of a list that come back. */
  readonly returned: string | null;
}

interface Settled extends Item {
  readonly promised: Promised;
}

/** From files in the intake to their answers. What they decide is decided in their order. */
async function carryThrough(
  taking: Taking,
  sheaf: Sheaf,
  files: readonly TakenFile[],
  how: { readonly finished: ReadonlySet<string>; readonly refusal?: PacketboatError | undefined },
): Promise<void> {
  const { ledger } = taking;
  const read = await sheaf.eachAtOnce(files, async (file) => ({
    ...file,
    content: how.refusal ?? (await contentOf(taking, file)),
  }));
  const ids = read.map(({ row }) => row.document_id);
  try {
    // By itself, for the count is to be on the disk before anything is read that may end the program.
    const begun = await together(ledger, () => sheaf.each(read, (file) => counted(taking, file)));
    await answerAll(taking, sheaf, begun, how.finished);
  } catch (error) {
    // The disk failed, not the document; on a full one what is to be forgotten may have no room either.
    if (isRefusal(error)) await unlessRefused(() => forgetDeaths(ledger, ids));
    throw error;
  }
  // What is counted still is forgotten at the next look.
  await unlessRefused(() => forgetDeaths(ledger, ids));
}

async function answerAll(
  taking: Taking,
  sheaf: Sheaf,
  begun: readonly Read[],
  finished: ReadonlySet<string>,
): Promise<void> {
  const { ledger, dropFolder, passed } = taking;
  const decided = await together(ledger, () =>
    sheaf.each(begun, (file) => decide(taking, file, finished)),
  );
  const prepared = await sheaf.eachAtOnce(decided, async (each) => {
    await prepareAnswer(each.row.document_id, each.answer, dropFolder, each.returned);
    passed?.("prepared");
    return each;
  });
  const places = new AnswerPlaces(dropFolder);
  const settled = await together(ledger, () =>
    sheaf.each(prepared, (each) => settle(taking, each, places)),
  );
  await showAll(taking, sheaf, settled);
}

async function contentOf(
  { documentBytes }: Taking,
  { row, path }: TakenFile,
): Promise<Read["content"]> {
  try {
    checkPlace(row.file_name);
    return await readRegular(path, documentBytes);
  } catch (error) {
    if (isRefusal(error) && error.disposition === "refuse") return error;
    throw error;
  }
}

/** Those beside it in its sheaf are counted as well, once: after a death each is read alone. */
async function counted({ ledger }: Taking, file: Read): Promise<Read> {
  const { row, content } = file;
  if (content === null || isRefusal(content)) return file;
  await markTaken(ledger, row.document_id, content.digest);
  const attempt = await countDeath(ledger, row.document_id);
  if (!isPoisonous(attempt)) return file;
  const made = await decisionsMade(ledger, row.document_id);
  const told = made === 0 ? "" : `; ${made} of its decisions had been taken before, and stand`;
  return { ...file, content: poisonous("DOCUMENT_POISONOUS", attempt, told) };
}

/** @returns `waiting` or `delayed` if nothing is decided yet */
async function decide(
  taking: Taking,
  file: Read,
  finished: ReadonlySet<string>,
): Promise<Decided | WaitingDocument | DelayedDocument> {
  const { row, content } = file;
  if (content === null) return { ...named(row), outcome: "delayed", error: null };
  const said = isRefusal(content) ? content : await saidIn(taking, file, content);
  if (isRefusal(said)) return answerTo(row, [refusedResult(null, said)]);
  const results: DecisionResult[] = [];
  for (const reading of said.readings) {
    const result = await fulfil(taking, { file, finished, at: taking.at }, reading);
    if (result === null) return waiting(file, reading);
    results.push(reading.row === undefined ? result : { ...result, row: reading.row });
    const ofAll = personRefused(results);
    if (ofAll) return answerTo(row, [ofAll]);
  }
  return answerTo(row, results, said);
}

const ABOUT_PERSON: ReadonlySet<string | undefined> = new Set<ErrorCode>([
  "PERSON_UNKNOWN",
  "PERSON_NOT_ALLOWED",
]);

/**
 * A long list whose first rows nobody may decide is refused as one, and not row by row. Rows that are refused for
 * anything else say nothing of those behind them.
 *
 * @returns what is said of the list, at the row that makes it sure
 */
function personRefused(results: readonly DecisionResult[]): DecisionResult | null {
  const [first] = results;
  if (results.length !== MOST_FAULTY_ROWS + 1 || !first) return null;
  if (!results.every(({ code }) => code === first.code && ABOUT_PERSON.has(code))) return null;
  const { row: _, ...said } = first;
  const message = `${first.message} (in each of more than ${MOST_FAULTY_ROWS} rows)`;
  return { ...said, sourceReference: null, message };
}

/** @returns its decisions, or why it has none */
async function saidIn(
  taking: Taking,
  { row }: Item,
  { bytes }: Content,
): Promise<Said | PacketboatError> {
  taking.passed?.("read");
  try {
    if (isList(row.file_name)) return await readRequestList(bytes, taking.lists);
    return { readings: readDecisions(bytes, taking.documentBytes), returned: null };
  } catch (error) {
    if (isRefusal(error) && error.disposition === "refuse") return error;
    throw error;
  }
}

function answerTo(row: DocumentRow, results: readonly DecisionResult[], said?: Said): Decided {
  const { taken_at: takenAt, file_name: document } = row;
  const outcome = outcomeOf(results);
  const answer: Answer = { version: 1, document, takenAt, outcome, results };
  return { row, answer, returned: said?.returned?.(results) ?? null };
}

async function settle(
  { ledger, settled, passed }: Taking,
  { row, answer, returned }: Decided,
  places: AnswerPlaces,
): Promise<Settled> {
  const promised = {
    answer,
    ...(await places.for(answer, returned !== null)),
    ...(returned === null ? {} : { returnedSha256: sha256(returned) }),
  };
  await ledger.transaction().execute(async (db) => {
    await promiseAnswer(db, row.document_id, JSON.stringify(promised));
    await settled?.(db, answered(row, promised));
  });
  passed?.("settled");
  return { row, promised };
}

const STATES = {
  taken: "ANSWERED",
  partlyTaken: "ANSWERED",
  known: "KNOWN",
  refused: "REFUSED",
} as const satisfies Record<DocumentOutcome, DocumentRow["state"]>;

/** What was promised becomes visible. */
async function showAll(taking: Taking, sheaf: Sheaf, settled: readonly Settled[]): Promise<void> {
  const { ledger, passed } = taking;
  const shown = await sheaf.eachAtOnce(settled, async (each) => {
    const { row, promised } = each;
    const { path } = await fileIn(taking, row);
    await showAnswer(row.document_id, path, promised, (part) => passed?.(`shown ${part}`));
    return each;
  });
  await together(ledger, () =>
    sheaf.each(shown, async ({ row, promised }) => {
      await markAnswered(ledger, row.document_id, STATES[promised.answer.outcome]);
      passed?.("answered");
      return answered(row, promised);
    }),
  );
}

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
