/** A case folder follows its transfer: where it stands, which form lies in it, and what its status says. */
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { diskRefusal, exists, writeTidily, writeNew } from "../../disk.ts";
import { isRefusal } from "../../errors.ts";
import { type Reference, sha256, showReference } from "../../ids.ts";
import { findAgency } from "../../ledger/agencies.ts";
import { caseOpened, casesOf, changeCase, hasFolder } from "../../ledger/cases.ts";
import type { Ledger } from "../../ledger/connect.ts";
import type { CaseRow } from "../../ledger/tables.ts";
import { findTransfer, historyOf } from "../../ledger/transfers.ts";
import type { Transfer } from "../../transfer/effects.ts";
import { hashOf, readRegular, SHARED_FILE } from "../carry.ts";
import type { SeenCase } from "./look.ts";
import { moveCase, placeFor } from "./places.ts";
import { sightOf } from "./scan.ts";
import { STATUS_FILE, statusText, type Telling } from "./status.ts";
import { DECISION_FILE, decisionForm, type Stage } from "./decision-form.ts";
import { waitingRelease } from "../waiting-release.ts";
import type { Casework } from "./work.ts";

/** A folder stands where its transfer does, whatever is written in it. */
export async function place(work: Casework, seen: SeenCase): Promise<SeenCase> {
  const { known, isSuperseded } = seen;
  const { row, state } = known;
  const to = isSuperseded ? "done" : placeFor(state);
  if (!hasFolder(row) || to === null || to === row.place) return seen;
  const moved = await moveCase(work.ledger, work.places, row, to);
  const folder = join(work.places[to], moved.name);
  return { ...seen, known: { ...known, row: moved }, folder };
}

/** The form is opened for the next decision, and the status says how things stand. */
export async function follow(
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

export const MOST_FORM_BYTES = 20_000;
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
