/** What people and their software leave in the drop folders, taken: folder by folder. */
import { tellOfDescribed } from "../alerts/described.ts";
import { raisePostAlert } from "../alerts/raise.ts";
import { dayOf } from "../alerts/when.ts";
import { type Config, type DropFolder, dropFolderPaths, homePaths } from "../config.ts";
import type { CaseLook } from "../desk/case/look.ts";
import { type CaseAlert, followCases, workCases, type WorkedCase } from "../desk/casework.ts";
import type { Order } from "../desk/decision.ts";
import { importWords } from "../desk/import-words.ts";
import {
  type ImportAnswer,
  type ImportFile,
  type ImportLook,
  importsIn,
  reportImports,
} from "../desk/imports.ts";
import { assertSameFolder } from "../desk/mounted.ts";
import { finishedFiles, type Found, type Look } from "../desk/ready.ts";
import { isRefusal } from "../errors.ts";
import type { CasesOccasion, Told, Trying } from "../exchange.ts";
import { resolveAlerts } from "../ledger/alerts.ts";
import type { Ledger, LedgerTransaction } from "../ledger/connect.ts";
import { documentsMended } from "../ledger/refusals.ts";
import { take } from "../outbound/take.ts";
import type { AnsweredDocument, TakenDocument } from "../desk/taken.ts";
import { carryOut, remembered } from "./deciding.ts";
import { type Building, MEGABYTE } from "./parts.ts";

/** Whoever exchanges once waits so long for a decision to hold still. */
const MOST_WAIT_MS = 150_000;

/** Every drop folder, each by itself; one that is missing does not stop the others. */
export async function takeAll(
  building: Building,
  trying: Trying,
  stop: AbortSignal,
  told: Told,
): Promise<void> {
  for (const [name, dropFolder] of Object.entries(building.config.dropFolders)) {
    await trying(async () => {
      for await (const document of takeFrom(building, name, dropFolder, stop)) told(document);
    });
  }
}

/** Imports that registrars report by a file, in every drop folder. */
export async function reportAllImports(
  building: Building,
  trying: Trying,
  told: (answer: ImportAnswer) => void,
): Promise<void> {
  const { config, ledger, now } = building;
  const { timeZone } = config.agency;
  for (const [name, { path, ready }] of Object.entries(config.dropFolders)) {
    await trying(async () => {
      const { records } = dropFolderPaths({ path });
      await assertSameFolder(ledger, path);
      const look = { ledger, records, unchangedForSeconds: ready.unchangedForSeconds };
      const found = await importsWithin(building, look);
      const reporting = {
        ledger,
        dropFolder: name,
        at: now(),
        decide: (order: Order) => carryOut(building, order),
        wordsFor: importWords(ledger, dayOf(now(), timeZone)),
      };
      for await (const answer of reportImports(reporting, found)) told(answer);
    });
  }
}

/** As `lookTwice`. */
async function importsWithin(
  { now, pause }: Building,
  look: Omit<ImportLook, "at">,
): Promise<readonly ImportFile[]> {
  const first = await importsIn({ ...look, at: now() });
  if (first.lookAgainAt === Infinity || pause === null) return first.ready;
  await pause(Math.max(first.lookAgainAt - now().getTime(), 0) + 10);
  return (await importsIn({ ...look, at: now() })).ready;
}

async function* takeFrom(
  building: Building,
  name: string,
  dropFolder: DropFolder,
  stop: AbortSignal,
): AsyncGenerator<TakenDocument, void> {
  const { config, ledger, now } = building;
  const { intake, staging } = homePaths(config);
  const paths = dropFolderPaths(dropFolder);
  await assertSameFolder(ledger, dropFolder.path);
  const found = await lookTwice(building, {
    ledger,
    folder: paths.outbox,
    unchangedForSeconds: dropFolder.ready.unchangedForSeconds,
    marker: dropFolder.ready.marker,
  });
  const owners = new Map<number, Promise<string | null>>();
  const taking = {
    ledger,
    intake,
    staging,
    at: now(),
    dropFolder: { name, ...paths, marker: dropFolder.ready.marker },
    lists: { ...dropFolder.csv, setting: `dropFolders.${name}.csv` },
    documentBytes: config.limits.packetMegabytes * MEGABYTE,
    attachmentBytes: config.limits.attachmentMegabytes * MEGABYTE,
    // A list has thousands of rows and one owner, whom a directory service may have to name.
    decide: (order: Order) => carryOut(building, order, (uid) => remembered(owners, uid)),
    settled: (db: LedgerTransaction, document: AnsweredDocument) =>
      tellOfRefusal(db, document, now()),
    stop,
  };
  yield* take(taking, found);
}

/** The case folders of every drop folder, each by itself. */
export async function workAllCases(
  building: Building,
  trying: Trying,
  { stop, decide: mayDecide, again: isFollowed }: CasesOccasion,
  told: (worked: WorkedCase) => void,
): Promise<void> {
  const { config, ledger, now, pause } = building;
  for (const [name, dropFolder] of Object.entries(config.dropFolders)) {
    await trying(async () => {
      if (!(await isSameFolder(ledger, dropFolder.path))) return;
      const look = caseLookOf(config, name, dropFolder);
      const work = {
        ...look,
        ledger,
        places: look.folders,
        staging: homePaths(config).staging,
        documentBytes: config.limits.packetMegabytes * MEGABYTE,
        attachmentBytes: config.limits.attachmentMegabytes * MEGABYTE,
        usernames: config.people.map(({ username }) => username),
        decide: (order: Order) => carryOut(building, order),
        alert: (about: CaseAlert) => tellOfCase(ledger, about, now()),
        isFollowed,
        stop,
      };
      if (!mayDecide) {
        for await (const worked of followCases({ ...work, at: now() })) told(worked);
        return;
      }
      let again = Infinity;
      for await (const worked of workCases({ ...work, at: now() })) {
        if (worked.until) again = Math.min(again, worked.until.getTime());
        told(worked);
      }
      const forMs = again - now().getTime();
      if (pause === null || forMs > MOST_WAIT_MS) return;
      await pause(Math.max(forMs, 0) + 10);
      for await (const worked of workCases({ ...work, at: now() })) told(worked);
    });
  }
}

/** One that is missing or another was told of by whoever looked into its outbox. */
async function isSameFolder(ledger: Ledger, path: string): Promise<boolean> {
  try {
    await assertSameFolder(ledger, path);
    return true;
  } catch (error) {
    if (isRefusal(error, "FOLDER_MISSING") || isRefusal(error, "FOLDER_REPLACED")) return false;
    throw error;
  }
}

/** How the cases of a drop folder are looked at, by an exchange and by the daemon. */
export const caseLookOf = (
  { agency }: Pick<Config, "agency">,
  dropFolder: string,
  { path, ready }: DropFolder,
): Pick<CaseLook, "dropFolder" | "folders" | "unchangedForSeconds" | "timeZone"> => ({
  dropFolder,
  folders: dropFolderPaths({ path }),
  unchangedForSeconds: ready.decisionUnchangedForSeconds,
  timeZone: agency.timeZone,
});

/** A decision with a fault is somebody's to mend; without one, nobody's any more. */
async function tellOfCase(
  ledger: Ledger,
  { caseId: subject, transfer, faults }: CaseAlert,
  at: Date,
): Promise<void> {
  const alert = { code: "DECISION_NOT_TAKEN", subject, at } as const;
  if (faults === 0) {
    await resolveAlerts(ledger, { ...alert, by: "packetboat" });
    return;
  }
  const { requesterId, transferId, partnerId: agencyId } = transfer;
  const about = { transfer: { requesterId, transferId }, agencyId };
  await raisePostAlert(ledger, { ...alert, ...about, facts: { faults } });
}

/** What came back to `refused/` is somebody's to mend, until it comes again. */
async function tellOfRefusal(
  db: LedgerTransaction,
  document: AnsweredDocument,
  at: Date,
): Promise<void> {
  await tellOfDescribed(db, document, at);
  const { documentId, dropFolder, fileName, results } = document;
  for (const subject of await documentsMended(db, { id: documentId, dropFolder, fileName })) {
    await resolveAlerts(db, { code: "DOCUMENT_REFUSED", subject, by: "packetboat", at });
  }
  const refused = results.filter(({ outcome }) => outcome === "refused");
  const [first] = refused;
  if (!first) return;
  const facts = { dropFolder, code: first.code ?? "DOCUMENT_INVALID", faults: refused.length };
  await raisePostAlert(db, { code: "DOCUMENT_REFUSED", subject: documentId, facts, at });
}

/** Once, and once more when what was new may have held still: an exchange takes what lay there before it. */
export async function lookTwice({ now, pause }: Building, look: Omit<Look, "at">): Promise<Found> {
  const first = await finishedFiles({ ...look, at: now() });
  const again = Math.min(...first.notYet.map(({ lookAgainAt }) => lookAgainAt.getTime()));
  if (again === Infinity || pause === null) return first;
  await pause(Math.max(again - now().getTime(), 0) + 10);
  return finishedFiles({ ...look, at: now() });
}
