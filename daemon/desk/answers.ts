/**
 * What a drop folder is answered (PROTOCOL 9): `sent/<name>` with `<name>.result.json` for programs, or
 * `refused/<name>`; and for people `<name>.faults.txt`, if anything was refused. Of a list of requests the
 * rows that were refused come back in `refused/<name>`, each with its fault, in the place of the list if
 * that is all of them; and their faults.txt beside them.
 *
 * Answers are written hidden, and shown by renames after the ledger has promised them. What is no longer
 * hidden was shown: somebody may have taken it since, so it is not written again.
 */
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { oneLine } from "../alerts/say.ts";
import { exists, writeNew } from "../disk.ts";
import { isRefusal, type PacketboatError } from "../errors.ts";
import type { Sha256 } from "../ids.ts";
import { carry, hashOf, removeDurably, SHARED_FILE } from "./carry.ts";
import { acceptable, variantsOf } from "./names.ts";

/** What became of one decision in a document. */
export interface DecisionResult {
  readonly sourceReference: string | null;
  /** Of a list, as a spreadsheet counts. */
  readonly row?: number;
  readonly outcome: "taken" | "known" | "refused";
  /** `K7QM-3F2D` */
  readonly reference?: string;
  /** Of the transfer, when the decision was carried out. */
  readonly status?: string;
  readonly code?: string;
  readonly message?: string;
  readonly hint?: string;
  readonly faults?: readonly string[];
  /** Of a district that was described and is not one: how, and which may be meant. */
  readonly described?: string;
  readonly candidates?: readonly string[];
}

/** `partlyTaken`: some decisions of the document were refused. */
export type DocumentOutcome = "taken" | "partlyTaken" | "known" | "refused";

/** The `result.json`, and what the ledger keeps until it is shown. */
export interface Answer {
  readonly version: 1;
  /** Name of the file that is answered. */
  readonly document: string;
  readonly takenAt: string;
  readonly outcome: DocumentOutcome;
  readonly results: readonly DecisionResult[];
}

export interface AnswerFolders {
  readonly sent: string;
  readonly refused: string;
}

/** What the ledger keeps of an answer until it is shown. */
export interface Promised {
  readonly answer: Answer;
  readonly place: Place;
  /** Where rows that were refused come back to be mended; absent if none do. */
  readonly returned?: Place;
  /** Of the file with those rows, as long as nobody has mended it. */
  readonly returnedSha256?: Sha256;
}

/** Where an answer is shown. */
export interface Place {
  readonly folder: string;
  /** Name of the document there; the answer's files have longer ones. */
  readonly name: string;
}

const FAULTS = ".faults.txt";
const RESULT = ".result.json";
const RETURNED = ".returned.csv";
/** More faults than these nobody reads here; each row says its own. */
const MOST_PARAGRAPHS = 200;

/** @param results of every decision of a document; at least one */
export function outcomeOf(results: readonly DecisionResult[]): DocumentOutcome {
  const outcomes = new Set(results.map(({ outcome }) => outcome));
  if (!outcomes.has("refused")) return outcomes.has("taken") ? "taken" : "known";
  return outcomes.size === 1 ? "refused" : "partlyTaken";
}

/** The words of a refusal, for the answer. */
export function refusedResult(
  sourceReference: string | null,
  { code, message, hint, facts }: PacketboatError,
): DecisionResult {
  const { faults, described, candidates } = facts;
  return {
    sourceReference,
    outcome: "refused",
    code,
    message,
    hint,
    ...(Array.isArray(faults) ? { faults: faults as readonly string[] } : {}),
    ...(typeof described === "string" ? { described } : {}),
    ...(Array.isArray(candidates) ? { candidates: candidates as readonly string[] } : {}),
  };
}

/** Places where neither documents nor their answers would meet another file, nor each other. */
export class AnswerPlaces {
  readonly #folders: AnswerFolders;
  /** Paths that were given away, and where nothing may lie yet. */
  readonly #given = new Set<string>();

  constructor(folders: AnswerFolders) {
    this.#folders = folders;
  }

  /** @param returns do rows of it come back? */
  async for(answer: Answer, returns: boolean): Promise<Omit<Promised, "answer">> {
    const { sent, refused } = this.#folders;
    const isRefused = answer.outcome === "refused";
    const place = await this.#free(isRefused ? refused : sent, answer);
    if (!returns) return { place };
    return { place, returned: isRefused ? place : await this.#free(refused, answer) };
  }

  async #free(folder: string, answer: Answer): Promise<Place> {
    for (const name of variantsOf(acceptable(answer.document))) {
      const paths = ["", FAULTS, RESULT].map((ending) => join(folder, name + ending));
      if (paths.some((path) => this.#given.has(path))) continue;
      const taken = await Promise.all(paths.map(exists));
      if (taken.includes(true)) continue;
      for (const path of paths) this.#given.add(path);
      return { folder, name };
    }
    throw new Error("names have run out");
  }
}

/** Remove what an interrupted attempt to write an answer left. */
export async function forgetAnswer(id: string, { sent, refused }: AnswerFolders): Promise<void> {
  for (const folder of [sent, refused]) {
    for (const ending of [FAULTS, RESULT, RETURNED]) {
      const path = hiddenPath(folder, id, ending);
      if (await exists(path)) await removeDurably(path);
    }
  }
}

/**
 * Write the answer where nobody sees it yet.
 *
 * @param returned rows of a list that come back
 * @throws PacketboatError FOLDER_MISSING, DISK_FULL or DISK_FAILED
 */
export async function prepareAnswer(
  id: string,
  answer: Answer,
  folders: AnswerFolders,
  returned: string | null,
): Promise<void> {
  const isRefused = answer.outcome === "refused";
  const folder = isRefused ? folders.refused : folders.sent;
  const shared = { mode: SHARED_FILE };
  if (!isRefused) {
    const text = `${JSON.stringify(answer, null, 2)}\n`;
    await writeNew(hiddenPath(folder, id, RESULT), text, shared);
  }
  if (hasFaults(answer)) {
    const beside = returned === null ? folder : folders.refused;
    await writeNew(hiddenPath(beside, id, FAULTS), faultsText(answer), shared);
  }
  if (returned !== null) {
    await writeNew(hiddenPath(folders.refused, id, RETURNED), returned, shared);
  }
}

/**
 * Show the answer: the document first, so that whoever finds the result finds all of it. A list of which
 * every row comes back is not shown beside them.
 *
 * @param document in the intake
 * @param passed called after each part
 */
export async function showAnswer(
  id: string,
  document: string,
  { answer, place, returned }: Promised,
  passed: (part: "returned" | "document" | "faults" | "result") => void,
): Promise<void> {
  if (returned) await show(hiddenPath(returned.folder, id, RETURNED), returned, "");
  passed("returned");
  if (returned && answer.outcome === "refused") await removeDurably(document);
  else await show(document, place, "");
  passed("document");
  const beside = returned ?? place;
  if (hasFaults(answer)) await show(hiddenPath(beside.folder, id, FAULTS), beside, FAULTS);
  passed("faults");
  await show(hiddenPath(place.folder, id, RESULT), place, RESULT);
  passed("result");
}

const hasFaults = ({ results }: Answer): boolean =>
  results.some(({ outcome }) => outcome === "refused");

const hiddenPath = (folder: string, id: string, ending: string): string =>
  join(folder, `.${id}${ending}`);

async function show(from: string, { folder, name }: Place, ending: string): Promise<void> {
  for (const variant of variantsOf(name)) {
    if (!(await exists(from))) return;
    const to = join(folder, variant + ending);
    try {
      await carry(from, to, SHARED_FILE);
      // It may be another's file; then its owner has settled who reads it.
      await chmod(to, SHARED_FILE).catch(() => undefined);
      return;
    } catch (error) {
      if (!isRefusal(error, "FILE_EXISTS")) throw error;
      // A copy to another file system that was finished before a crash.
      if ((await hashOf(from)) === (await hashOf(to))) await removeDurably(from);
    }
  }
}

/** For people, in an editor that may be old: lines end as it expects them. */
function faultsText(answer: Answer): string {
  const { results } = answer;
  const paragraphs = results.flatMap((result, index) =>
    result.outcome === "refused"
      ? [paragraph(result, results.length === 1 ? null : index + 1)]
      : [],
  );
  const more = paragraphs.length - MOST_PARAGRAPHS;
  const shown = paragraphs.slice(0, MOST_PARAGRAPHS);
  if (more > 0) shown.push([`${more} more were not taken.`]);
  return [headOf(answer), ...shown].map((lines) => `${lines.join("\r\n")}\r\n`).join("\r\n");
}

function headOf({ document: fileName, outcome, results }: Answer): string[] {
  const document = oneLine(fileName);
  const rows = results.filter((result) => result.row !== undefined && result.outcome === "refused");
  const mending =
    rows.length === 0
      ? []
      : [
          "Mend the rows in the file beside this one, and drop it again; leave its columns as they are.",
        ];
  if (outcome === "refused") return [`${document} was not taken.`, ...mending];
  const rest = "The rest is on its way: do not drop it again.";
  if (rows.length === 0) return [`${document} was taken, but for what follows. ${rest}`];
  const count = rows.length === 1 ? "one row" : `${rows.length} rows`;
  return [`${document} was taken, but for ${count}. ${rest}`, ...mending];
}

function paragraph(result: DecisionResult, number: number | null): string[] {
  const { sourceReference, row, code, message = "", hint = "", faults = [] } = result;
  const called = sourceReference === null ? "" : ` (SourceReference ${oneLine(sourceReference)})`;
  const which =
    row !== undefined
      ? `Row ${row}${called}: `
      : number === null
        ? ""
        : `Request ${number}${called}: `;
  const listed = faults.length > 1 || !message.includes(faults[0] ?? "") ? faults : [];
  return [
    `${which}${oneLine(message)} [${code}]`,
    ...listed.map((fault) => `  - ${oneLine(fault)}`),
    `What to do: ${hint}`,
  ];
}
