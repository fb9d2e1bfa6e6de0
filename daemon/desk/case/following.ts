/** A case folder follows its transfer: where it stands, which form lies in it, and what its status says. */
import type { BigIntStats } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { diskRefusal, exists, replaceOne, syncFolder, tidyUp, writeNew } from "../../disk.ts";
import { isRefusal, type PacketboatError } from "../../errors.ts";
import { type Reference, type Sha256, sha256 } from "../../ids.ts";
import { findAgency } from "../../ledger/agencies.ts";
import { type CaseChanges, caseOpened, changeCase, hasFolder } from "../../ledger/cases.ts";
import type { Ledger } from "../../ledger/connect.ts";
import type { CaseRow } from "../../ledger/tables.ts";
import { findTransfer, latestOf } from "../../ledger/transfers.ts";
import type { Transfer } from "../../transfer/effects.ts";
import { hashOf, SHARED_FILE, startOf } from "../carry.ts";
import type { SeenCase } from "./look.ts";
import { type Move, moveCases, placeFor } from "./places.ts";
import { sightIn, sightOf, sizeIn } from "./scan.ts";
import { MOST_TOLD, STATUS_FILE, statusText, supersededText, type Telling } from "./status.ts";
import { DECISION_FILE, decisionForm, type Stage } from "./decision-form.ts";
import { waitingRelease } from "../waiting-release.ts";
import type { Casework } from "./work.ts";

/**
 * Folders stand where their transfers do, whatever is written in them.
 *
 * @returns those that were to be moved, as they now are, or why they could not be
 */
export async function place(
  { ledger, places }: Casework,
  cases: readonly SeenCase[],
): Promise<ReadonlyMap<SeenCase, SeenCase | PacketboatError>> {
  const moves = cases.flatMap((seen) => moveOf(seen) ?? []);
  const moved = await moveCases(ledger, places, moves);
  return new Map(
    moves.map(({ seen, to }, index) => {
      const row = moved[index];
      if (!row || row instanceof Error) return [seen, row ?? seen];
      const folder = join(places[to], row.name);
      return [seen, { ...seen, known: { ...seen.known, row }, folder }];
    }),
  );
}

function moveOf(seen: SeenCase): (Move & { readonly seen: SeenCase }) | null {
  const { row, state } = seen.known;
  const to = seen.isSuperseded ? "done" : placeFor(state);
  return hasFolder(row) && to !== null && to !== row.place ? { seen, row, to } : null;
}

/** What the ledger, and people who do not look into the folder, are to hear of a case. */
export interface Followed {
  readonly transfer: Transfer;
  readonly changes: CaseChanges & { readonly caseId: string };
}

/**
 * The form is opened for the next decision, and the status says how things stand; all of it is durable
 * before the ledger hears of it.
 *
 * @returns what it is to hear; `null` if it was told already
 */
export async function follow(work: Casework, seen: SeenCase): Promise<Followed | null> {
  const { known, folder, isSuperseded, isOnShare, at } = seen;
  const { row, key, version, isWaiting } = known;
  const mustOpen = row.taken_sight !== null && !isWaiting;
  const isTold = row.told_version === version;
  if (work.isFollowed === true && isWaiting && row.taken_sight === null) return null;
  if (isTold && !mustOpen && at.standing !== "missing") return null;
  const stored = await findTransfer(work.ledger, key);
  if (!stored) return null;
  const { transfer } = stored;
  const writing = new Writing(folder);
  const isFresh = !mustOpen && row.taken_sight === null && !isSuperseded;
  if (mustOpen) await openForm(work, seen, transfer);
  const form = isFresh ? await freshForm(writing, transfer, isOnShare) : {};
  const isNew = row.told_sha256 === null && transfer.state === "RequestReceived" && !isSuperseded;
  const status = isNew ? {} : await writing.status(row, await textOf(work, transfer, seen));
  await writing.end();
  const changes = { caseId: row.case_id, ...form, ...status, told_version: version };
  return { transfer, changes };
}

async function textOf(
  { ledger, timeZone }: Casework,
  transfer: Transfer,
  { known: { row, isWaiting }, isSuperseded }: SeenCase,
): Promise<string> {
  const partner = await partnerOf(ledger, transfer);
  if (isSuperseded) return supersededText({ transfer, partner });
  return statusText({
    transfer,
    partner,
    history: await latestOf(ledger, transfer, MOST_TOLD + 1),
    released: await waitingRelease(ledger, transfer),
    isWritten: row.taken_sight !== null && isWaiting,
    timeZone,
  });
}

/** What is written into a case folder at a time: what a crash left there goes first, and it is synced once. */
class Writing {
  readonly folder: string;
  #isBegun = false;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** @throws PacketboatError DISK_… */
  async replace(name: string, text: string, look?: (now: BigIntStats) => void): Promise<void> {
    const path = join(this.folder, name);
    if (!this.#isBegun) await tidyUp(path);
    this.#isBegun = true;
    await replaceOne(path, text, { mode: SHARED_FILE, ...(look ? { look } : {}) });
  }

  /** @returns what the ledger is to remember of it */
  async status(row: CaseRow, text: string): Promise<{ readonly told_sha256: Sha256 }> {
    const digest = sha256(text);
    if (digest !== row.told_sha256) await this.replace(STATUS_FILE, text);
    return { told_sha256: digest };
  }

  /** From now on a power cut takes nothing of it back. */
  async end(): Promise<void> {
    if (this.#isBegun) await syncFolder(this.folder);
  }
}

/** What was decided is kept beside it, and the form is there for the next decision. */
async function openForm(
  { ledger }: Casework,
  { known: { row }, folder, isOnShare }: SeenCase,
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
  const writing = new Writing(folder);
  await freshForm(writing, transfer, isOnShare);
  await writing.end();
  await caseOpened(ledger, row.case_id);
}

/** Otherwise somebody has begun to write the next decision into it. */
async function isAsTaken(path: string, row: CaseRow): Promise<boolean> {
  const sight = await sightOf(path);
  if (sight === null || sight === row.taken_sight) return sight !== null;
  return (await hashOf(path).catch(() => null)) === row.taken_sha256;
}

export const MOST_FORM_BYTES = 20_000;
const STAGES: readonly Stage[] = ["undecided", "released"];

const stageOf = ({ state }: Transfer): Stage =>
  ["Released", "Delivered", "Imported", "Canceled"].includes(state) ? "released" : "undecided";

/**
 * The form of the transfer's stage, where there is none, or one of another stage that nobody touched.
 *
 * @returns by what the next look knows it, and need not read it
 */
async function freshForm(
  writing: Writing,
  transfer: Transfer,
  isOnShare: boolean,
): Promise<CaseChanges> {
  const { reference } = transfer;
  const path = join(writing.folder, DECISION_FILE);
  const text = decisionForm(reference, stageOf(transfer));
  const sight = await sightOf(path);
  if (sight === null) {
    await writeNew(path, text, { mode: SHARED_FILE }).catch((error: unknown) => {
      // Somebody was quicker: theirs is the form.
      if (!isRefusal(error, "FILE_EXISTS")) throw error;
    });
    return {};
  }
  if (!(await isUntouched(path, sizeIn(sight), reference, stageOf(transfer)))) return {};
  let blank: string | null = null;
  await writing.replace(DECISION_FILE, text, (now) => {
    blank = sightIn(now, isOnShare);
  });
  return { blank_sight: blank, seen: null, seen_since: null };
}

/** Is it a form of another stage, as we wrote it? */
async function isUntouched(
  path: string,
  size: number,
  reference: Reference,
  stage: Stage,
): Promise<boolean> {
  const others = STAGES.filter((each) => each !== stage)
    .map((each) => Buffer.from(decisionForm(reference, each)))
    .filter(({ length }) => length === size);
  if (others.length === 0) return false;
  const found = await startOf(path, MOST_FORM_BYTES);
  return others.some((each) => each.equals(found));
}

export async function partnerOf(
  ledger: Ledger,
  { partnerId }: Transfer,
): Promise<Telling["partner"]> {
  const card = await findAgency(ledger, partnerId);
  return { name: card?.name ?? `agency ${partnerId}`, phone: card?.phone ?? null };
}

/** @returns whether it was not told before */
export async function tell(
  { ledger }: Casework,
  row: CaseRow,
  folder: string,
  text: string,
): Promise<boolean> {
  const writing = new Writing(folder);
  const told = await writing.status(row, text);
  await writing.end();
  const isNews = told.told_sha256 !== row.told_sha256;
  if (isNews || row.told_version !== null) {
    await changeCase(ledger, row.case_id, { ...told, told_version: null });
  }
  return isNews;
}
