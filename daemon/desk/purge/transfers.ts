/** Retention of transfers: the folders that people saw, and the rows that name the student. */
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { DropFolderPaths } from "../../config.ts";
import { diskRefusal, errnoOf } from "../../disk.ts";
import { showReference } from "../../ids.ts";
import {
  contentsOf,
  daysBefore,
  type PastTransfer,
  pastTransfers,
  purgeTransfer,
} from "../../ledger/purging.ts";
import { casesOf, hasFolder } from "../../ledger/cases.ts";
import { restoredAt } from "../../ledger/settings.ts";
import type { Side } from "../../transfer/effects.ts";
import { lookForSameFolder } from "../mounted.ts";
import { unmakeFolder } from "../unmade.ts";
import { type Purging, type Purged, type Left, sentDays, reasonOf } from "./purging.ts";

const SIDES: readonly Side[] = ["releaser", "requester", "entity"];
/** How many transfers are deleted in one transaction. */
const BATCH = 50;

/** Transfers that are over: first their folders, then what was said. */
export async function purgeTransfers(purging: Purging, left: Left[]): Promise<Purged["transfers"]> {
  const due = [];
  for (const side of SIDES) due.push(...(await pastOf(purging, side)));
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
  const { recordsDays, quarantineDays, forwardedRequestsDays } = keep;
  // A ledger from a backup may know as ended what was begun anew since: its days are counted from there.
  const restored = (await restoredAt(ledger)) ?? new Date(0);
  const daysOf = ({ isRecalled }: Pick<PastTransfer, "isRecalled">): number | undefined => {
    if (side === "entity") return forwardedRequestsDays;
    return side === "releaser" ? sentDays(keep) : isRecalled ? quarantineDays : recordsDays;
  };
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
  if (!home) return { folders: 0, isLeft: false };
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
  const places = [...dropFolders.values()].flatMap(({ requests, records, letters, done }) => [
    requests,
    records,
    letters,
    done,
  ]);
  const shown = folders.filter((folder) => places.includes(dirname(folder)));
  const called = showReference(reference);
  const named = await Promise.all(
    [home.requests, home.records, home.letters, home.done].map((place) => listing(place, called)),
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
