/** Folders in which somebody decided, and that belong to no request. */
import { join } from "node:path";
import { writeTidily } from "../../disk.ts";
import { isRefusal } from "../../errors.ts";
import type { Reference } from "../../ids.ts";
import { readRegular, SHARED_FILE, startOf } from "../carry.ts";
import { sightOf } from "./scan.ts";
import { STATUS_FILE, strangerText } from "./status.ts";
import { readDecisionFile } from "./decision-file.ts";
import { DECISION_FILE } from "./decision-form.ts";
import type { Casework } from "./work.ts";
import { MOST_FORM_BYTES } from "./following.ts";

/** One folder that is not ours to write in does not keep the cases from being worked on. */
export async function answerStrangers(work: Casework, folders: readonly string[]): Promise<void> {
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
