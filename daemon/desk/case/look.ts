/**
 * One look at the case folders of a drop folder: in which of them is something to do? A folder in which
 * nothing is decided costs two questions: whether its form has changed, and which other files lie there. A
 * decision counts when all that lies with it has held still from one look of ours to another; to stop a
 * release that waits, the form alone counts, and at once, because stopping it is never the greater mistake.
 */
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { plainDate } from "../../alerts/when.ts";
import { diskRefusal, errnoOf } from "../../disk.ts";
import { shareAt as shareOfSystem } from "../../disk/share.ts";
import { isRefusal, type PacketboatError } from "../../errors.ts";
import { referenceOf, type Sha256 } from "../../ids.ts";
import {
  type CaseChanges,
  casesIn,
  changeCases,
  hasFolder,
  type KnownCase,
  type ListedCase,
} from "../../ledger/cases.ts";
import type { Ledger } from "../../ledger/connect.ts";
import type { CasePlace } from "../../ledger/tables.ts";
import { sideBySide } from "../../side-by-side.ts";
import { readRegular, startOf } from "../carry.ts";
import { type CaseTree, scanCase, sightOf, straysIn } from "./scan.ts";
import { NOTHING_WRITTEN, readDecisionFile, type ReadFile } from "./decision-file.ts";
import { DECISION_FILE } from "./decision-form.ts";
import { namesBeingWritten } from "../writers.ts";

export interface CaseLook {
  readonly ledger: Ledger;
  readonly dropFolder: string;
  readonly folders: Readonly<Record<CasePlace, string>>;
  readonly unchangedForSeconds: number;
  readonly timeZone: string;
  readonly at: Date;
  /** On what kind of share a folder lies; the system is asked, unless given. */
  readonly shareAt?: (folder: string) => Promise<string | null>;
}

/** A look at the cases of one drop folder. */
interface Looking extends CaseLook {
  readonly isOnShare: boolean;
  /** What the next look is to know of this one; written down when all is looked at. */
  readonly notes: (CaseChanges & { readonly caseId: string })[];
}

const looking = async (look: CaseLook): Promise<Looking> => {
  const { folders, shareAt = shareOfSystem } = look;
  return { ...look, isOnShare: (await shareAt(folders.requests)) !== null, notes: [] };
};

/** What is to be done about the decision file of a case. */
export type Standing =
  /** Nothing: it is empty, or carried out, or its transfer is decided in a younger folder. */
  | { readonly standing: "quiet" }
  /** It was emptied since the last look; what was wrong with it is wrong no more. */
  | { readonly standing: "emptied" }
  /** It has another name than it had, such as `Decision.TXT`; it has held still. */
  | { readonly standing: "misnamed"; readonly name: string }
  /** It is empty, but a decision stands in other files beside it, or may. */
  | { readonly standing: "stray"; readonly names: readonly string[] }
  /** Its folder cannot be looked into. */
  | { readonly standing: "unseen"; readonly error: PacketboatError }
  /** It changed while what it had decided waits to leave. */
  | { readonly standing: "changed"; readonly form: Form | null }
  /** It is not there, and was not for a while. */
  | { readonly standing: "missing" }
  /** Something is decided, and something still changes or is open. */
  | { readonly standing: "moving"; readonly tree: CaseTree; readonly lookAgainAt: Date }
  /** Something is decided, and all has held still. */
  | { readonly standing: "still"; readonly tree: CaseTree; readonly form: Form };

/** A decision file that was read. */
export interface Form {
  readonly sight: string;
  readonly sha256: Sha256;
  readonly file: ReadFile;
  /**
   * The account that the file belongs to; `null` if that is our own: we wrote the form, and most editors
   * write into it, so that it proves nobody.
   */
  readonly ownerUid: number | null;
}

export interface SeenCase {
  readonly known: KnownCase;
  /** Whole path of its folder. */
  readonly folder: string;
  readonly isSuperseded: boolean;
  readonly isOnShare: boolean;
  readonly at: Standing;
}

/** A decision file is small. */
const MOST_BYTES = 200_000;
/** Questions to a disk or a share at once. */
const AT_ONCE = 16;

/** Names of the folders in which cases may stand. */
export type There = Readonly<Record<CasePlace, ReadonlySet<string>>>;

/** Every folder, whatever it is. */
export const foldersThere = async (folders: CaseLook["folders"]): Promise<There> => ({
  requests: new Set(await foldersIn(folders.requests)),
  done: new Set(await foldersIn(folders.done)),
});

/**
 * Every case whose folder is there, the oldest first, some at a time.
 *
 * @param found what there is, if that has just been listed
 */
export async function* lookAtCases(
  look: CaseLook,
  found?: There,
): AsyncGenerator<SeenCase[], void> {
  const there = found ?? (await foldersThere(look.folders));
  for await (const cases of casesIn(look.ledger, look.dropFolder)) {
    const within = await looking(look);
    const seen = await sideBySide(cases, (known) => seenAt(within, known, there), AT_ONCE);
    await changeCases(look.ledger, within.notes);
    yield seen.filter((each) => each !== null);
  }
}

/** @returns `null` if its folder is not there */
async function seenAt(look: Looking, known: ListedCase, there: There): Promise<SeenCase | null> {
  const { row, isSuperseded } = known;
  if (!hasFolder(row) || !there[row.place].has(row.name)) return null;
  const folder = join(look.folders[row.place], row.name);
  const at = isSuperseded ? QUIET : await standingOrWhyNot(look, known, folder);
  return { known, folder, isSuperseded, isOnShare: look.isOnShare, at };
}

const QUIET: Standing = { standing: "quiet" };

/** One folder that nobody may look into does not hide the others. */
async function standingOrWhyNot(
  look: Looking,
  known: KnownCase,
  folder: string,
): Promise<Standing> {
  try {
    return await standingIn(look, known, folder);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { standing: "unseen", error };
  }
}

/** Names of the folders in a folder that people see; none if it is not there. */
async function foldersIn(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.flatMap((entry) =>
      entry.isDirectory() && !entry.name.startsWith(".") ? [entry.name] : [],
    );
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw diskRefusal(error, path);
  }
}

/** Look at one case's decision file. */
export async function standingOf(
  look: CaseLook,
  known: KnownCase,
  folder: string,
): Promise<Standing> {
  const within = await looking(look);
  const standing = await standingIn(within, known, folder);
  await changeCases(look.ledger, within.notes);
  return standing;
}

async function standingIn(look: Looking, known: KnownCase, folder: string): Promise<Standing> {
  const { row, isWaiting } = known;
  const path = join(folder, DECISION_FILE);
  const sight = await sightOf(path, look.isOnShare);
  if (sight !== null && sight === row.taken_sight) return QUIET;
  if (sight !== null && sight === row.blank_sight) return quietOrStray(look, known, folder);
  if (row.taken_sight !== null && !isWaiting) return QUIET;
  if (sight === null) return missing(look, known, folder);
  const form = await readForm(look, known, path, sight);
  if (form === null) return moving(look, await scanCase(folder, look.isOnShare));
  if (row.taken_sight !== null) return changedOrTouched(look, known, form);
  const isEmpty = form.file.decision === null && form.file.faults.length === 0;
  if (!isEmpty) return stillOrMoving(look, known, folder, form);
  look.notes.push({ caseId: row.case_id, blank_sight: sight, seen: null, seen_since: null });
  return { standing: "emptied" };
}

/** People decide in `requests`; elsewhere nothing is looked for. */
async function quietOrStray(look: CaseLook, known: KnownCase, folder: string): Promise<Standing> {
  if (known.row.place !== "requests") return QUIET;
  const names = await decidedIn(look, known, folder, await straysIn(folder));
  return names.length === 0 ? QUIET : { standing: "stray", names };
}

/** Those of the files in which something is decided, and those that only a word processor can read. */
export async function decidedIn(
  { timeZone, at }: Pick<CaseLook, "timeZone" | "at">,
  { key }: KnownCase,
  folder: string,
  names: readonly string[],
): Promise<string[]> {
  const judging = { reference: referenceOf(key.transferId), today: plainDate(at, timeZone) };
  const decided = await Promise.all(
    names.map(async (name) => {
      const bytes = await startOf(join(folder, name), MOST_BYTES);
      if (bytes.length === 0) return false;
      const { decision, faults } = readDecisionFile(bytes, judging);
      return decision !== null || faults.length > 0;
    }),
  );
  return names.filter((_, index) => decided[index]);
}

/** @returns `null` while it is being written; a file that cannot be read has that as its fault */
async function readForm(
  { timeZone, at, isOnShare }: Looking,
  { key }: KnownCase,
  path: string,
  sight: string,
): Promise<Form | null> {
  const judging = { reference: referenceOf(key.transferId), today: plainDate(at, timeZone) };
  try {
    const read = await readRegular(path, MOST_BYTES);
    if (read === null || (await sightOf(path, isOnShare)) !== sight) return null;
    const file = readDecisionFile(read.bytes, judging);
    return { sight, sha256: read.digest, file, ownerUid: await ownerOf(path) };
  } catch (error) {
    if (isRefusal(error, "FILE_NOT_FOUND")) return null;
    if (!isRefusal(error)) throw error;
    const why =
      error.code === "DOCUMENT_INVALID"
        ? "is far too big: fill in the form that lay here, and put documents into their own folder"
        : "cannot be read: close it in every program; if that does not help, ask IT";
    const file = { ...NOTHING_WRITTEN, faults: [`decision.txt ${why}.`] };
    return { sight, sha256: "" as Sha256, file, ownerUid: null };
  }
}

async function ownerOf(path: string): Promise<number | null> {
  const uid = (await lstat(path).catch(() => null))?.uid ?? null;
  return uid === process.getuid?.() ? null : uid;
}

/** Saved again as it was, it decides nothing anew. */
function changedOrTouched({ notes }: Looking, { row }: KnownCase, form: Form): Standing {
  if (form.sha256 !== row.taken_sha256) return { standing: "changed", form };
  notes.push({ caseId: row.case_id, taken_sight: form.sight });
  return QUIET;
}

/** Some editors remove a file before they write it anew. */
async function missing(look: Looking, known: KnownCase, folder: string): Promise<Standing> {
  const tree = await scanCase(folder, look.isOnShare);
  const since = heldStillSince(look, known, tree);
  if (stillUntil(look, since) > look.at) return moving(look, tree);
  if (tree.form?.name === DECISION_FILE) return moving(look, tree);
  if (tree.form) return { standing: "misnamed", name: tree.form.name };
  const isStopped = known.row.taken_sight !== null;
  return isStopped ? { standing: "changed", form: null } : { standing: "missing" };
}

async function stillOrMoving(
  look: Looking,
  known: KnownCase,
  folder: string,
  form: Form,
): Promise<Standing> {
  const tree = await scanCase(folder, look.isOnShare);
  const until = stillUntil(look, heldStillSince(look, known, tree));
  if (until > look.at) return { standing: "moving", tree, lookAgainAt: until };
  if (tree.open.length > 0 || tree.form?.sight !== form.sight) return moving(look, tree);
  const files = [tree.form, ...(tree.record ? [tree.record] : []), ...tree.documents];
  const written = await namesBeingWritten(files);
  return written.size > 0 ? moving(look, tree) : { standing: "still", tree, form };
}

const moving = (look: CaseLook, tree: CaseTree): Standing => ({
  standing: "moving",
  tree,
  lookAgainAt: stillUntil(look, look.at),
});

const stillUntil = ({ unchangedForSeconds }: CaseLook, since: Date): Date =>
  new Date(since.getTime() + unchangedForSeconds * 1000);

/** Since which look of ours nothing has changed; a clock set back proves nothing. */
function heldStillSince({ notes, at }: Looking, { row }: KnownCase, { digest }: CaseTree): Date {
  const now = at.toISOString();
  if (row.seen === digest && row.seen_since !== null && row.seen_since <= now) {
    return new Date(row.seen_since);
  }
  notes.push({ caseId: row.case_id, seen: digest, seen_since: now });
  return at;
}
