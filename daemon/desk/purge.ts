/**
 * Retention: what is done with for as many days as the config keeps it is deleted, folder by folder and
 * row by row, with a word on each. Files go before the rows that know of them, so that a purge which is
 * cut off is finished by the next one. What the register must keep is not touched.
 */
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { DropFolderPaths } from "../config.ts";
import { diskRefusal, errnoOf } from "../disk.ts";
import { isRefusal, type PacketboatError } from "../errors.ts";
import { showReference } from "../ids.ts";
import { truncateLog, type Ledger } from "../ledger/connect.ts";
import {
  contentsOf,
  daysBefore,
  deleteLoose,
  forgetAlerts,
  forgetDocument,
  forgetExchange,
  LEAST_SENT_DAYS,
  looseContents,
  pastAlerts,
  pastDocuments,
  pastExchanges,
  type PastTransfer,
  pastTransfers,
  purgeTransfer,
} from "../ledger/purging.ts";
import { casesOf, hasFolder } from "../ledger/cases.ts";
import { forgetSetting, restoredAt } from "../ledger/settings.ts";
import type { DocumentRow } from "../ledger/tables.ts";
import type { Side } from "../transfer/effects.ts";
import { exchangeName } from "../reports/exchange-page.ts";
import { REGISTER_SHOWN } from "../reports/register.ts";
import type { Promised } from "./answers.ts";
import { lookForSameFolder } from "./mounted.ts";
import { allKept, discard, type Quarantine } from "./quarantine.ts";
import { allSetAside, discardSetAside } from "./recalled.ts";
import { unmakeFile, unmakeFolder, unmakeNamed, type Unmade } from "./unmade.ts";

/** How long what is kept, in days; what has no number stays. */
export interface Keep {
  readonly sentDays?: number;
  readonly recordsDays?: number;
  readonly quarantineDays?: number;
  readonly reportsDays?: number;
}

export interface Purging extends Quarantine {
  readonly ledger: Ledger;
  readonly keep: Keep;
  readonly at: Date;
  /** Say what would be deleted, and delete nothing. */
  readonly isDry: boolean;
  /** The drop folders by their names; the office's is what any other name means. */
  readonly dropFolders: ReadonlyMap<string, DropFolderPaths & { readonly path: string }>;
  readonly office: DropFolderPaths & { readonly path: string };
  /** Both report folders. */
  readonly reports: readonly string[];
  readonly timeZone: string;
  /** Nothing more is begun when it fires. */
  readonly stop?: AbortSignal;
}

/** What was deleted. References and counts; nobody's name, and no name of a file that people gave. */
export interface Purged {
  readonly transfers: readonly {
    readonly reference: string;
    readonly side: Side;
    readonly endedAt: Date;
    readonly contents: number;
    readonly folders: number;
  }[];
  readonly documents: number;
  readonly quarantined: readonly string[];
  readonly exchanges: number;
  readonly alerts: number;
  /** Contents that belonged to no transfer. */
  readonly contents: number;
  /** What stays though its time is over, and why. */
  readonly left: readonly Left[];
}

export interface Left {
  /** A reference, or the id of a document. */
  readonly what: string;
  readonly why: string;
}

/** How many transfers are deleted in one transaction. */
const BATCH = 50;

/** Has the config any number of days? */
export const isAnyKept = (keep: Keep): boolean =>
  Object.values(keep).some((days) => days !== undefined);

/**
 * Delete what has been kept long enough. Safe to repeat, and beside an exchange.
 *
 * @throws PacketboatError DISK_…, HOME_BUSY; what was deleted by then is deleted
 */
export async function purge(purging: Purging): Promise<Purged> {
  const left: Left[] = [];
  // Before the transfers: their rows tell where recalled records lie.
  const quarantined = await purgeQuarantine(purging);
  const transfers = await purgeTransfers(purging, left);
  const documents = await purgeDocuments(purging, left);
  const exchanges = await purgeExchanges(purging, left);
  const alerts = await purgeAlerts(purging);
  const contents = await purgeLoose(purging);
  if (!purging.isDry) {
    // It names the student of each line as long as the request is there.
    if (transfers.length > 0) await forgetSetting(purging.ledger, REGISTER_SHOWN);
    await truncateLog(purging.ledger);
  }
  return { transfers, documents, quarantined, exchanges, alerts, contents, left };
}

/** What we sent is kept for 45 days in any case (PROTOCOL 7). */
const sentDays = ({ sentDays: days }: Keep): number | undefined =>
  days === undefined ? undefined : Math.max(days, LEAST_SENT_DAYS);

async function purgeTransfers(purging: Purging, left: Left[]): Promise<Purged["transfers"]> {
  const due = [...(await pastOf(purging, "releaser")), ...(await pastOf(purging, "requester"))];
  const listing = listings();
  const purged = [];
  for (let index = 0; index < due.length && !purging.stop?.aborted; index += BATCH) {
    const emptied: Emptied[] = [];
    for (const transfer of due.slice(index, index + BATCH)) {
      emptied.push({ transfer, ...(await removeFolders(purging, { transfer, listing }, left)) });
    }
    purged.push(...(await purgeRows(purging, emptied)));
  }
  return purged;
}

/** A transfer, and what became of its folders. */
interface Emptied {
  readonly transfer: PastTransfer;
  /** How many went. */
  readonly folders: number;
  /** One must stay, and with it the rows that know of it. */
  readonly isLeft: boolean;
}

/** Each by the days of its own kind: ours, theirs, and what was recalled. */
async function pastOf({ ledger, keep, at }: Purging, side: Side): Promise<PastTransfer[]> {
  const { recordsDays, quarantineDays } = keep;
  // A ledger from a backup may know as ended what was begun anew since: its days are counted from there.
  const restored = (await restoredAt(ledger)) ?? new Date(0);
  const daysOf = ({ isRecalled }: Pick<PastTransfer, "isRecalled">): number | undefined =>
    side === "releaser" ? sentDays(keep) : isRecalled ? quarantineDays : recordsDays;
  const days = [true, false].flatMap((isRecalled) => daysOf({ isRecalled }) ?? []);
  if (days.length === 0) return [];
  const before = daysBefore(at, Math.min(...days));
  const past = await pastTransfers(ledger, side, { at, before });
  return past.filter((transfer) => {
    const own = daysOf(transfer);
    if (own === undefined) return false;
    return transfer.endedAt <= daysBefore(at, own) && restored <= daysBefore(at, own);
  });
}

async function purgeRows(
  { ledger, at, isDry }: Purging,
  emptied: readonly Emptied[],
): Promise<Purged["transfers"]> {
  // What was left the last time is left again, and nothing else is new.
  const isAnything = (each: { contents: number; folders: number }): boolean =>
    each.contents > 0 || each.folders > 0;
  const told = (transfer: PastTransfer, folders: number, contents: number) => ({
    reference: showReference(transfer.reference),
    side: transfer.side,
    endedAt: transfer.endedAt,
    contents,
    folders,
  });
  if (isDry) {
    const counted = [];
    for (const { transfer, folders } of emptied) {
      counted.push(told(transfer, folders, await contentsOf(ledger, transfer)));
    }
    return counted.filter(isAnything);
  }
  if (emptied.length === 0) return [];
  return ledger.transaction().execute(async (db) => {
    const purged = [];
    for (const { transfer, folders, isLeft } of emptied) {
      const contents = await purgeTransfer(db, transfer, { at, isLeft });
      if (contents !== null) purged.push(told(transfer, folders, contents));
    }
    return purged.filter(isAnything);
  });
}

async function removeFolders(
  purging: Purging,
  about: { readonly transfer: PastTransfer; readonly listing: Listing },
  left: Left[],
): Promise<Omit<Emptied, "transfer">> {
  const { transfer } = about;
  const what = showReference(transfer.reference);
  const home = purging.dropFolders.get(transfer.dropFolder ?? "") ?? purging.office;
  let folders = 0;
  let isLeft = false;
  try {
    await lookForSameFolder(purging.ledger, home.path);
    for (const folder of await foldersOf(purging, home, about)) {
      const outcome = await unmakeFolder(folder, purging.isDry);
      if (outcome === "removed") folders++;
      if (outcome === "foreign") {
        isLeft = true;
        const place = join(basename(dirname(folder)), basename(folder));
        left.push({ what, why: `${place} holds something that packetboat did not put there` });
      }
    }
  } catch (error) {
    isLeft = true;
    left.push({ what, why: reasonOf(error) });
  }
  return { folders, isLeft };
}

/** Those that were shown, as far as they lie in a drop folder of ours, and those that a case moved to. */
async function foldersOf(
  { ledger, dropFolders }: Purging,
  home: DropFolderPaths,
  { transfer, listing }: { transfer: PastTransfer; listing: Listing },
): Promise<string[]> {
  const { reference, folders } = transfer;
  // Somebody may have given it a name by which no reference is told.
  const cases = (await casesOf(ledger, transfer)).filter(hasFolder);
  const worked = cases.map(({ place, name }) => join(home[place], name));
  const places = [...dropFolders.values()].flatMap(({ requests, records, done }) => [
    requests,
    records,
    done,
  ]);
  const shown = folders.filter((folder) => places.includes(dirname(folder)));
  const called = showReference(reference);
  const named = await Promise.all(
    [home.requests, home.records, home.done].map((place) => listing(place, called)),
  );
  return [...new Set([...shown, ...worked, ...named.flat()])];
}

/** Whole paths in a place whose names begin with a reference: `K7QM-3F2D-canceled`, `K7QM-3F2D Smith`. */
type Listing = (place: string, reference: string) => Promise<readonly string[]>;

/** Each place is read once, however many transfers are looked for in it. */
function listings(): Listing {
  const known = new Map<string, Promise<Map<string, string[]>>>();
  return async (place, reference) => {
    const names = known.get(place) ?? namesByReference(place);
    known.set(place, names);
    return (await names).get(reference) ?? [];
  };
}

const CALLED = /^([0-9A-Z]{4}-[0-9A-Z]{4})(?![0-9A-Za-z])/;

async function namesByReference(place: string): Promise<Map<string, string[]>> {
  const names = await readdir(place).catch((error: unknown) => {
    if (errnoOf(error) === "ENOENT") return [];
    throw diskRefusal(error, place);
  });
  const found = new Map<string, string[]>();
  for (const name of names) {
    const reference = CALLED.exec(name)?.[1];
    if (reference === undefined) continue;
    found.set(reference, [...(found.get(reference) ?? []), join(place, name)]);
  }
  return found;
}

async function purgeDocuments(purging: Purging, left: Left[]): Promise<number> {
  const { ledger, keep, at, isDry } = purging;
  const days = sentDays(keep);
  if (days === undefined) return 0;
  let count = 0;
  for (const row of await pastDocuments(ledger, daysBefore(at, days))) {
    if (purging.stop?.aborted) break;
    const why = await removeDocument(purging, row).catch(reasonOf);
    if (why !== null) {
      left.push({ what: row.document_id, why });
      continue;
    }
    if (!isDry) await forgetDocument(ledger, row.document_id);
    count++;
  }
  return count;
}

/** @returns why it stays; `null` if it is gone, or no longer as we left it and somebody's own */
async function removeDocument(
  { dropFolders, isDry, ledger }: Purging,
  { answer, sha256 }: DocumentRow,
): Promise<string | null> {
  if (answer === null) return null;
  const { place, returned, returnedSha256 } = JSON.parse(answer) as Promised;
  const home = [...dropFolders.values()].find(({ sent, refused }) =>
    [sent, refused].includes(place.folder),
  );
  if (!home) return "it was answered in a drop folder that the config has no more";
  await lookForSameFolder(ledger, home.path);
  // Rows that came back to be mended, and never were.
  if (returned && returnedSha256) {
    const rows = join(returned.folder, returned.name);
    const outcome = await unmakeFile(rows, returnedSha256, isDry);
    if (outcome !== "foreign") await unmakeNamed(`${rows}.faults.txt`, isDry);
  }
  const path = join(place.folder, place.name);
  const outcome: Unmade = await unmakeFile(path, sha256, isDry);
  // Mended in its place, or another file: what lies beside it may be about that one.
  if (outcome === "foreign") return null;
  for (const ending of [".result.json", ".faults.txt"]) await unmakeNamed(path + ending, isDry);
  return null;
}

async function purgeQuarantine(purging: Purging): Promise<string[]> {
  const { keep, at, isDry } = purging;
  if (keep.quarantineDays === undefined) return [];
  const before = daysBefore(at, keep.quarantineDays);
  const due = (await allKept(purging)).filter(
    ({ refusedAt, standing }) => refusedAt <= before && standing !== "again",
  );
  for (const kept of isDry ? [] : due) await discard(purging, kept, { who: "packetboat", at });
  const aside = (await allSetAside(purging)).filter(({ recalledAt }) => recalledAt <= before);
  for (const each of isDry ? [] : aside) await discardSetAside(purging, each, { at });
  return [...due, ...aside].map(({ id }) => id);
}

async function purgeExchanges(purging: Purging, left: Left[]): Promise<number> {
  const { ledger, keep, at, isDry, reports, timeZone } = purging;
  if (keep.reportsDays === undefined) return 0;
  const due = await pastExchanges(ledger, daysBefore(at, keep.reportsDays));
  for (const { run_id, started_at } of due) {
    const name = exchangeName({ startedAt: new Date(started_at) }, timeZone);
    const paths = reports.flatMap((folder) =>
      ["html", "csv", "json"].map((ending) => join(folder, `${name}.${ending}`)),
    );
    for (const path of paths) {
      const outcome = await unmakeNamed(path, isDry);
      if (outcome === "foreign") left.push({ what: basename(path), why: "it is no file" });
    }
    if (!isDry) await forgetExchange(ledger, run_id);
  }
  return due.length;
}

async function purgeAlerts({ ledger, keep, at, isDry }: Purging): Promise<number> {
  if (keep.reportsDays === undefined) return 0;
  const before = daysBefore(at, keep.reportsDays).toISOString();
  const alerts = await pastAlerts(ledger, before);
  if (!isDry && alerts > 0) await forgetAlerts(ledger, before);
  return alerts;
}

/** Of both sides: they go when the longer of both times is over. */
async function purgeLoose({ ledger, keep, at, isDry }: Purging): Promise<number> {
  const days = [sentDays(keep), keep.recordsDays].filter((each) => each !== undefined);
  if (days.length === 0) return 0;
  const before = daysBefore(at, Math.max(LEAST_SENT_DAYS, ...days));
  const loose = await looseContents(ledger, { at, before });
  if (!isDry) await deleteLoose(ledger, loose);
  return loose.length;
}

const reasonOf = (error: unknown): string => {
  if (!isRefusal(error)) throw error;
  return (error satisfies PacketboatError).message;
};
