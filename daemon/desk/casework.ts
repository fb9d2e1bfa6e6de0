/**
 * Casework: what registrars write into their case folders becomes decisions, each exactly once, and every
 * folder is told in its own `status.txt` what became of it (PROTOCOL 9).
 *
 * For each case: what waits to leave is stopped if its form was changed; a decision that held still is
 * planned, its documents are copied, and it is decided like one that was typed, with the digest of the form
 * in the transaction of its effects. Then the folder follows its transfer: the form is opened for the next
 * decision, the folder moves, and the status is written. All of that is worked out anew each time from the
 * ledger and the disk, so that whatever is cut off is finished at the next call.
 */
import { realpath, rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { diskRefusal, exists, moveDurably, writeTidily, writeNew } from "../disk.ts";
import { type ErrorCode, isRefusal, type PacketboatError } from "../errors.ts";
import { type Reference, type Sha256, sha256, showReference } from "../ids.ts";
import { findAgency } from "../ledger/agencies.ts";
import {
  caseOpened,
  casesIn,
  casesOf,
  changeCase,
  decisionTaken,
  documentsSent,
  hasFolder,
  type KnownCase,
} from "../ledger/cases.ts";
import type { Ledger, LedgerTransaction } from "../ledger/connect.ts";
import type { CaseRow } from "../ledger/tables.ts";
import { findTransfer, historyOf, type TransferKey } from "../ledger/transfers.ts";
import type { OutgoingDocument, Transfer } from "../transfer/effects.ts";
import { idsAt } from "../transfer/releases.ts";
import { hashOf, readRegular, SHARED_FILE, startOf } from "./carry.ts";
import {
  decidedIn,
  type Form,
  lookAtCases,
  type SeenCase,
  type Standing,
  standingOf,
} from "./case/look.ts";
import { findCases, makePlaces, moveCase, placeFor, type Places } from "./case/places.ts";
import { type Plan, planCase } from "./case/plan.ts";
import { type CaseTree, scanCase, sightOf } from "./case/scan.ts";
import {
  faultsText,
  notStoppedText,
  openText,
  refusalFaults,
  STATUS_FILE,
  statusText,
  strangerText,
  strayFaults,
  type Telling,
} from "./case/status.ts";
import { readDecisionFile } from "./case/decision-file.ts";
import { DECISION_FILE, decisionForm, type Stage } from "./case/decision-form.ts";
import { type Decide, type Decided, isHalfway, withDocuments } from "./decision.ts";
import { stageHanded, unstageHanded } from "./handed.ts";
import { waitingRelease } from "./waiting-release.ts";

export interface Casework {
  readonly ledger: Ledger;
  readonly dropFolder: string;
  readonly places: Places;
  /** Private folder for copies. */
  readonly staging: string;
  readonly unchangedForSeconds: number;
  /** Of a record file, and of one document. */
  readonly documentBytes: number;
  readonly attachmentBytes: number;
  /** Of all that may be named behind Decided by. */
  readonly usernames: readonly string[];
  readonly timeZone: string;
  readonly at: Date;
  readonly decide: Decide;
  /** A decision was not taken, or no fault is left: to be told to people who do not look here. */
  readonly alert: (about: CaseAlert) => Promise<unknown>;
  /** No further case is begun when it fires. */
  readonly stop?: AbortSignal;
}

export interface CaseAlert {
  readonly caseId: string;
  readonly transfer: Transfer;
  /** How many; none any more. */
  readonly faults: number;
}

type Outcome = "decided" | "withdrawn" | "refused" | "waiting" | "moved" | "delayed";

/** What became of a case in which there was something to do. */
export interface WorkedCase {
  readonly caseId: string;
  readonly dropFolder: string;
  readonly transferId: string;
  readonly outcome: Outcome;
  /** How many, if it was refused. */
  readonly faults?: number;
  /** When to look again, if it waits until it has held still. */
  readonly until?: Date;
  /** Why it is left for another time. */
  readonly error?: PacketboatError;
}

/**
 * @returns what was done in each case, as soon as it is known; one that fails never stops the others
 * @throws PacketboatError DISK_… if the drop folder as a whole cannot be used
 */
export async function* workCases(work: Casework): AsyncGenerator<WorkedCase, void> {
  await makePlaces(work.places);
  const strangers = await findCases(work.ledger, work.dropFolder, work.places);
  await answerStrangers(work, strangers);
  for (const seen of await lookAtCases({ ...work, folders: work.places })) {
    if (work.stop?.aborted) return;
    yield* withoutStopping(work, seen, () => workOn(work, seen, true));
  }
}

/** After an exchange: folders follow what it did. No decision is taken. */
export async function* followCases(work: Casework): AsyncGenerator<WorkedCase, void> {
  await findCases(work.ledger, work.dropFolder, work.places);
  for (const seen of await lookAtCases({ ...work, folders: work.places })) {
    if (work.stop?.aborted) return;
    yield* withoutStopping(work, seen, () => workOn(work, seen, false));
  }
}

async function* withoutStopping(
  work: Casework,
  { known }: SeenCase,
  worked: () => Promise<Became>,
): AsyncGenerator<WorkedCase, void> {
  const about = {
    caseId: known.row.case_id,
    dropFolder: work.dropFolder,
    transferId: known.key.transferId,
  };
  try {
    const became = await worked();
    if (became !== null) yield { ...about, ...became };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    if (HINDERED.includes(error.code)) await tellHindered(work, known);
    yield { ...about, outcome: "delayed", error };
  }
}

/** Why nothing can be read or answered in a folder until somebody mends it. */
const HINDERED: readonly ErrorCode[] = ["DISK_FAILED", "DISK_FULL", "FILE_UNREADABLE"];

/** Its status cannot say it. The next look that succeeds closes the alert. */
async function tellHindered({ ledger, alert }: Casework, { row, key }: KnownCase): Promise<void> {
  const stored = await findTransfer(ledger, key);
  if (!stored) return;
  await changeCase(ledger, row.case_id, { told_version: null });
  await alert({ caseId: row.case_id, transfer: stored.transfer, faults: 1 });
}

type Became = Pick<WorkedCase, "outcome" | "faults" | "until"> | null;

async function workOn(work: Casework, first: SeenCase, mayDecide: boolean): Promise<Became> {
  if (first.at.standing === "unseen") throw first.at.error;
  const { seen, became, isToldOf } = await decided(work, first, mayDecide);
  const placed = await place(work, seen);
  if (!isToldOf) await follow(work, placed);
  return became ?? (placed === seen ? null : { outcome: "moved" });
}

interface Tried {
  readonly seen: SeenCase;
  readonly became: Became;
  /** Its status says all that there is to say now. */
  readonly isToldOf: boolean;
}

/** Stop what is to be stopped, and take what is to be taken. */
async function decided(work: Casework, first: SeenCase, mayDecide: boolean): Promise<Tried> {
  const named = mayDecide ? await wellNamed(work, first) : first;
  const { seen, became, isToldOf } = await stopped(work, named, mayDecide);
  if (isToldOf) return { seen, became, isToldOf };
  const { at } = seen;
  const text: Text = (telling, all) => faultsText(telling, all, work.unchangedForSeconds);
  if (at.standing === "stray") {
    const faults = mayDecide ? await refused(work, seen, strayFaults(at.names), text) : null;
    return { seen, became: faults, isToldOf: true };
  }
  if (at.standing === "still" && mayDecide) {
    const faults = await takeDecision(work, seen, at);
    if (faults.length === 0) {
      return { seen: await lookAgain(work, seen), became: { outcome: "decided" }, isToldOf };
    }
    return { seen, became: became ?? (await refused(work, seen, faults, text)), isToldOf: true };
  }
  // That something was stopped is news; otherwise what was told stands until somebody is done with it.
  if (became) return { seen, became, isToldOf };
  if (at.standing !== "moving") return { seen, became, isToldOf: at.standing === "still" };
  if (at.tree.open.length > 0) await tellOpen(work, seen, at.tree.open);
  return { seen, became: { outcome: "waiting", until: at.lookAgainAt }, isToldOf: true };
}

/** A form that got another name gets its own back, and is looked at under that. */
async function wellNamed(work: Casework, seen: SeenCase): Promise<SeenCase> {
  const { at, folder } = seen;
  if (at.standing !== "misnamed") return seen;
  await moveDurably(join(folder, at.name), join(folder, DECISION_FILE));
  return lookAgain(work, seen);
}

/** A release that waits does not leave when its form was changed. */
async function stopped(work: Casework, seen: SeenCase, mayDecide: boolean): Promise<Tried> {
  const { at } = seen;
  if (at.standing !== "changed") return { seen, became: null, isToldOf: false };
  if (!mayDecide) return { seen, became: null, isToldOf: true };
  const faults = await stopRelease(work, seen, at.form);
  if (faults.length > 0) {
    return { seen, became: await refused(work, seen, faults, notStoppedText), isToldOf: true };
  }
  const now = await lookAgain(work, seen);
  const until = now.at.standing === "moving" ? { until: now.at.lookAgainAt } : {};
  return { seen: now, became: { outcome: "withdrawn", ...until }, isToldOf: false };
}

async function lookAgain(
  work: Casework,
  { known, folder, isSuperseded }: SeenCase,
): Promise<SeenCase> {
  const cases = await casesIn(work.ledger, work.dropFolder);
  const now = cases.find(({ row }) => row.case_id === known.row.case_id) ?? known;
  const look = { ...work, folders: work.places };
  return { known: now, folder, isSuperseded, at: await standingOf(look, now, folder) };
}

/** @returns why it could not be stopped; nothing if it was */
async function stopRelease(
  work: Casework,
  { known: { row, key } }: SeenCase,
  form: Form | null,
): Promise<readonly string[]> {
  const { dropFolder, decide, at, usernames } = work;
  const releasedBy = await whoReleased(work.ledger, key);
  const decidedBy = form?.file.decidedBy ?? releasedBy;
  const stopBy = (username: string | null): Promise<unknown> =>
    decide({
      decision: { kind: "withdraw", about: { transferId: key.transferId } },
      decidedBy: username,
      ownerUid: form?.ownerUid ?? null,
      dropFolder,
      isHandwritten: true,
      at,
      // The word itself is done with; whatever else stands there is still to be judged.
      within: (db) =>
        form?.file.decision?.kind === "withdraw"
          ? decisionTaken(db, row, form)
          : caseOpened(db, row.case_id),
    });
  try {
    await stopBy(decidedBy).catch((error: unknown) => {
      // Nothing leaves because a name is misspelled.
      if (!isRefusal(error, "PERSON_UNKNOWN")) throw error;
      return stopBy(releasedBy);
    });
    return [];
  } catch (error) {
    if (!isRefusal(error) || error.disposition !== "refuse") throw error;
    return refusalFaults(error, { decidedBy, usernames });
  }
}

/** Whoever empties a form signs nothing: it is they who wrote it. */
async function whoReleased(ledger: Ledger, key: TransferKey): Promise<string | null> {
  const releases = (await historyOf(ledger, key)).filter(({ event }) =>
    ["Release", "Supplement"].includes(event),
  );
  return releases.at(-1)?.who ?? null;
}

/** @returns every fault; nothing if the decision was taken */
async function takeDecision(
  work: Casework,
  { known, folder }: SeenCase,
  { tree, form }: Extract<Standing, { standing: "still" }>,
): Promise<readonly string[]> {
  const { row, key } = known;
  const { file } = form;
  const strays = await decidedIn(work, known, folder, tree.strays);
  if (file.decision === null) return [...file.faults, ...strayFaults(strays)];
  if (strays.length > 0 && file.decision.kind !== "withdraw") return strayFaults(strays);
  if (file.decidedBy === null && form.ownerUid === null) {
    return ["Decided by: is missing. Write your user name there."];
  }
  const stored = await findTransfer(work.ledger, key);
  if (!stored) return ["This request is no longer known here."];
  const { transfer } = stored;
  const plan = await planCase({
    folder: await realFolder(folder),
    tree,
    written: file.decision,
    transfer,
    sent: documentsSent(row, idsAt(transfer, "sent")),
    documentBytes: work.documentBytes,
    attachmentBytes: work.attachmentBytes,
  });
  if ("faults" in plan) return plan.faults;
  try {
    return await carryOut(work, { row, folder, tree, form, plan });
  } catch (error) {
    if (!isRefusal(error) || error.disposition !== "refuse") throw error;
    return refusalFaults(error, { decidedBy: file.decidedBy, usernames: work.usernames });
  }
}

/** The place of a case folder, which somebody could have exchanged for a link. */
async function realFolder(folder: string): Promise<string> {
  const above = await realpath(dirname(folder)).catch((error: unknown) => {
    throw diskRefusal(error, folder);
  });
  return join(above, basename(folder));
}

interface Taking {
  readonly row: CaseRow;
  readonly folder: string;
  readonly tree: CaseTree;
  readonly form: Form;
  readonly plan: Plan;
}

/** @returns a fault, if somebody was at it meanwhile */
async function carryOut(
  work: Casework,
  { row, folder, tree, form, plan }: Taking,
): Promise<readonly string[]> {
  const { staging, attachmentBytes: mostBytes, dropFolder, at } = work;
  const into = { staging, mostBytes, links: "refused" } as const;
  const staged = await stageHanded(plan.handed, into);
  try {
    const documents = await digestsOf(staged, plan);
    let isSent = true;
    if ((await scanCase(folder, tree.isOnShare)).digest !== tree.digest) {
      await unstageHanded(staged);
      return [
        "Something in this folder was changed while it was taken. Wait: it is looked at again.",
      ];
    }
    await work.decide({
      decision: withDocuments(plan.decision, staged),
      decidedBy: form.file.decidedBy,
      ownerUid: form.ownerUid,
      dropFolder,
      isHandwritten: true,
      at,
      within: (db, done) => {
        isSent = !isHalfway(plan.decision, done);
        return noteTaken(db, row, form, { plan, done, documents });
      },
    });
    if (!isSent) await unstageHanded(staged);
    return [];
  } catch (error) {
    if (isRefusal(error)) await unstageHanded(staged);
    throw error;
  }
}

async function digestsOf(staged: readonly OutgoingDocument[], plan: Plan): Promise<Sha256[]> {
  const digests: Sha256[] = plan.recordDigest === null ? [] : [plan.recordDigest];
  for (const { stagedPath } of staged) digests.push(await hashOf(stagedPath));
  return digests;
}

function noteTaken(
  db: LedgerTransaction,
  row: CaseRow,
  form: Form,
  made: { plan: Plan; done: Decided; documents: readonly Sha256[] },
): Promise<void> {
  const { kind } = made.plan.decision;
  const messageId = idsAt(made.done, "waiting").at(-1);
  const isSent = !isHalfway(made.plan.decision, made.done);
  const isRelease =
    (kind === "release" || kind === "supplement") && messageId !== undefined && isSent;
  const release = isRelease ? { release: { messageId, documents: made.documents } } : {};
  return decisionTaken(db, row, { ...form, ...release });
}

type Text = (telling: Pick<Telling, "transfer" | "partner">, faults: readonly string[]) => string;

/** Nothing was taken: the folder says why, and an alert that it does. */
async function refused(
  work: Casework,
  { known, folder }: SeenCase,
  faults: readonly string[],
  text: Text,
): Promise<Became> {
  const stored = await findTransfer(work.ledger, known.key);
  if (!stored) return null;
  const { transfer } = stored;
  const telling = { transfer, partner: await partnerOf(work.ledger, transfer) };
  // First, for the folder may not be ours to write in.
  await work.alert({ caseId: known.row.case_id, transfer, faults: faults.length });
  const isNews = await tell(work, known.row, folder, {
    text: text(telling, faults),
    version: null,
  });
  return isNews ? { outcome: "refused", faults: faults.length } : null;
}

async function tellOpen(
  work: Casework,
  { known, folder }: SeenCase,
  open: readonly string[],
): Promise<void> {
  const stored = await findTransfer(work.ledger, known.key);
  if (!stored) return;
  const { transfer } = stored;
  const telling = { transfer, partner: await partnerOf(work.ledger, transfer) };
  await tell(work, known.row, folder, { text: openText(telling, open), version: null });
}

/** A folder stands where its transfer does, whatever is written in it. */
async function place(work: Casework, seen: SeenCase): Promise<SeenCase> {
  const { known, isSuperseded } = seen;
  const { row, state } = known;
  const to = isSuperseded ? "done" : placeFor(state);
  if (!hasFolder(row) || to === null || to === row.place) return seen;
  const moved = await moveCase(work.ledger, work.places, row, to);
  const folder = join(work.places[to], moved.name);
  return { ...seen, known: { ...known, row: moved }, folder };
}

/** The form is opened for the next decision, and the status says how things stand. */
async function follow(
  work: Casework,
  { known, folder, isSuperseded, at }: SeenCase,
): Promise<void> {
  const { ledger } = work;
  const { row, key, version, isWaiting } = known;
  const mustOpen = row.taken_sight !== null && !isWaiting;
  const isTold = row.told_version === version;
  if (isTold && !mustOpen && at.standing !== "missing") return;
  const stored = await findTransfer(ledger, key);
  if (!stored) return;
  const { transfer } = stored;
  if (mustOpen) await openForm(work, row, folder, transfer);
  else if (row.taken_sight === null && !isSuperseded) await freshForm(folder, transfer);
  const isNew = row.told_sha256 === null && transfer.state === "RequestReceived" && !isSuperseded;
  if (isNew) await changeCase(ledger, row.case_id, { told_version: version });
  else {
    const isWritten = row.taken_sight !== null && isWaiting;
    const text = statusText({ ...(await tellingOf(work, transfer, isSuperseded)), isWritten });
    await tell(work, row, folder, { text, version });
  }
  await work.alert({ caseId: row.case_id, transfer, faults: 0 });
}

/** What was decided is kept beside it, and the form is there for the next decision. */
async function openForm(
  work: Casework,
  row: CaseRow,
  folder: string,
  transfer: Transfer,
): Promise<void> {
  const path = join(folder, DECISION_FILE);
  if (await isAsTaken(path, row)) {
    let number = 1;
    while (await exists(join(folder, `decision-${number}.txt`))) number++;
    await rename(path, join(folder, `decision-${number}.txt`)).catch((error: unknown) => {
      throw diskRefusal(error, path);
    });
  }
  await freshForm(folder, transfer);
  await caseOpened(work.ledger, row.case_id);
}

/** Otherwise somebody has begun to write the next decision into it. */
async function isAsTaken(path: string, row: CaseRow): Promise<boolean> {
  const sight = await sightOf(path);
  if (sight === null || sight === row.taken_sight) return sight !== null;
  return (await hashOf(path).catch(() => null)) === row.taken_sha256;
}

const MOST_FORM_BYTES = 20_000;
const STAGES: readonly Stage[] = ["undecided", "released"];

const stageOf = ({ state }: Transfer): Stage =>
  ["Released", "Delivered", "Imported", "Canceled"].includes(state) ? "released" : "undecided";

/** The form of the transfer's stage, where there is none, or one of another stage that nobody touched. */
async function freshForm(folder: string, transfer: Transfer): Promise<void> {
  const { reference } = transfer;
  const path = join(folder, DECISION_FILE);
  const shared = { mode: SHARED_FILE };
  const text = decisionForm(reference, stageOf(transfer));
  if ((await sightOf(path)) === null) {
    await writeNew(path, text, shared).catch((error: unknown) => {
      // Somebody was quicker: theirs is the form.
      if (!isRefusal(error, "FILE_EXISTS")) throw error;
    });
  } else if (await isUntouched(path, reference, stageOf(transfer))) {
    await writeTidily(path, text, shared);
  }
}

/** Is it a form of another stage, as we wrote it? */
async function isUntouched(path: string, reference: Reference, stage: Stage): Promise<boolean> {
  const read = await readRegular(path, MOST_FORM_BYTES).catch((error: unknown) => {
    if (isRefusal(error)) return null;
    throw error;
  });
  const others = STAGES.filter((each) => each !== stage);
  return others.some((each) => read?.digest === sha256(decisionForm(reference, each)));
}

async function tellingOf(
  { ledger, timeZone }: Casework,
  transfer: Transfer,
  isSuperseded: boolean,
): Promise<Omit<Telling, "isWritten">> {
  const younger = isSuperseded ? (await casesOf(ledger, transfer)).at(-1) : null;
  return {
    transfer,
    partner: await partnerOf(ledger, transfer),
    history: await historyOf(ledger, transfer),
    released: await waitingRelease(ledger, transfer),
    newer: younger ? (younger.name ?? showReference(transfer.reference)) : null,
    timeZone,
  };
}

async function partnerOf(ledger: Ledger, { partnerId }: Transfer): Promise<Telling["partner"]> {
  const card = await findAgency(ledger, partnerId);
  return { name: card?.name ?? `agency ${partnerId}`, phone: card?.phone ?? null };
}

/** @returns whether it was not told before */
async function tell(
  { ledger }: Casework,
  row: CaseRow,
  folder: string,
  told: { readonly text: string; readonly version: number | null },
): Promise<boolean> {
  const digest = sha256(told.text);
  const isNews = digest !== row.told_sha256;
  if (isNews) await writeTidily(join(folder, STATUS_FILE), told.text, { mode: SHARED_FILE });
  if (isNews || told.version !== row.told_version) {
    await changeCase(ledger, row.case_id, { told_sha256: digest, told_version: told.version });
  }
  return isNews;
}

/** One folder that is not ours to write in does not keep the cases from being worked on. */
async function answerStrangers(work: Casework, folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    try {
      await answerStranger(work, folder);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }
}

/** Somebody decided where no request is known: that would never be read, and nobody would know. */
async function answerStranger({ at }: Casework, folder: string): Promise<void> {
  const path = join(folder, DECISION_FILE);
  const status = join(folder, STATUS_FILE);
  if ((await sightOf(path)) === null) return;
  // A copy of a case folder has the status of its original.
  if ((await startOf(status, MOST_FORM_BYTES)).toString() === strangerText()) return;
  const read = await readRegular(path, MOST_FORM_BYTES).catch((error: unknown) => {
    if (isRefusal(error)) return null;
    throw error;
  });
  const judging = { reference: "" as Reference, today: at.toISOString().slice(0, 10) };
  if (!read) return;
  const { faults, decision } = readDecisionFile(read.bytes, judging);
  if (faults.length === 0 && decision === null) return;
  await writeTidily(status, strangerText(), { mode: SHARED_FILE });
}
