/**
 * Recalled records leave people's reach: their folders move from `records/` into the private quarantine,
 * with all that lies in them. That they will is written in the transaction of the recall; a move that a
 * crash cut off is made again, and a folder may then lie there twice, never nowhere.
 *
 * A folder is known by the release in its `record.xml`, whatever people call it now; so copies that were
 * made beside it are found as well.
 */
import { chmod, lstat, readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { diskRefusal, exists, makePrivateFolder } from "../disk.ts";
import { type MessageId, type Reference, referenceOf, showReference } from "../ids.ts";
import { addAudit } from "../ledger/audit.ts";
import type { Ledger } from "../ledger/connect.ts";
import type { NamedAgency } from "../ledger/overviews.ts";
import { settleRecalled } from "../ledger/publications.ts";
import { recalledKept } from "../ledger/quarantine.ts";
import type { PublicationRow } from "../ledger/tables.ts";
import { findTransfer } from "../ledger/transfers.ts";
import { idsAt } from "../transfer/releases.ts";
import { carryFolder, removeFolder, startOf } from "./carry.ts";
import { RECALL_NOTICE } from "./cases.ts";
import { assertSameFolder } from "./mounted.ts";

export interface SettingAside {
  readonly ledger: Ledger;
  /** The home's private folder. */
  readonly quarantine: string;
  /** Called after each step; tests interrupt there. */
  readonly passed?: (point: "moved" | "settled") => void;
}

const PRIVATE_FOLDER = 0o700;
/** The id of the message stands first in it. */
const START_BYTES = 4096;

/**
 * Move what a recall named into the quarantine. Safe to repeat.
 *
 * @returns `left` if it shows another release than those that were recalled
 * @throws PacketboatError FOLDER_MISSING, FOLDER_REPLACED, DISK_…: it is tried again with the next exchange
 */
export async function setAside(
  { ledger, quarantine, passed }: SettingAside,
  row: PublicationRow,
): Promise<"set aside" | "not found" | "left"> {
  const records = dirname(row.final_path);
  await assertSameFolder(ledger, dirname(records));
  const found = await foldersWith(records, row, await releasesMeant(ledger, row));
  if (found === "another's") {
    await settleRecalled(ledger, row.publication_id, "PUBLISHED");
    return "left";
  }
  await makePrivateFolder(quarantine);
  for (const folder of found) {
    await moveInto(quarantine, row, folder);
    passed?.("moved");
  }
  const isHere = (await foldersKept(quarantine, row)).length > 0;
  await settleRecalled(ledger, row.publication_id, isHere ? "QUARANTINED" : "TAKEN");
  passed?.("settled");
  return isHere ? "set aside" : "not found";
}

/** The release that the folder shows; of a folder that an older packetboat made, any that is recalled. */
async function releasesMeant(
  ledger: Ledger,
  { message_id, requester_id, transfer_id }: PublicationRow,
): Promise<readonly MessageId[]> {
  if (message_id !== null) return [message_id];
  const key = { requesterId: requester_id, transferId: transfer_id };
  const stored = await findTransfer(ledger, key);
  return stored ? idsAt(stored.transfer, "recalled") : [];
}

/** Where it lies: hidden, if it was not shown yet; else wherever its record is found among the records. */
async function foldersWith(
  records: string,
  row: PublicationRow,
  meant: readonly MessageId[],
): Promise<string[] | "another's"> {
  if (await exists(row.hidden_path)) return [row.hidden_path];
  const found: string[] = [];
  for (const name of await foldersIn(records)) {
    const id = await releaseIn(join(records, name));
    if (meant.some((each) => each === id)) found.push(join(records, name));
  }
  if (found.length > 0 || !(await isFolder(row.final_path))) return found;
  if ((await releaseIn(row.final_path)) !== null) return row.what === null ? "another's" : [];
  const isNotice = await exists(join(row.final_path, RECALL_NOTICE));
  return isNotice ? "another's" : [row.final_path];
}

/** Not what a link leads to: somebody may have put one there. */
const isFolder = (path: string): Promise<boolean> =>
  lstat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

async function foldersIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    throw diskRefusal(error, folder);
  }
}

/** The release whose record lies there; `null` if none can be read. */
async function releaseIn(folder: string): Promise<string | null> {
  const start = await startOf(join(folder, "record.xml"), START_BYTES);
  return /<MessageId>([0-9a-f-]{36})<\/MessageId>/.exec(start.toString("latin1"))?.[1] ?? null;
}

async function moveInto(quarantine: string, row: PublicationRow, folder: string): Promise<void> {
  const place = join(quarantine, keptName(row));
  let free = place;
  for (let number = 2; await exists(free); number++) free = `${place}-${number}`;
  await carryFolder(folder, free);
  await chmod(free, PRIVATE_FOLDER).catch((error: unknown) => {
    throw diskRefusal(error, free);
  });
}

/** `recalled-K7QM-3F2D-9f2c41d0`: the end of the publication's id tells the parts of a transfer apart. */
const keptName = ({
  transfer_id,
  publication_id,
}: Pick<PublicationRow, "transfer_id" | "publication_id">): string =>
  `recalled-${showReference(referenceOf(transfer_id))}-${publication_id.slice(-8)}`;

/** Where the folder of a publication, and copies of it, lie in the quarantine. */
export async function foldersKept(
  quarantine: string,
  row: Pick<PublicationRow, "transfer_id" | "publication_id">,
): Promise<string[]> {
  const name = keptName(row);
  const names = (await foldersIn(quarantine)).filter(
    (each) => each === name || each.startsWith(`${name}-`),
  );
  return names.toSorted().map((each) => join(quarantine, each));
}

/** The name that people knew a folder by. */
export const nameShown = ({ final_path }: Pick<PublicationRow, "final_path">): string =>
  basename(final_path);

/** Recalled records in the quarantine. */
export interface SetAside {
  readonly id: string;
  readonly reference: Reference;
  /** The folder as people knew it. */
  readonly folder: string;
  readonly from: NamedAgency & { readonly phone: string | null };
  readonly recalledAt: Date;
  /** Where it lies, and copies that were found of it. */
  readonly paths: readonly string[];
}

/** All recalled records that are kept, oldest first. */
export async function allSetAside({
  ledger,
  quarantine,
}: Pick<SettingAside, "ledger" | "quarantine">): Promise<SetAside[]> {
  const rows = await recalledKept(ledger);
  return Promise.all(
    rows.map(async (row) => ({
      id: row.publication_id,
      reference: referenceOf(row.transfer_id),
      folder: nameShown(row),
      from: { id: row.partner_id, name: row.name, phone: row.phone },
      recalledAt: new Date(row.recorded_at ?? row.created_at),
      paths: await foldersKept(quarantine, row),
    })),
  );
}

/** Delete recalled records for good. Safe to repeat: what a crash left of them is deleted by the next call. */
export async function discardSetAside(
  { ledger }: Pick<SettingAside, "ledger">,
  { id, paths }: SetAside,
  { at }: { readonly at: Date },
): Promise<void> {
  for (const path of paths) await removeFolder(path);
  await ledger.transaction().execute(async (db) => {
    await settleRecalled(db, id, "DISCARDED");
    await addAudit(db, { at: at.toISOString(), event: "quarantine discarded", subject: id });
  });
}
