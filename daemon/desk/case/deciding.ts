/** What stands in a form becomes a decision, or stops one that waits to leave. */
import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { diskRefusal } from "../../disk.ts";
import { isRefusal } from "../../errors.ts";
import type { Sha256 } from "../../ids.ts";
import { caseOpened, decisionTaken, documentsSent } from "../../ledger/cases.ts";
import type { Ledger, LedgerTransaction } from "../../ledger/connect.ts";
import type { CaseRow } from "../../ledger/tables.ts";
import { findTransfer, historyOf, type TransferKey } from "../../ledger/transfers.ts";
import type { OutgoingDocument } from "../../transfer/effects.ts";
import { idsAt } from "../../transfer/releases.ts";
import { hashOf } from "../carry.ts";
import { decidedIn, type Form, type SeenCase, type Standing } from "./look.ts";
import { type Plan, planCase } from "./plan.ts";
import { type CaseTree, scanCase } from "./scan.ts";
import { refusalFaults, strayFaults } from "./status.ts";
import { type Decided, isHalfway, withDocuments } from "../decision.ts";
import { stageHanded, unstageHanded } from "../handed.ts";
import type { Casework } from "./work.ts";

/** @returns why it could not be stopped; nothing if it was */
export async function stopRelease(
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
export async function takeDecision(
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
